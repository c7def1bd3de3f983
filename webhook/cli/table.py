"""The table of containers: aligned columns in a pipe, coloured and fitted on a terminal."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Final, NamedTuple


class Row(NamedTuple):
    """The cells of one container."""

    container: str
    token: str
    why: str
    source: str
    repositories: str


COLUMNS: Final = Row("CONTAINER", "TOKEN", "WHY", "SECRET", "REPOSITORIES")
_NARROW: Final = ("CONTAINER", "TOKEN", "WHY (REPOSITORIES)", "SECRET")
_TOKEN_STYLES: Final = {
    "yes": "green",
    "yes?": "yellow",
    "entry only": "yellow",
    "own": "cyan",
    "taken back": "yellow",
    "missing": "red",
    "no Secret": "red",
    "no ConfigMap": "red",
    "no key": "red",
}
_UNBROKEN: Final = 2
"""Columns at the left whose cells are never broken."""

_GAP: Final = "   "
"""Three spaces, as kubectl puts between columns."""


def lines(rows: Sequence[Row]) -> str:
    """Return rows as lines of aligned columns; nothing is cut, so that `grep` and `awk` find all of it."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    aligned = (
        _GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "".join(line + "\n" for line in aligned)


def rich_table(rows: Sequence[Row], *, width: int | None = None) -> str:
    """Return rows as a coloured table that fits the terminal, or a width in columns; no word is broken.

    Where five columns do not fit, repositories stand behind the reason, and where four do not either, each
    cell has lines of its own.
    """
    # Imported here: what prints no table does not pay for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(
        width=width, force_terminal=True, color_system="standard", highlight=False, no_color=False
    )
    narrow = [(row.container, row.token, _with_repositories(row), row.source) for row in rows]
    with console.capture() as capture:
        for header, cells in ((COLUMNS, rows), (_NARROW, narrow)):
            widths = _widths([header, *cells], console.width)
            if widths:
                table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
                for name, column in zip(header, widths, strict=True):
                    table.add_column(name, width=column, overflow="fold")
                for row in cells:
                    texts = [Text(cell) for cell in row]
                    texts[1].stylize(_style(row[1]))
                    table.add_row(*texts)
                console.print(table)
                break
        else:
            for row in rows:
                console.print(
                    Text.assemble(row.container, _GAP, (row.token, _style(row.token))), soft_wrap=True
                )
                for name, cell in zip(COLUMNS[_UNBROKEN:], row[_UNBROKEN:], strict=True):
                    if cell != "-":
                        console.print(Text(_filled(name, cell, console.width)), soft_wrap=True)
    return capture.get()


def _style(token: str) -> str:
    return _TOKEN_STYLES.get(token, "dim")


def _with_repositories(row: Row) -> str:
    said = row.repositories == "-" or row.repositories in row.why
    return row.why if said else f"{row.why} ({row.repositories})"


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the widths of columns that fit, so that no word is broken; none where that cannot be."""
    columns = list(zip(*rows, strict=True))
    whole = [max(map(len, cells)) for cells in columns]
    least = [
        *whole[:_UNBROKEN],
        *(max(len(word) for cell in cells for word in cell.split()) for cells in columns[_UNBROKEN:]),
    ]
    room = width - len(_GAP) * (len(columns) - 1)
    spare, lacking = room - sum(least), sum(whole) - sum(least)
    if spare < 0:
        return []
    if spare >= lacking:
        return whole
    return [low + (high - low) * spare // lacking for low, high in zip(least, whole, strict=True)]


def _filled(name: str, cell: str, width: int) -> str:
    """Return a cell below its container, in lines that fit where their words do."""
    return "\n".join(
        wrap(
            f"{name}: {cell}",
            max(width, len(_GAP) + 1),
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
