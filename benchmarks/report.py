"""What a part found, and how it is printed: text, JSON, or the table of figures in Markdown."""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final, NamedTuple

Cell = str | int | float

_LIBRARIES = ("uvicorn", "uvloop", "httptools", "orjson", "fastapi", "structlog")
_HEAD: Final = ("figure", "measured", "baseline of the same run", "ratio", "goal")


class Unavailable(Exception):  # noqa: N818 - nothing went wrong, something is not there
    """A part cannot run here; the text says what to do."""


class Figure(NamedTuple):
    """A number that is promised, beside its baseline."""

    what: str
    measured: float
    unit: str
    goal: str
    baseline: float | None = None
    against: str = ""
    """What the baseline is."""

    @property
    def ratio(self) -> float | None:
        """The measured number in baselines."""
        return self.measured / self.baseline if self.baseline else None


class Table(NamedTuple):
    """Details behind the figures."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


class Report(NamedTuple):
    """What one part found."""

    figures: Sequence[Figure]
    tables: Sequence[Table]


def machine() -> str:
    """Return what the figures depend on: processors, Python, libraries."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {libraries}"


def as_text(reports: Sequence[Report]) -> str:
    """Return every table, and the figures last."""
    tables = [table for report in reports for table in report.tables]
    tables.append(Table(f"Figures ({machine()})", _HEAD, _figures(reports)))
    return "\n".join(_aligned(table) for table in tables)


def as_markdown(reports: Sequence[Report]) -> str:
    """Return the table of figures, as it stands in the README."""
    lines = [_HEAD, tuple("---" for _ in _HEAD), *_figures(reports)]
    table = "".join("| " + " | ".join(_shown(cell) for cell in line) + " |\n" for line in lines)
    return f"{machine()}\n\n{table}"


def as_json(reports: Sequence[Report]) -> str:
    """Return figures and tables for programs."""
    figures = [{**figure._asdict(), "ratio": figure.ratio} for report in reports for figure in report.figures]
    tables = [
        {"title": table.title, "rows": [dict(zip(table.head, row, strict=True)) for row in table.rows]}
        for report in reports
        for table in report.tables
    ]
    return json.dumps({"machine": machine(), "figures": figures, "tables": tables}, indent=2) + "\n"


def _figures(reports: Sequence[Report]) -> list[tuple[Cell, ...]]:
    return [
        (
            figure.what,
            f"{_shown(figure.measured)} {figure.unit}".rstrip(),
            "" if figure.baseline is None else f"{_shown(figure.baseline)} {figure.unit}, {figure.against}",
            "" if figure.ratio is None else _shown(figure.ratio),
            figure.goal,
        )
        for report in reports
        for figure in report.figures
    ]


def _aligned(table: Table) -> str:
    """Return a table with columns of equal width; numbers stand right."""
    texts = [table.head, *(tuple(_shown(cell) for cell in row) for row in table.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*texts, strict=True)]
    numeric = [not isinstance(cell, str) for cell in table.rows[0]]
    lines = [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in texts
    ]
    return "\n".join((table.title, *(f"  {line}" for line in lines))) + "\n"


def _shown(cell: Cell) -> str:
    """Return a number with three significant digits, the rest as it is."""
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell
