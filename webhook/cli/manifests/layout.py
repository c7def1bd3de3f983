"""Where things stand in a text, and in which style it is written."""

import re
from dataclasses import dataclass, field

from webhook.cli.manifests.documents import Document
from webhook.cli.manifests.emit import Style
from webhook.cli.manifests.nodes import Kind, Node
from webhook.cli.manifests.yaml_nodes import dash_before, dashes, walk

_BLANK = re.compile(r"[ \t]*")


@dataclass(slots=True)
class Layout:
    """The text of a document, asked about lines and columns."""

    text: str
    json: bool
    _dashes: list[int] | None = field(default=None, init=False)

    def line_start(self, offset: int) -> int:
        """Return the offset of the first character of the line that an offset stands on."""
        return self.text.rfind("\n", 0, offset) + 1

    def after_line(self, offset: int) -> int | None:
        """Return the offset of the next line, or None where the text ends without a line break."""
        end = self.text.find("\n", offset)
        return None if end < 0 else end + 1

    def column(self, offset: int) -> int:
        """Return how many characters stand before an offset on its line."""
        return offset - self.line_start(offset)

    def margin(self, offset: int) -> str:
        """Return the blanks that the line of an offset begins with."""
        match = _BLANK.match(self.text, self.line_start(offset))
        return match.group() if match else ""

    def opens_line(self, offset: int) -> bool:
        """Return whether nothing but spaces stands before an offset on its line."""
        return not self.text[self.line_start(offset) : offset].strip(" ")

    def dash(self, item: Node) -> int:
        """Return the offset of the dash in front of an item of a block sequence."""
        if self._dashes is None:
            self._dashes = dashes(self.text)
        return dash_before(self._dashes, item.start)

    def mapping_column(self, mapping: Node) -> int:
        """Return the column of the keys of a block mapping; of one written `? key`, that of the mark."""
        start = mapping.entries[0][0].start
        before = self.text[self.line_start(start) : start].rstrip(" ")
        return len(before) - 1 if before.endswith("?") else self.column(start)

    def above_comments(self, dash: int) -> int:
        """Return where the comment lines begin that stand right above a dash, at its column."""
        start = self.line_start(dash)
        while start > 0:
            above = self.line_start(start - 1)
            line = self.text[above:start]
            if not line.startswith(" " * self.column(dash) + "#"):
                break
            start = above
        return start

    def spans_lines(self, collection: Node) -> bool:
        """Return whether a collection in flow style has its first item on a line of its own."""
        children = collection.children
        return bool(children) and "\n" in self.text[collection.start : children[0].start]


def style_of(document: Document, layout: Layout) -> Style:
    """Return the style of a document, each trait from its first occurrence."""
    text = document.text
    newline = "\r\n" if text[: text.find("\n") + 1].endswith("\r\n") else "\n"
    found: dict[str, int] = {}
    flow: dict[str, str] = {}
    for node in walk(document.root) if document.root is not None else ():
        if node.flow:
            _read_flow(layout, node, flow, json=document.json)
        elif node.kind is Kind.MAPPING and node.entries:
            _read_block(layout, node, found)
    return Style(
        json=document.json,
        newline=newline,
        indent=found.get("indent", 2),
        dash_indent=found.get("dash_indent", 0),
        dash_width=found.get("dash_width", 2),
        colon=flow.get("colon", ": "),
        comma=flow.get("comma", ", "),
        unit=flow.get("unit", "  "),
    )


def _read_block(layout: Layout, mapping: Node, found: dict[str, int]) -> None:
    """Learn from a block mapping how far the collections below its keys are indented."""
    column = layout.mapping_column(mapping)
    for _, value in mapping.entries:
        if value.flow or value.kind not in (Kind.MAPPING, Kind.SEQUENCE) or not value.children:
            continue
        if value.kind is Kind.MAPPING and "indent" not in found:
            deeper = layout.mapping_column(value) - column
            found["indent"] = deeper if deeper > 0 else 2
        elif value.kind is Kind.SEQUENCE and "dash_indent" not in found:
            first = value.items[0]
            dash = layout.dash(first)
            found["dash_indent"] = max(0, layout.column(dash) - column)
            if first.start > dash + 1 and not layout.text[dash + 1 : first.start].strip(" "):
                found["dash_width"] = first.start - dash


def _read_flow(layout: Layout, node: Node, found: dict[str, str], *, json: bool) -> None:
    """Learn from a collection in flow style what stands between its parts."""
    text, children = layout.text, node.children
    if layout.spans_lines(node) and "unit" not in found:
        outer, inner = layout.margin(node.start), layout.margin(children[0].start)
        if inner.startswith(outer) and inner != outer:
            found["unit"] = inner[len(outer) :]
    if json and node.entries and "colon" not in found:
        key, value = node.entries[0]
        found["colon"] = ": " if " " in text[key.end : value.start] else ":"
        found.setdefault("comma", ", " if found["colon"] == ": " else ",")
    firsts = [key for key, _ in node.entries] if node.entries else node.items
    if len(firsts) > 1:
        gap = text[(node.entries[0][1] if node.entries else node.items[0]).end : firsts[1].start]
        if gap in (",", ", "):
            found["comma"] = gap
