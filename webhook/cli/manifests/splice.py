"""Change the text of a document so that it means something else, and touch nothing that need not be touched.

The new value is compared with the nodes of the text, top down. Where they differ, the smallest piece of text
is inserted, removed or replaced at the parser's positions. The result is parsed again and compared with what
was wanted. Where it is not the same, the same is tried with coarser pieces: the collection around the change
written anew, then the one around that. No text leaves here that does not mean what was asked for.

What an alias stands for is one text in several places. A change that comes out the same in all of them is
made where the anchor is; otherwise the alias is written out where it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from webhook.cli.manifests.align import pair
from webhook.cli.manifests.documents import Document, read
from webhook.cli.manifests.edits import Coarser, Edit, apply
from webhook.cli.manifests.emit import Style
from webhook.cli.manifests.grow import add_members, insert_items, remove
from webhook.cli.manifests.layout import Layout, style_of
from webhook.cli.manifests.nodes import Json, Kind, Node, key_of, merge_sources, merged, same, value_of
from webhook.cli.manifests.replace import Place, replacement
from webhook.cli.manifests.yaml_nodes import walk


class SpliceError(Exception):
    """No text was found that means what was asked for."""


def splice(document: Document, new: Json) -> str:
    """Return the text of a document, changed so that its value is `new`.

    Raises:
        SpliceError: No such text was found.
    """
    if document.root is None or same(document.value, new):
        return document.text
    layout = Layout(document.text, json=document.json)
    style = style_of(document, layout)
    limit = document.root.height
    while limit >= 0:
        attempt = _Attempt(layout, style, limit, aliases=_has_aliases(document.root))
        try:
            attempt.change(document.root, document.value, new, Place(), 0)
            text = apply(document.text, attempt.edits)
        except Coarser:
            text = document.text
        if _means(text, new):
            return text
        limit = min(limit - 1, attempt.deepest)
    raise SpliceError("the change cannot be written into this text")


def _means(text: str, value: Json) -> bool:
    """Return whether a text is one document with this value."""
    documents = read(text)
    return len(documents) == 1 and documents[0].error is None and same(documents[0].value, value)


def _has_aliases(root: Node) -> bool:
    """Return whether any alias stands in a document."""
    return any(node.kind is Kind.ALIAS for node in walk(root))


@dataclass(slots=True)
class _Attempt:
    """One way from the old value to the new.

    Attributes:
        layout, style: Of the text.
        limit: Depth from which on a collection that changes is written anew.
        aliases: Whether there are any; if not, what stays the same is not looked at.
        edits: What is to be done, an inner edit before an outer one at the same offset.
        final: What each anchored node will mean. An anchor stands before its aliases, and the walk goes in
            the order of the text, so that it is known in time.
        deepest: How deep the changes lie, the root at 0.
    """

    layout: Layout
    style: Style
    limit: int
    aliases: bool
    edits: list[Edit] = field(default_factory=list)
    final: dict[Node, Json] = field(default_factory=dict)
    deepest: int = 0

    def change(self, node: Node, old: Json, new: Json, place: Place, depth: int) -> None:
        """Find the edits by which a node comes to mean `new`.

        Raises:
            Coarser: It cannot be done within this node.
        """
        if node.target is not None:
            if node.target not in self.final or not same(self.final[node.target], new):
                self.edits += replacement(self.layout, self.style, node, new, place)
            return
        changes = not same(old, new)
        if not changes and not self.aliases:
            return
        if changes:
            self.deepest = max(self.deepest, depth)
        if not self._descend(node, old, new, depth, changes=changes):
            self.edits += replacement(self.layout, self.style, node, new, place)
        elif node.anchored:
            self.final[node] = new

    def _descend(self, node: Node, old: Json, new: Json, depth: int, *, changes: bool) -> bool:
        """Do it by edits below a node, or return False: the node itself must be written anew."""
        if changes and (depth >= self.limit or type(old) is not type(new)):
            return False
        if not node.children:
            return not changes
        edits, final = len(self.edits), len(self.final)
        try:
            if node.kind is Kind.MAPPING:
                self._mapping(node, old, new, depth)
            else:
                self._sequence(node, old, new, depth)
        except Coarser:
            del self.edits[edits:]
            for forgotten in list(self.final)[final:]:
                del self.final[forgotten]
            return False
        return True

    def _mapping(self, node: Node, old: Mapping[str, Json], new: Mapping[str, Json], depth: int) -> None:
        """Change a mapping's members, take some out and add some."""
        explicit = {key_of(key) for key, _ in node.entries if not key.merge}
        inherited: dict[str, Json] = {}
        removed = []
        for index, (key, value) in enumerate(node.entries):
            if key.merge:
                brought = self._merged(value, key.start)
                if brought is None or brought.keys() - new.keys():
                    removed.append(index)
                else:
                    inherited |= brought
            elif (name := key_of(key)) not in new:
                removed.append(index)
            else:
                self._keep_key(key)
                self.change(value, old[name], new[name], Place(node, key), depth + 1)
        added = [
            (name, value)
            for name, value in new.items()
            if name not in explicit and not (name in inherited and same(inherited[name], value))
        ]
        if len(removed) == len(node.entries) or (removed and added and node.flow):
            raise Coarser
        if removed:
            self.edits += remove(self.layout, node, removed)
        if added:
            self.edits.append(add_members(self.layout, self.style, node, added))

    def _keep_key(self, key: Node) -> None:
        """Note what an anchor on a key means, and see that an alias as a key still means the same."""
        if key.anchored:
            self.final[key] = key.value
        if key.target is not None and key.target not in self.final:
            raise Coarser

    def _merged(self, value: Node, at: int) -> dict[str, Json] | None:
        """Return what a merge key will bring in, or None where a source of it is gone."""
        brought = []
        for source in merge_sources(value.target if value.target is not None else value):
            if source.target is None and source is not value.target:
                if any(node.anchored or node.target is not None for node in walk(source)):
                    raise Coarser
                brought.append(value_of(source))
            else:
                target = source.target or source
                if target not in self.final:
                    return None
                brought.append(self.final[target])
        return merged(brought, at)

    def _sequence(self, node: Node, old: Sequence[Json], new: Sequence[Json], depth: int) -> None:
        """Change a sequence's items, take some out and put some in."""
        pairing = pair(old, new)
        if not pairing.kept or (node.flow and pairing.removed and pairing.inserted):
            raise Coarser
        for before, after in pairing.kept:
            self.change(node.items[before], old[before], new[after], Place(node), depth + 1)
        if pairing.removed:
            self.edits += remove(self.layout, node, pairing.removed)
        for index, group in groupby(pairing.inserted, key=lambda insertion: insertion[0]):
            values = [new[after] for _, after in group]
            self.edits.append(insert_items(self.layout, self.style, node, index, values))
