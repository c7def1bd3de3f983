"""Members and items put into collections, and taken out of them."""

from collections.abc import Iterable, Sequence

from webhook.cli.manifests.edits import Coarser, Edit, ends_open, lines_after
from webhook.cli.manifests.emit import Style
from webhook.cli.manifests.layout import Layout
from webhook.cli.manifests.nodes import Json, Kind, Node


def add_members(layout: Layout, style: Style, mapping: Node, members: Iterable[tuple[str, Json]]) -> Edit:
    """Return the edit that adds members behind the last one of a mapping that has some."""
    if mapping.flow:
        _check_braces(layout, mapping)
        key, value = mapping.entries[-1]
        margin = layout.margin(mapping.entries[0][0].start)
        lines = _by_lines(layout, mapping, style)
        written = [
            style.flow_member(name, item, margin)
            if lines
            else f"{style.scalar(name, flow=True)}{style.colon}{style.flow(item)}"
            for name, item in members
        ]
        comma = _comma(layout, style, mapping)
        end = max(key.end, value.end)
        return Edit(end, end, "".join(comma + member for member in written))
    column = layout.mapping_column(mapping)
    margin = " " * column
    block = f"{style.newline}{margin}".join(style.member(name, item, column) for name, item in members)
    if ends_open(layout, mapping):
        last = mapping.entries[-1][0].start
        if layout.column(last) != column:
            raise Coarser
        return Edit(last, last, f"{block}{style.newline}{margin}")
    return lines_after(layout, style, mapping.end, margin + block)


def insert_items(layout: Layout, style: Style, sequence: Node, index: int, values: Sequence[Json]) -> Edit:
    """Return the edit that puts items in front of the one at an index, or behind the last one.

    Raises:
        Coarser: The last item ends the text in a way that nothing can follow.
    """
    items = sequence.items
    if sequence.flow:
        lines = _by_lines(layout, sequence, style)
        margin = layout.margin(items[0].start)
        written = [style.flow_lines(value, margin) if lines else style.flow(value) for value in values]
        comma = _comma(layout, style, sequence)
        if index == 0:
            return Edit(items[0].start, items[0].start, "".join(item + comma for item in written))
        end = items[index - 1].end
        return Edit(end, end, "".join(comma + item for item in written))
    dash = layout.dash(items[0])
    column = layout.column(dash)
    margin = " " * column
    block = f"{style.newline}{margin}".join(style.item(value, column) for value in values)
    if index > 0:
        if ends_open(layout, items[index - 1]):
            raise Coarser
        return lines_after(layout, style, items[index - 1].end, margin + block)
    if not layout.opens_line(dash):
        return Edit(dash, dash, f"{block}{style.newline}{margin}")
    top = layout.above_comments(dash)
    return Edit(top, top, f"{margin}{block}{style.newline}")


def remove(layout: Layout, collection: Node, indexes: Sequence[int]) -> list[Edit]:
    """Return the edits that take members or items out of a collection in which others stay.

    Raises:
        Coarser: One cannot be cut out of its line.
    """
    mapping = collection.kind is Kind.MAPPING
    spans = [(key.start, max(key.end, value.end)) for key, value in collection.entries] if mapping else []
    spans = spans or [(item.start, item.end) for item in collection.items]
    if collection.flow:
        return _remove_from_flow(spans, indexes)
    starts = [
        start if mapping else layout.dash(collection.items[index]) for index, (start, _) in enumerate(spans)
    ]
    return [_remove_lines(layout, starts, spans[index][1], index) for index in indexes]


def _remove_lines(layout: Layout, starts: Sequence[int], end: int, index: int) -> Edit:
    """Return the edit that takes a member or item with its lines out of a block collection."""
    start = starts[index]
    if layout.opens_line(start):
        after = layout.after_line(end)
        return Edit(layout.line_start(start), len(layout.text) if after is None else after, "")
    if index + 1 == len(starts):
        raise Coarser
    return Edit(start, starts[index + 1], "")


def _remove_from_flow(spans: Sequence[tuple[int, int]], indexes: Sequence[int]) -> list[Edit]:
    """Return the edits that take items with a comma each out of a flow collection."""
    last_kept = max(set(range(len(spans))) - set(indexes))
    edits = [Edit(spans[index][0], spans[index + 1][0], "") for index in indexes if index < last_kept]
    if last_kept + 1 < len(spans):
        edits.append(Edit(spans[last_kept][1], spans[-1][1], ""))
    return edits


def _check_braces(layout: Layout, mapping: Node) -> None:
    """Refuse the mapping in `[a: b]`, which is written without braces and can have one member only."""
    if mapping.start == mapping.entries[0][0].start or layout.text[mapping.start] == "?":
        raise Coarser


def _comma(layout: Layout, style: Style, collection: Node) -> str:
    """Return what stands between two items of a flow collection."""
    if not layout.spans_lines(collection):
        return style.comma
    return f",{style.newline}{layout.margin(collection.children[0].start)}"


def _by_lines(layout: Layout, collection: Node, style: Style) -> bool:
    """Return whether a new item of a flow collection takes several lines, as its neighbours do."""
    if not layout.spans_lines(collection):
        return False
    values = [value for _, value in collection.entries] or collection.items
    neighbours = [value for value in values if value.flow and value.children]
    return layout.spans_lines(neighbours[-1]) if neighbours else style.json
