"""Misspelt keys of ours: those that only people are told of, and the commands that spell them right."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from webhook.core import caps, names, read
from webhook.core.admit import shown
from webhook.core.asked import ON_WORKLOADS, looks_like_ours, meant, unknown
from webhook.core.decision import JsonObject
from webhook.core.kinds import KINDS, places
from webhook.core.remedies import Target, rename_annotation

_INJECT: Final = names.INJECT.removeprefix(names.PREFIX)


def of_another_prefix(group: str, kind: str, document: JsonObject) -> list[str]:
    """Return warnings of keys that were meant for us and have another prefix (`hf-token-injector/secret`).

    `admit()` tells them apart from other people's keys by our prefix, which is all that most objects pay, and
    so passes over these.

    Args:
        group: Of the object's API; "" for core.
        kind: As in a manifest.
        document: Raw; it is not changed.
    """
    if (group, kind) not in KINDS:
        return []
    return shown(list(islice(_of_another_prefix((group, kind), document), caps.FINDINGS)))


def _of_another_prefix(kind: tuple[str, str], document: JsonObject) -> Iterator[str]:
    for path in _holders(kind, document):
        holder = read.at(document, path)
        for key in filter(_is_foreign, read.mapping(holder, "labels")):
            if _name(key) == _INJECT:
                yield f"label {key} is unknown: did you mean {names.INJECT}?"
        for key in filter(_is_foreign, read.mapping(holder, "annotations")):
            label = f"label {names.INJECT}"
            yield unknown(key, label if _name(key) == _INJECT else meant(key, ON_WORKLOADS))


def _is_foreign(key: str) -> bool:
    return looks_like_ours(key) and not key.startswith(names.PREFIX)


def _name(key: str) -> str:
    return key.rpartition("/")[2].lower()


def _holders(kind: tuple[str, str], document: JsonObject) -> list[tuple[str, ...]]:
    """Return where an object's labels and annotations are looked for: its own, and those that reach Pods."""
    reaching = {path for place in places(document, KINDS[kind]) for path in place.reach}
    return sorted(reaching | {("metadata",)})


def spelt_right(target: Target, document: JsonObject) -> dict[str, str]:
    """Return each warning of a misspelt annotation, as it is said, with the command that mends it.

    Args:
        target: The object, of a kind that has Pods.
        document: It, raw; it is not changed.
    """
    return dict(_commands(target, document))


def _commands(target: Target, document: JsonObject) -> Iterator[tuple[str, str]]:
    for path in _holders(target.kind, document):
        # A merge patch replaces lists, so what stands in one is left for people to edit.
        if any(map(str.isdigit, path)):
            continue
        annotations = read.mapping(read.at(document, path), "annotations")
        for key, value in annotations.items():
            near = meant(key, ON_WORKLOADS) if looks_like_ours(key) else None
            if near is not None and near != key:
                command = rename_annotation(target, path, key, near, None if near in annotations else value)
                yield shown([unknown(key, near)])[0], command
