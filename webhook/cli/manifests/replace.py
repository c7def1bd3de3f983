"""One value written in another's place."""

from dataclasses import dataclass

from webhook.cli.manifests.edits import BLOCK_SCALARS, Coarser, Edit, lines_after
from webhook.cli.manifests.emit import Style
from webhook.cli.manifests.layout import Layout
from webhook.cli.manifests.nodes import Json, Kind, Node


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node hangs: below nothing, below a sequence, or below a mapping under a key."""

    parent: Node | None = None
    key: Node | None = None


def replacement(layout: Layout, style: Style, node: Node, new: Json, place: Place) -> list[Edit]:
    """Return the edits that write a new value in a node's place.

    Raises:
        Coarser: The place is too odd, as a key without a colon is.
    """
    if (place.parent is not None and place.parent.flow) or style.json:
        return [_in_flow(layout, style, node, new, place)]
    if place.key is not None:
        return _below_key(layout, style, node, new, place.key)
    if place.parent is not None:
        return [_behind_dash(layout, style, node, new)]
    return [_root(layout, style, node, new)]


def _is_block(value: Json) -> bool:
    """Return whether a value in block style takes lines of its own."""
    return isinstance(value, dict | list) and bool(value)


def _in_flow(layout: Layout, style: Style, node: Node, new: Json, place: Place) -> Edit:
    """Write within `{}` or `[]`."""
    outer = place.parent or node
    lines = layout.spans_lines(outer) and (layout.spans_lines(node) or not node.children)
    text = style.flow_lines(new, layout.margin(node.start)) if lines else style.flow(new)
    if node.start == node.end:
        if place.key is None:
            raise Coarser
        gap = layout.text[place.key.end : node.start]
        text = (" " if gap.endswith(":") else "" if ":" in gap else ": ") + text
    return Edit(node.start, node.end, text)


def _below_key(layout: Layout, style: Style, node: Node, new: Json, key: Node) -> list[Edit]:
    """Write behind a key of a block mapping and its colon."""
    text = layout.text
    gap = text[key.end : node.start]
    if ":" not in gap:
        raise Coarser
    column = layout.column(key.start)
    on_the_line = "\n" not in gap and node.style not in BLOCK_SCALARS and (node.flow or node.kind in _INLINE)
    if not on_the_line:
        if gap.split(":", 1)[0].strip():
            raise Coarser
        return [Edit(key.end, node.end, style.after_key(new, column))]
    if not _is_block(new):
        return [Edit(node.start, node.end, (" " if gap.endswith(":") else "") + style.inline(new))]
    start = key.end + len(gap.rstrip(" \t"))
    deeper = column + (style.indent if isinstance(new, dict) else style.dash_indent)
    lines = " " * deeper + style.block(new, deeper)
    return [Edit(start, node.end, ""), lines_after(layout, style, node.end, lines)]


_INLINE = (Kind.SCALAR, Kind.ALIAS)


def _behind_dash(layout: Layout, style: Style, node: Node, new: Json) -> Edit:
    """Write behind the dash of a block sequence."""
    dash = layout.dash(node)
    if node.start == node.end or "\n" in layout.text[dash : node.start]:
        return Edit(dash + 1, node.end, " " + style.block(new, layout.column(dash) + 2))
    return Edit(node.start, node.end, style.block(new, layout.column(node.start)))


def _root(layout: Layout, style: Style, node: Node, new: Json) -> Edit:
    """Write the whole document in block style."""
    if node.start == node.end:
        raise Coarser
    if _is_block(new) and not layout.opens_line(node.start):
        return Edit(node.start, node.end, style.newline + style.block(new, 0))
    return Edit(node.start, node.end, style.block(new, layout.column(node.start)))
