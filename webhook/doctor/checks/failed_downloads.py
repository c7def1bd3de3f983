"""Containers that ended because a download from the Hub failed: which of the many reasons it was."""

from collections.abc import Iterator
from typing import Final

from webhook.core import names
from webhook.core.decision import Action, Choice, Verdict
from webhook.core.downloads import Download, downloads
from webhook.core.names import InjectMode
from webhook.core.reasons import Reason
from webhook.core.remedies import create_secret, label_namespace, write_token
from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.ended import Cause, End, ends
from webhook.doctor.finding import Finding, fail, warn
from webhook.doctor.remedies import TOKENS, remedy
from webhook.doctor.wanted import successor

ABOUT: Final = "No container has ended because a download from the Hub failed."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS})

_ASKS_A_TOKEN: Final = frozenset({Cause.UNAUTHENTICATED, Cause.REFUSED, Cause.NOT_FOUND})
"""What the Hub also answers where there is no token: it does not tell private from not there."""

_OWN: Final = frozenset({Reason.OWN_TOKEN, Reason.OWN_TOKEN_FILE, Reason.OWN_TOKEN_ARGUMENT})


def check(collected: Collected) -> Iterator[Finding]:
    """Look at the last words of containers that ask the Hub and ended with an error."""
    for pod in collected.pods:
        failed = list(ends(pod.object))
        if not failed:
            continue
        settings = collected.installed.settings
        asking = {one.container: one for one in downloads("", "Pod", pod.namespace, pod.object, settings)}
        for end in failed:
            if end.container in asking:
                yield from _failed(collected, pod, end, asking[end.container])


def _failed(collected: Collected, pod: SeenObject, end: End, download: Download) -> Iterator[Finding]:
    """Yield what is known of one end."""
    if end.cause is Cause.UNKNOWN:
        # Any other container has many reasons to end that have nothing to do with us.
        if end.container == names.STORAGE_INITIALIZER:
            yield warn(
                pod.subject,
                f"could not be given its model: {end.container} ended with {end.code}, and {end.cause}.",
                f"kubectl logs {pod.name} -n {pod.namespace} -c {end.container}",
            )
        return
    what = ", ".join(download.repositories) or "its model"
    repository = next(iter(download.repositories), "")
    mend = remedy(end.cause, pod.namespace, repository, end.container)
    why, fix = str(end.cause) + f"; {mend.advice}" * bool(mend.advice), mend.command
    verdict = next((one for one in pod.decision.verdicts if one.container == end.container), None)
    if end.cause in _ASKS_A_TOKEN and verdict is not None:
        why, fix = _about_the_token(collected, pod, end.cause, verdict, (why, fix))
    yield fail(pod.subject, f"could not download {what} ({end.container} ended with {end.code}): {why}.", fix)


def _about_the_token(
    collected: Collected, pod: SeenObject, cause: Cause, verdict: Verdict, otherwise: tuple[str, str]
) -> tuple[str, str]:
    """Return why the Hub does not know the caller, and what mends it, from what the container was given."""
    namespace = pod.namespace
    if verdict.action is Action.KEEP and verdict.choice is not None:
        return _with_ours(collected, pod, cause, verdict.choice, otherwise)
    if verdict.reason in _OWN:
        if cause is Cause.NOT_FOUND:
            return otherwise
        mend = "mend it, or take it away so that the namespace's own is injected"
        return (
            f"the Hub refuses the token that the container has of its own ({verdict.sentence}); {mend}",
            f"hf-token-injector explain pod/{pod.name} -n {namespace}",
        )
    seen = collected.namespaces.get(namespace)
    if seen is not None and seen.known and not collected.injects(namespace):
        label = label_namespace(namespace, InjectMode.ENABLED, overwrite=True)
        why = "is in audit mode" if seen.mode else "has not opted in"
        commands = " && ".join(filter(None, [label, pod.renewal.anew]))
        return f"{cause}, and it has none: the namespace {why}", commands
    if verdict.action is Action.ADD:
        comes = pod.renewal
        why = comes.running or "the Pod was made past the webhook"
        return f"{cause}, and it has none: {why}", comes.look or comes.anew
    return (
        f"{cause}, and it has none: {verdict.sentence}",
        f"hf-token-injector explain pod/{pod.name} -n {namespace}",
    )


def _with_ours(
    collected: Collected, pod: SeenObject, cause: Cause, choice: Choice, otherwise: tuple[str, str]
) -> tuple[str, str]:
    """Return what is wrong with the token that we gave a reference to."""
    namespace = pod.namespace
    place = (namespace, choice.secret)
    create = create_secret(namespace, choice.secret, choice.key)
    write = write_token(namespace, choice.secret, choice.key)
    if place in collected.secrets:
        secret = collected.secrets[place]
        follows = successor(collected, pod, choice[:2])
        if follows is not None and (secret is None or choice.key not in secret.keys):
            comes = pod.renewal
            then = comes.running or f"a new Pod takes it from Secret {follows[0]}, key {follows[1]}"
            return f"{cause}, and key {choice.key} of Secret {choice.secret} is not there: {then}", (
                comes.look or comes.anew
            )
        if secret is None:
            return f"{cause}, and Secret {choice.secret} does not exist", create
        if choice.key not in secret.keys:
            return f"{cause}, and Secret {choice.secret} has no key {choice.key}", write
        flaw = secret.keys[choice.key].flaw
        if flaw is not None and not flaw.works:
            return f"{cause}: key {choice.key} of Secret {choice.secret} {flaw.sentence}", write
    if cause is Cause.NOT_FOUND:
        return otherwise
    refused = f"the token in key {choice.key} of Secret {choice.secret} is refused: wrong, expired or revoked"
    return f"{refused}; make another on {TOKENS}", write
