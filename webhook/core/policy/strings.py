"""Every string of an object with its place, in the object's own order and within the caps."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from webhook.core import caps, patch
from webhook.core.hub import redact

Path = tuple[Any, ...]
"""A place, as a chain: the place above (or nothing) and the key or index in it. A list of all keys would make
deep objects quadratic."""

ROOT: Final[Path] = ()
_METADATA: Final[Path] = (ROOT, "metadata")


class Node(NamedTuple):
    """A value of an object."""

    path: Path
    value: Any


class Spent:
    """What was not looked at."""

    __slots__ = ("reason",)

    def __init__(self) -> None:
        self.reason = ""


def nodes(document: Mapping[str, Any], spent: Spent) -> Iterator[Node]:
    """Yield the objects and strings of an object; what the cluster writes is left out.

    Args:
        document: Any JSON.
        spent: Told where the object has more than is looked at.
    """
    waiting: list[Node] = [Node(ROOT, document)]
    values, characters = caps.NODES, caps.OBJECT
    while waiting:
        path, value = node = waiting.pop()
        values -= 1
        if values < 0:
            spent.reason = f"the object has more than {caps.NODES} values"
            return
        kind = type(value)
        if kind is str and len(value) > caps.STRING:
            spent.reason = f"{pointer(path)} is longer than {caps.STRING // 1024} KiB"
            continue
        if kind is str:
            characters -= len(value)
        elif kind is dict:
            members = list(islice(value.items(), values + 1))
            characters -= sum(len(key) for key, _ in members)
            waiting += [
                Node((path, key), inner) for key, inner in reversed(members) if not _written(path, key)
            ]
        elif kind is list:
            last = min(len(value), values + 1) - 1
            waiting += [Node((path, index), value[index]) for index in range(last, -1, -1)]
        if characters < 0:
            spent.reason = f"the object's strings are longer than {caps.OBJECT // 1024} KiB together"
            return
        if kind is str or kind is dict:
            yield node


def _written(path: Path, key: str) -> bool:
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
    return text if len(text) <= caps.POINTER else text[: caps.POINTER - 1] + "…"
