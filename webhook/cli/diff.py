"""Unified diffs, as `diff -u` and `git diff` write them."""

import re
from difflib import unified_diff

import click

_COLORS = {"+": "green", "-": "red", "@": "cyan"}
_HEADERS = ("+++ ", "--- ")


def unified(name: str, before: str, after: str, *, color: bool) -> str:
    """Return what changed in a file, "" for nothing. `patch -p0` applies it."""
    lines: list[str] = []
    old, new = _lines(before), _lines(after)
    for line in unified_diff(old, new, name, name):
        body = line.removesuffix("\n")
        lines.append(_painted(body, header=len(lines) < len(_HEADERS)) if color else body)
        lines.append("\n")
        if not line.endswith("\n"):
            lines.append("\\ No newline at end of file\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """Cut a text behind every line feed, and nowhere else."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _painted(line: str, *, header: bool) -> str:
    """Return a line in the colour of its kind."""
    if header and line.startswith(_HEADERS):
        return click.style(line, bold=True)
    color = _COLORS.get(line[:1])
    return click.style(line, fg=color) if color else line
