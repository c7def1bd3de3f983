"""The Secrets that are needed: there, with the key, and with a value that looks like a token."""

from collections.abc import Iterator
from typing import Final

from webhook.core import names
from webhook.core.remedies import create_secret, write_token
from webhook.doctor.collected import Collected, SeenSecret, Topic
from webhook.doctor.finding import Finding, fail, warn
from webhook.doctor.wanted import Wanted, choices, successor, wanted

ABOUT: Final = "Each Secret that is needed exists, with its key, and a value that looks like a token."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.WORKLOADS, Topic.PODS, Topic.SECRETS})
_SHOWN: Final = 5
"""Keys of a Secret that are named."""


def check(collected: Collected) -> Iterator[Finding]:
    """Look at each key that something needs."""
    told: set[tuple[str, str]] = set()
    for need in wanted(collected):
        place = (need.namespace, need.secret)
        if place not in collected.secrets:
            continue
        secret = collected.secrets[place]
        if secret is None:
            yield _outdated(collected, need, "which does not exist") or _missing(need)
            continue
        if secret.copied and place not in told:
            told.add(place)
            yield _copied(secret)
        if need.key not in secret.keys:
            yield _outdated(collected, need, f"which has no key {need.key}") or _without_key(need, secret)
        else:
            yield from _value(need, secret)


def _outdated(collected: Collected, need: Wanted, flaw: str) -> Finding | None:
    """Tell of a Pod that need only be made anew: another Secret or key is chosen by now, and is all right."""
    old = (need.secret, need.key)
    using = [
        one
        for one in (*collected.workloads, *collected.pods)
        if one.namespace == need.namespace
        and not one.ended
        and any(choice[:2] == old for choice in choices(one.decision))
    ]
    places = [successor(collected, one, old) for one in using]
    if not places or places[0] is None or None in places:
        return None
    name, key = places[0]
    pod = using[0]
    comes = pod.renewal
    what = f"has its token from Secret {need.secret}, {flaw}"
    if comes.running:
        return warn(pod.subject, f"{what}: {comes.running}.", comes.look)
    return fail(pod.subject, f"{what}; a new Pod takes it from Secret {name}, key {key}.", comes.anew)


def _missing(need: Wanted) -> Finding:
    asked = f"{need.asked} asks for and which " if need.asked else ""
    sentence = f"needs Secret {need.secret}, which {asked}does not exist in {need.namespace}."
    command = create_secret(need.namespace, need.secret, need.key)
    if need.in_use:
        return fail(need.subject, sentence, command)
    return warn(need.subject, f"has opted in and {sentence}", command)


def _copied(secret: SeenSecret) -> Finding:
    return warn(
        secret.subject,
        "has a copy of its values in an annotation, where kubectl apply has put it: use kubectl create, or "
        "apply --server-side.",
        f"kubectl annotate secret {secret.name} -n {secret.namespace} {names.LAST_APPLIED}-",
    )


def _without_key(need: Wanted, secret: SeenSecret) -> Finding:
    keys = sorted(secret.keys)
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    has = f"it has {', '.join(keys[:_SHOWN])}{more}" if keys else "it is empty"
    fix = _patch(need)
    if len(keys) == 1:
        fix = f"kubectl annotate namespace {need.namespace} {names.SECRET_KEY}={keys[0]}"
    return fail(secret.subject, f"has no key {need.key}, which {need.subject} needs; {has}.", fix)


def _value(need: Wanted, secret: SeenSecret) -> Iterator[Finding]:
    flaw = secret.keys[need.key].flaw
    if flaw is not None:
        say = warn if flaw.works else fail
        yield say(secret.subject, f"has a value at {need.key} that {flaw.sentence}.", _patch(need))


def _patch(need: Wanted) -> str:
    return write_token(need.namespace, need.secret, need.key)
