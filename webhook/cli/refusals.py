"""What an API server says to those who lack a right, in short, and what is alike in one sentence."""

import re
from collections.abc import Iterable
from typing import Final

_FORBIDDEN: Final = re.compile(
    r' answers 403: .*?User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]*)"'
    r'(?: in API group "[^"]*")?(?: in the namespace "(?P<namespace>[^"]*)")?'
)
"""Source: `NewForbidden` and `forbiddenMessage` in `k8s.io/apiserver`."""


def short(said: str) -> str:
    """Return why something could not be read, in short where it was for want of a right."""
    found = _FORBIDDEN.search(said)
    if found is None:
        return said
    return f"user {found['user']} may not {found['verb']} {found['resource']}{_place(found)}"


def folded(unseen: Iterable[str]) -> list[str]:
    """Return sentences about what could not be seen; what one user may not do in one place is one of them."""
    rights: dict[str, dict[str, list[str]]] = {}
    sentences: list[str] = []
    for said in unseen:
        found = _FORBIDDEN.search(said)
        if found is None:
            sentences.append(f"Not seen: {said.removesuffix('.')}.")
        else:
            begun = f"Not seen{_place(found)}, as user {found['user']} may not "
            resources = rights.setdefault(begun, {}).setdefault(found["verb"], [])
            if found["resource"] not in resources:
                resources.append(found["resource"])
    refusals = [
        begun + "; ".join(f"{verb} {', '.join(resources)}" for verb, resources in verbs.items()) + "."
        for begun, verbs in rights.items()
    ]
    return refusals + sentences


def _place(found: re.Match[str]) -> str:
    return f" in namespace {found['namespace']}" if found["namespace"] else ""
