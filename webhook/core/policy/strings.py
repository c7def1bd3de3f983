"""All objects and strings of an object with their places, within the caps."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from webhook.core import caps, patch
from webhook.core.hub import redact

Path = tuple[Any, ...]
"""A place, as a chain: the place above (or nothing) and the key or index in it. A list of all keys would make
deep objects quadratic."""

ROOT: Final[Path] = ()
_METADATA: Final[Path] = (ROOT, "metadata")


class Spent:
    """What was not looked at."""

    __slots__ = ("reason",)

    def __init__(self) -> None:
        self.reason = ""


def nodes(
    document: Mapping[str, Any], mentions: re.Pattern[str], spent: Spent
) -> Iterator[tuple[Path, str | Mapping[str, Any]]]:
    """Yield the objects of an object, and its strings with a mention; what the cluster writes is left out.

    An object comes before its own strings, and these before the objects that it holds. This is on the path of
    every Pod, so that a string without a mention costs a search and nothing else.

    Args:
        document: Any JSON.
        mentions: What makes a string worth a look.
        spent: Told where the object has more than is looked at.
    """
    waiting: list[tuple[Path, Any]] = [(ROOT, document)]
    values, left, search = caps.NODES, caps.OBJECT, mentions.search
    while waiting:
        path, value = waiting.pop()
        values -= len(value)
        if values < 0:
            spent.reason = f"the object has more than {caps.NODES} values"
            return
        left -= len("".join(value)) if type(value) is dict else 0
        strings: list[tuple[Path, str]] = []
        inner: list[tuple[Path, Any]] = []
        for key, member in value.items() if type(value) is dict else enumerate(value):
            kind = type(member)
            if kind is str:
                if len(member) > caps.STRING:
                    spent.reason = f"{pointer((path, key))} is longer than {caps.STRING // 1024} KiB"
                    continue
                left -= len(member)
                if search(member):
                    strings.append(((path, key), member))
            elif (kind is dict or kind is list) and not _written(path, key):
                inner.append(((path, key), member))
        if left < 0:
            spent.reason = f"the object's strings are longer than {caps.OBJECT // 1024} KiB together"
            return
        if type(value) is dict:
            yield path, value
        yield from strings
        inner.reverse()
        waiting += inner


def _written(path: Path, key: str | int) -> bool:
    """Whether the cluster writes a member, and nobody applies it: `managedFields` holds no values."""
    return (key == "status" and path is ROOT) or (key == "managedFields" and path == _METADATA)


def keys(path: Path) -> list[Any]:
    """Return a place as a list of keys and indices."""
    found = []
    while path:
        path, key = path
        found.append(key)
    return found[::-1]


def pointer(path: Path) -> str:
    """Return a place as a JSON pointer (see `pointer_of`)."""
    return pointer_of(keys(path))


def pointer_of(found: Iterable[Any]) -> str:
    """Return keys and indices as a JSON pointer without what looks like a token, cut where it is long."""
    text = redact("".join(f"/{patch.escape(str(key))}" for key in found))
    return caps.cut(text, caps.POINTER)
