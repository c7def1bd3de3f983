"""One document as a tree of nodes that know where they stand in the text.

PyYAML's own nodes do not do: an alias is the very node it points to, so that its place in the text is lost,
and scalars are read as PyYAML reads them, not as Kubernetes does.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

Json = Any
"""What JSON can hold: None, bool, int, float, str, list and dict with strings for keys."""

MAX_DEPTH = 200
"""Nesting, aliases expanded. Far above any manifest, and below what would exhaust Python's stack."""

MAX_EXPANDED = 400_000
"""Values, aliases expanded. A document above it is refused when it also is ten times what is written down,
as Kubernetes' own parser refuses "excessive aliasing"."""


class ManifestError(Exception):
    """A text that cannot be read, with what is wrong (a sentence) and where.

    Attributes:
        message: What is wrong.
        offset: Characters from the start of the document's text.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Kind(Enum):
    """What a node is."""

    SCALAR = auto()
    SEQUENCE = auto()
    MAPPING = auto()
    ALIAS = auto()


@dataclass(slots=True, eq=False)
class Node:
    """A node of a document.

    Attributes:
        kind: What it is.
        start: Offset of its first character, an anchor or a tag included.
        end: Offset after its last character. A block scalar ends before the line break of its last line, a
            collection in block style where its last item ends.
        flow: Whether it is written in flow style (`{a: 1}`, JSON). Of no meaning for a scalar.
        style: How a scalar is written: "" plain, "'", '"', "|" or ">".
        value: What a scalar means to Kubernetes.
        items: Of a sequence.
        entries: Of a mapping, in the text's order, merge keys (`<<`) included.
        anchored: Whether an alias may point here.
        target: What an alias points to.
        merge: Whether this is the key `<<` that merges.
        size: How many values it holds, itself and expanded aliases included.
        height: How deeply it nests, 1 for a scalar.
    """

    kind: Kind
    start: int
    end: int
    flow: bool = False
    style: str = ""
    value: Json = None
    items: list["Node"] = field(default_factory=list)
    entries: list[tuple["Node", "Node"]] = field(default_factory=list)
    anchored: bool = False
    target: "Node | None" = None
    merge: bool = False
    size: int = 1
    height: int = 1

    def __post_init__(self) -> None:
        """Take size and height of an alias from its target."""
        if self.target is not None:
            self.size, self.height = self.target.size, self.target.height

    @property
    def children(self) -> list["Node"]:
        """The nodes right below, keys before their values."""
        return self.items or [node for entry in self.entries for node in entry]

    def close(self, end: int) -> None:
        """Finish a collection that ends at `end`.

        Raises:
            ManifestError: It nests too deeply.
        """
        children = self.children
        self.end = end if self.flow or not children else children[-1].end
        self.size = 1 + sum(child.size for child in children)
        self.height = 1 + max((child.height for child in children), default=0)
        if self.height > MAX_DEPTH:
            raise ManifestError(f"nested more than {MAX_DEPTH} levels deep", self.start)


def key_of(node: Node) -> str:
    """Return a mapping's key as the string that Kubernetes makes of it.

    Raises:
        ManifestError: The key is a collection or null.
    """
    scalar = node.target if node.target is not None else node
    if scalar.kind is not Kind.SCALAR:
        raise ManifestError("a key must be a string, not a list or a mapping", node.start)
    value = scalar.value
    if value is None:
        raise ManifestError("a key must be a string, not null", node.start)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def check_keys(mapping: Node) -> None:
    """Refuse a mapping that says one key twice, as Kubernetes does: which one counts is anybody's guess.

    Raises:
        ManifestError: A key is repeated, or is none.
    """
    seen = set()
    for node, _ in mapping.entries:
        if node.merge:
            continue
        key = key_of(node)
        if key in seen:
            raise ManifestError(f'key "{key}" is set twice in this mapping', node.start)
        seen.add(key)


def merged(mappings: list[Json], at: int) -> dict[str, Json]:
    """Return what a merge key brings in; of two mappings that have a key, the earlier wins.

    Raises:
        ManifestError: One of them is not a mapping.
    """
    result: dict[str, Json] = {}
    for mapping in reversed(mappings):
        if not isinstance(mapping, dict):
            raise ManifestError("<< takes a mapping or a list of mappings", at)
        result.update(mapping)
    return result


def merge_sources(value: Node) -> list[Node]:
    """Return the nodes that stand behind a merge key: one, or those of a list."""
    return value.items if value.kind is Kind.SEQUENCE else [value]


def value_of(node: Node) -> Json:
    """Return a node's value, every alias expanded to a copy of its own.

    Raises:
        ManifestError: A merge key does not name mappings.
    """
    if node.target is not None:
        return value_of(node.target)
    if node.kind is Kind.SEQUENCE:
        return [value_of(item) for item in node.items]
    if node.kind is not Kind.MAPPING:
        return node.value
    result: dict[str, Json] = {}
    for key, value in node.entries:
        if key.merge:
            result.update(merged([value_of(source) for source in merge_sources(value)], key.start))
    result.update((key_of(key), value_of(value)) for key, value in node.entries if not key.merge)
    return result


def same(one: Json, other: Json) -> bool:
    """Return whether two values are the same JSON: unlike `==`, `True` is not 1."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
