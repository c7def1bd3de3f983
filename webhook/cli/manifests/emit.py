"""New text for a value, in the manner of the text around it."""

import json
from dataclasses import dataclass

from webhook.cli.manifests.nodes import Json
from webhook.cli.manifests.scalars import quoted


@dataclass(frozen=True, slots=True)
class Style:
    """How a document is written.

    Attributes:
        json: Whether everything must be JSON.
        newline: The line break.
        indent: Spaces from a key to the keys below it.
        dash_indent: Spaces from a key to the dashes below it: 0 as kubectl writes, 2 as many people do.
        dash_width: Columns from a dash to what stands behind it.
        colon, comma: Between a key and its value, and between items, on one line of flow style.
        unit: What a line of flow style is indented by, below the line that opens the collection.
    """

    json: bool = False
    newline: str = "\n"
    indent: int = 2
    dash_indent: int = 0
    dash_width: int = 2
    colon: str = ": "
    comma: str = ", "
    unit: str = "  "

    def scalar(self, value: Json, *, flow: bool = False) -> str:
        """Return a scalar on one line."""
        if isinstance(value, str) and not self.json:
            return quoted(value, flow=flow)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return json.dumps(value, ensure_ascii=False)

    def flow(self, value: Json) -> str:
        """Return a value in flow style on one line."""
        if isinstance(value, dict):
            members = (
                f"{self.scalar(key, flow=True)}{self.colon}{self.flow(item)}" for key, item in value.items()
            )
            return "{" + self.comma.join(members) + "}"
        if isinstance(value, list):
            return "[" + self.comma.join(map(self.flow, value)) + "]"
        return self.scalar(value, flow=True)

    def flow_lines(self, value: Json, margin: str) -> str:
        """Return a value in flow style, an item a line, where `margin` indents the line it begins on."""
        inner = margin + self.unit
        if isinstance(value, dict) and value:
            members = [self.flow_member(key, item, inner) for key, item in value.items()]
            opening, closing = "{", "}"
        elif isinstance(value, list) and value:
            members = [self.flow_lines(item, inner) for item in value]
            opening, closing = "[", "]"
        else:
            return self.flow(value)
        lines = f",{self.newline}{inner}".join(members)
        return f"{opening}{self.newline}{inner}{lines}{self.newline}{margin}{closing}"

    def flow_member(self, key: str, value: Json, margin: str) -> str:
        """Return a key and its value in flow style over several lines."""
        return f"{self.scalar(key, flow=True)}: {self.flow_lines(value, margin)}"

    def member(self, key: str, value: Json, column: int) -> str:
        """Return a key and its value in block style, without indentation and line break around them."""
        return self.scalar(key) + self.after_key(value, column)

    def after_key(self, value: Json, column: int) -> str:
        """Return the colon and the value that follow a key at a column."""
        if isinstance(value, dict | list) and value:
            deeper = column + (self.indent if isinstance(value, dict) else self.dash_indent)
            return f":{self.newline}{' ' * deeper}{self.block(value, deeper)}"
        return f": {self.inline(value)}"

    def item(self, value: Json, column: int) -> str:
        """Return an item of a sequence in block style whose dash is at a column."""
        return "-".ljust(self.dash_width) + self.block(value, column + self.dash_width)

    def block(self, value: Json, column: int) -> str:
        """Return a value in block style whose first line begins at a column."""
        if isinstance(value, dict) and value:
            lines = [self.member(key, item, column) for key, item in value.items()]
        elif isinstance(value, list) and value:
            lines = [self.item(item, column) for item in value]
        else:
            return self.inline(value)
        return f"{self.newline}{' ' * column}".join(lines)

    def inline(self, value: Json) -> str:
        """Return a scalar or an empty collection as it stands in block style."""
        return self.flow(value) if isinstance(value, dict | list) else self.scalar(value)
