"""A table of containers: aligned columns in a pipe, colours and wrapped cells on a terminal."""

from collections.abc import Sequence
from typing import Final, NamedTuple


class Row(NamedTuple):
    """The cells of one container."""

    container: str
    token: str
    why: str
    source: str
    repositories: str


COLUMNS: Final = Row("CONTAINER", "TOKEN", "WHY", "SECRET", "REPOSITORIES")
_TOKEN_STYLES: Final = {"yes": "green", "own": "cyan", "taken back": "yellow", "missing": "red"}
_WIDE: Final = 120
"""Columns of a terminal. On a narrower one the repositories stand behind the reason, not in a column."""

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
    """Return rows as a coloured table that fits the terminal, or a width in columns."""
    # Imported here: what prints no table does not pay for it.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(
        width=width, force_terminal=True, color_system="standard", highlight=False, no_color=False
    )
    columns = COLUMNS[:-1] if console.width < _WIDE else COLUMNS
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name == COLUMNS.token)
    for row in rows:
        cells = [Text(cell) for cell in row[: len(columns)]]
        cells[1].stylize(_TOKEN_STYLES.get(row.token, "dim"))
        if len(columns) < len(row) and row.repositories != "-" and row.repositories not in row.why:
            cells[2].append(f" ({row.repositories})", "dim")
        table.add_row(*cells)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
