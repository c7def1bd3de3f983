"""Annotations of ours on Namespaces: known keys, with values that say something."""

import shlex
from collections.abc import Iterator
from typing import Final

from webhook.core import names
from webhook.core.asked import ON_NAMESPACES, looks_like_ours, meant, of_namespace
from webhook.doctor.collected import Collected, SeenNamespace, Topic
from webhook.doctor.finding import Finding, fail

ABOUT: Final = "Each annotation of ours on a namespace is one that is read, with a value that says something."
NEEDS: Final = frozenset({Topic.NAMESPACES})
_KEYS: Final = ", ".join(sorted(key.removeprefix(names.PREFIX) for key in ON_NAMESPACES))


def check(collected: Collected) -> Iterator[Finding]:
    """Look at each namespace that has a key like ours."""
    for seen in collected.namespaces.values():
        if not seen.ending:
            yield from _annotations(seen)


def _annotations(seen: SeenNamespace) -> Iterator[Finding]:
    for key in seen.annotations:
        # The label as an annotation is for the check of labels to tell.
        if looks_like_ours(key) and key not in ON_NAMESPACES and key != names.INJECT:
            near = meant(key, ON_NAMESPACES)
            command = f"kubectl annotate namespace {seen.name} {key}-"
            if near is not None and near not in seen.annotations:
                command += f" {near}={shlex.quote(seen.annotations[key])}"
            instead = f"did you mean {near}?" if near else f"those that are: {_KEYS}."
            yield fail(
                seen.subject, f"has annotation {key}, which nobody reads on a Namespace; {instead}", command
            )
    for key in sorted(ON_NAMESPACES & seen.annotations.keys()):
        problems: list[str] = []
        of_namespace({key: seen.annotations[key]}, problems)
        for problem in problems:
            yield fail(
                seen.subject,
                f"has a value that is {problem}.",
                f"kubectl annotate namespace {seen.name} {key}=VALUE --overwrite",
            )
    for key in sorted(seen.labels.keys() & ON_NAMESPACES):
        yield fail(
            seen.subject,
            f"has {key} as a label; it is an annotation.",
            f"kubectl label namespace {seen.name} {key}- && "
            f"kubectl annotate namespace {seen.name} {key}={shlex.quote(seen.labels[key])}",
        )
