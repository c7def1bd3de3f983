"""The Kubernetes objects of a document: itself, or the items of a list."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from webhook.cli.manifests.documents import Document
from webhook.cli.manifests.nodes import Json, Kind, Node

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object.

    Attributes:
        keys: From the document down to it; empty for the document itself.
        object: Raw.
        api_version, kind: Its own, or of an item that says neither those that its list gives it.
        line, column: Where it begins in the file, from 1.
    """

    keys: Keys
    object: dict[str, Any]
    api_version: str
    kind: str
    line: int
    column: int

    @property
    def group(self) -> str:
        """The API group, "" for core."""
        return self.api_version.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The name, the beginning of the name that the API server will make up, or ""."""
        return self._metadata("name") or self._metadata("generateName")

    @property
    def namespace(self) -> str:
        """The namespace that it names, or ""."""
        return self._metadata("namespace")

    def _metadata(self, key: str) -> str:
        """Return a string of the metadata."""
        metadata = self.object.get("metadata")
        value = metadata.get(key) if isinstance(metadata, dict) else None
        return value if isinstance(value, str) else ""


def manifests(document: Document) -> list[Manifest]:
    """Return the objects of a document, none where it holds something else (a Helm values file, say)."""
    return list(_find(document, document.value, (), "", ""))


def _find(document: Document, value: Json, keys: Keys, api_version: str, kind: str) -> Iterator[Manifest]:
    """Yield the objects at and below a value; `api_version` and `kind` stand in for what it does not say."""
    if not isinstance(value, dict):
        return
    api_version = _word(value, "apiVersion") or api_version
    kind = _word(value, "kind") or kind
    if not kind:
        return
    items = value.get("items")
    if kind.endswith("List") and isinstance(items, list):
        item_kind = kind.removesuffix("List")
        for index, item in enumerate(items):
            yield from _find(
                document, item, (*keys, "items", index), api_version if item_kind else "", item_kind
            )
        return
    yield Manifest(keys, value, api_version, kind, *document.place(_start(document.root, keys)))


def _word(value: dict[str, Any], key: str) -> str:
    """Return a string member, or ""."""
    word = value.get(key)
    return word if isinstance(word, str) else ""


def _start(node: Node | None, keys: Keys) -> int:
    """Return where the value at some keys begins, as near as merge keys let us tell."""
    while node is not None and keys:
        node = node.target or node
        wanted, keys = keys[0], keys[1:]
        below = None
        if isinstance(wanted, int):
            below = node.items[wanted] if wanted < len(node.items) else None
        elif node.kind is Kind.MAPPING:
            below = next((value for key, value in node.entries if key.value == wanted), None)
        if below is None:
            break
        node = below
    return 0 if node is None else node.start
