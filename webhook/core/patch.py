"""RFC 6902 operations, as few as will do."""

from collections.abc import Mapping, Sequence
from typing import Any

from webhook.core.decision import PatchOperation


def escape(key: str) -> str:
    """Return a key as a token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def add(path: str, value: object) -> PatchOperation:
    """Add a member, or replace it where there is one; with `/-`, append to a list."""
    return {"op": "add", "path": path, "value": value}


def replace(path: str, value: object) -> PatchOperation:
    """Replace what is there."""
    return {"op": "replace", "path": path, "value": value}


def remove(path: str) -> PatchOperation:
    """Remove what is there."""
    return {"op": "remove", "path": path}


def append(parent: Mapping[str, Any], pointer: str, key: str, value: object) -> PatchOperation:
    """Append to the list at a key, or make the list (also where it is null)."""
    if type(parent.get(key)) is list:
        return add(f"{pointer}/{key}/-", value)
    return add(f"{pointer}/{key}", [value])


def put(document: Mapping[str, Any], keys: Sequence[str], value: object) -> PatchOperation | None:
    """Set a member, making the objects above it that are missing or null.

    Returns:
        The operation; None where something on the way is no object.
    """
    node: Any = document
    for depth, key in enumerate(keys[:-1]):
        node = node.get(key) if type(node) is dict else node[int(key)]
        if node is None:
            for above in reversed(keys[depth + 1 :]):
                value = {above: value}
            return add("/" + "/".join(map(escape, keys[: depth + 1])), value)
        if type(node) is not dict and not (type(node) is list and keys[depth + 1].isdecimal()):
            return None
    return add("/" + "/".join(map(escape, keys)), value)
