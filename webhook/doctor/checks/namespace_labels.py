"""Namespaces whose label asks for nothing that we know, or is misspelt."""

from collections.abc import Iterator
from typing import Final

from webhook.core import names
from webhook.core.asked import looks_like_ours
from webhook.core.names import InjectMode
from webhook.core.remedies import label_namespace
from webhook.doctor.collected import Collected, SeenNamespace, Topic
from webhook.doctor.finding import Finding, fail, warn

ABOUT: Final = "Each namespace's label is spelt right, and says what we know."
NEEDS: Final = frozenset({Topic.NAMESPACES})
_MODES: Final = ", ".join(InjectMode)
_WORDS_FOR: Final = {"all": InjectMode.ALL, "audit": InjectMode.AUDIT, "dry-run": InjectMode.AUDIT}
_OFF: Final = frozenset({"disabled", "false", "no", "off", "none", "0"})


def check(collected: Collected) -> Iterator[Finding]:
    """Look at each namespace that has a key like ours."""
    if not collected.namespaces and not collected.missed(Topic.NAMESPACES):
        yield warn(
            None,
            "No namespace has opted in, so nothing is injected.",
            label_namespace("NAME", InjectMode.ENABLED, overwrite=False),
        )
    for seen in collected.namespaces.values():
        if not seen.exists:
            yield fail(seen.subject, "does not exist.", f"kubectl create namespace {seen.name}")
        elif seen.ending:
            yield warn(
                seen.subject,
                "is being deleted: nothing is created in it any more.",
                f"kubectl describe namespace {seen.name}",
            )
        elif seen.known:
            yield from _labels(seen)


def _labels(seen: SeenNamespace) -> Iterator[Finding]:
    value = seen.labels.get(names.INJECT)
    misspelt = [key for key in seen.labels if looks_like_ours(key) and key != names.INJECT]
    for key in misspelt:
        yield fail(
            seen.subject,
            f"has label {key}, which nobody reads; the label is {names.INJECT}.",
            f"kubectl label namespace {seen.name} {key}- "
            f"{names.INJECT}={value or _meant(seen.labels[key])} --overwrite",
        )
    if value is None:
        if names.INJECT in seen.annotations:
            meant = _meant(seen.annotations[names.INJECT])
            yield fail(
                seen.subject,
                f"has {names.INJECT} as an annotation; the API server matches labels.",
                label_namespace(seen.name, meant, overwrite=False),
            )
        elif not misspelt:
            yield warn(
                seen.subject,
                f"has not opted in: it has no label {names.INJECT}.",
                label_namespace(seen.name, InjectMode.ENABLED, overwrite=False),
            )
    elif value.lower() in _OFF:
        yield warn(
            seen.subject,
            f"has label {names.INJECT}={value}; no label at all means the same.",
            f"kubectl label namespace {seen.name} {names.INJECT}-",
        )
    elif seen.mode is None:
        yield fail(
            seen.subject,
            f"has label {names.INJECT}={value}, which opts nothing in; it can be {_MODES}.",
            label_namespace(seen.name, _meant(value), overwrite=True),
        )


def _meant(value: str) -> InjectMode:
    """Return the value that somebody probably wanted."""
    return _WORDS_FOR.get(value.strip().lower(), InjectMode.ENABLED)
