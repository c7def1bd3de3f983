"""Values as CEL writes them, in lines that people can read, and patterns as RE2 takes them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

Value = str | Sequence["Value"]

_WIDTH: Final = 96
"""Characters of a line of data, before its indent."""

_LOOKAHEAD: Final = re.compile(r"\(\?!((?:[^()]|\([^()]*\))*)\)")


def literal(value: Value) -> str:
    """Return a string or a list, in one line."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"
    return "[" + ", ".join(map(literal, value)) + "]"


def items(values: Iterable[str]) -> str:
    """Return the items of a list of strings, without its brackets, in as many lines as it takes."""
    return _lines(map(literal, values))


def mapping(values: Mapping[str, Sequence[Value]]) -> str:
    """Return a map of lists, each beginning a line."""
    lines = [f"{literal(key)}: [{_lines(map(literal, value), indent=2)}]" for key, value in values.items()]
    return "{\n" + ",\n".join(f"  {line}" for line in lines) + "\n}"


def packed(values: Mapping[str, str]) -> str:
    """Return a map of short strings, several in a line."""
    pairs = (f"{literal(key)}: {literal(value)}" for key, value in values.items())
    return "{\n  " + _lines(pairs, indent=2) + "\n}"


def _lines(written: Iterable[str], indent: int = 0) -> str:
    """Return items with commas, and a new line where the last one is full."""
    lines = [""]
    for item in written:
        if lines[-1] and len(lines[-1]) + len(item) > _WIDTH:
            lines[-1] += ","
            lines.append(item)
        else:
            lines[-1] += f", {item}" if lines[-1] else item
    return ("\n" + " " * (indent + 2 * bool(indent))).join(lines)


class Pattern(NamedTuple):
    """A pattern of Python's in RE2, which has no lookahead: what must match, and what must not."""

    whole: str
    not_at_start: str


def re2(pattern: str) -> Pattern:
    """Return a pattern for whole strings, with one negative lookahead at most, in its first alternative."""
    found = _LOOKAHEAD.search(pattern)
    if found is None:
        return Pattern(f"^({pattern})$", "")
    return Pattern(
        f"^({pattern[: found.start()]}{pattern[found.end() :]})$", f"^{pattern[: found.start()]}({found[1]})"
    )


def glob(pattern: str) -> str:
    """Return a glob as the rules have it: `*` and `?` do not cross a slash; `*` alone is anything."""
    if pattern == "*":
        return ""
    return "(?i)^" + re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") + "$"
