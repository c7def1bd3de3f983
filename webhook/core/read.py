"""Tolerant readers: an object is whatever JSON came, and a wrong shape reads as absent."""

from collections.abc import Mapping, Sequence
from typing import Any

_NO_MAPPING: dict[str, Any] = {}
_NO_LIST: list[Any] = []


def mapping(parent: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object at a key, or an empty one."""
    value = parent.get(key)
    return value if type(value) is dict else _NO_MAPPING


def items(parent: Mapping[str, Any], key: str) -> list[Any]:
    """Return the list at a key, or an empty one."""
    value = parent.get(key)
    return value if type(value) is list else _NO_LIST


def objects(parent: Mapping[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of the list at a key with their indices."""
    return [(index, value) for index, value in enumerate(items(parent, key)) if type(value) is dict]


def string(parent: Mapping[str, Any], key: str) -> str:
    """Return the string at a key, or an empty one."""
    value = parent.get(key)
    return value if type(value) is str else ""


def strings(parent: Mapping[str, Any], key: str) -> list[str]:
    """Return the strings of the list at a key."""
    return [value for value in items(parent, key) if type(value) is str]


def at(parent: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Return the object at a path of keys, or an empty one."""
    node: Any = parent
    for key in path:
        if type(node) is dict:
            node = node.get(key)
        elif type(node) is list and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            return _NO_MAPPING
    return node if type(node) is dict else _NO_MAPPING
