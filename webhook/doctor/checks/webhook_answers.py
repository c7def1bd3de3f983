"""A Pod that is created with `dryRun` comes back with our entry: the whole way, as any Pod goes it."""

from collections.abc import Iterator
from typing import Final

from webhook.core.remedies import install
from webhook.doctor.collected import Collected, Topic
from webhook.doctor.finding import Finding, Subject, fail, ok, warn

ABOUT: Final = "The API server reaches the webhook, and a Pod comes back with its token."
NEEDS: Final = frozenset({Topic.TRIAL, Topic.NAMESPACES})
_NOT_REACHED: Final = "failed calling webhook"
"""How the API server begins, where `failurePolicy` is `Fail`."""
_DENIED: Final = "denied the request"
"""How it goes on behind a webhook's name, where that refuses: a policy of repositories may refuse ours."""
_OURS: Final = ".hf-token-injector.io"
_CREATED: Final = range(200, 300)


def check(collected: Collected) -> Iterator[Finding]:
    """Judge what became of the Pod."""
    installed = collected.installed
    trial = installed.trial
    if trial is None:
        if not collected.missed(Topic.TRIAL):
            yield warn(
                None, "Not tried: no namespace that was looked at is injected, or --read-only was given."
            )
        return
    subject = Subject("Namespace", trial.namespace)
    namespace = installed.namespace or "hf-token-injector"
    logs = f"kubectl get pods -n {namespace} -l app.kubernetes.io/component=webhook"
    if trial.status in _CREATED and trial.injected:
        yield ok(subject, "had a Pod's dry run: it came back with its token.")
    elif trial.status in _CREATED and collected.nothing_installed:
        yield fail(
            subject,
            f"had a Pod's dry run: it came back without a token. There is no {installed.subject}.",
            install(),
        )
    elif trial.status in _CREATED:
        yield fail(
            subject,
            "had a Pod's dry run: it came back without a token. The webhook was not called, or did not "
            "answer and failurePolicy is Ignore.",
            logs,
        )
    elif _NOT_REACHED in trial.message and _OURS in trial.message:
        yield fail(subject, f"can create no Pods, as the webhook does not answer: {trial.message}", logs)
    elif _DENIED in trial.message and _OURS in trial.message:
        yield ok(
            subject, "had a Pod's dry run: the webhook answered, and the platform's policy refused the Pod."
        )
    else:
        yield warn(subject, f"had a Pod's dry run, and something else refused it: {trial.message}")
