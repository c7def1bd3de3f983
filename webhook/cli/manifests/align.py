"""Which items of a list became which items of another."""

import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from webhook.cli.manifests.nodes import Json


class Pairing(NamedTuple):
    """How one list becomes another.

    Attributes:
        kept: Pairs of an old and a new index, both ascending; their values may differ.
        removed: Old indexes.
        inserted: Pairs of the old index before which something comes in, and its new index.
    """

    kept: list[tuple[int, int]]
    removed: list[int]
    inserted: list[tuple[int, int]]


def pair(old: Sequence[Json], new: Sequence[Json]) -> Pairing:
    """Pair the items of two lists: by `name`, as Kubernetes merges most of its lists, else by value.

    Lists of one length are paired place by place where that keeps as many items as they are: of two equal
    items the one that stands elsewhere could be taken for the one that changed.
    """
    before, after = [_identity(item) for item in old], [_identity(item) for item in new]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    in_place = sum(one == other for one, other in zip(before, after, strict=False))
    if len(old) == len(new) and in_place >= sum(match.size for match in matcher.get_matching_blocks()):
        return Pairing([(index, index) for index in range(len(old))], [], [])
    pairing = Pairing([], [], [])
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        common = 0 if tag in ("insert", "delete") else min(old_end - old_start, new_end - new_start)
        pairing.kept.extend((old_start + step, new_start + step) for step in range(common))
        pairing.removed.extend(range(old_start + common, old_end))
        pairing.inserted.extend((old_end, index) for index in range(new_start + common, new_end))
    return pairing


def _identity(item: Json) -> str:
    """Return what tells an item from its neighbours."""
    name = item.get("name") if isinstance(item, dict) else None
    return f"name {name}" if isinstance(name, str) else json.dumps(item, sort_keys=True)
