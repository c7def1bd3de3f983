"""`python -m benchmarks`: measures, and prints what it found beside baselines of the same run."""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

import click

from benchmarks import cluster, decision, events, https, knowledge, large, memory, soak, start
from benchmarks.effort import FULL, QUICK, Effort
from benchmarks.report import Report, Unavailable, as_json, as_markdown, as_text

_PARTS: Final[dict[str, Callable[[Effort], Report]]] = {
    "decision": decision.measure,
    "https": https.measure,
    "start": start.measure,
    "memory": memory.measure,
    "knowledge": knowledge.measure,
    "large": large.measure,
    "events": events.measure,
    "cluster": cluster.measure,
    "soak": soak.measure,
}
_USUAL: Final = ",".join(name for name in _PARTS if name not in {"cluster", "soak"})
"""Those that need neither Go nor half an hour."""
_OUTPUTS: Final = {"text": as_text, "json": as_json, "markdown": as_markdown}


def _parts(_context: click.Context, _parameter: click.Parameter, value: str) -> list[str]:
    parts = value.split(",")
    if unknown := set(parts) - set(_PARTS):
        raise click.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}")
    return parts


@click.command()
@click.option("--only", callback=_parts, default=_USUAL, show_default=True, help="Parts to run.")
@click.option("--quick", is_flag=True, help="Few and short measurements, to see that everything runs.")
@click.option("--output", type=click.Choice(list(_OUTPUTS)), default="text", show_default=True)
def main(*, only: list[str], quick: bool, output: str) -> None:
    """Measure the webhook. Nothing here passes or fails by a time: compare the ratios."""
    signal.signal(signal.SIGTERM, _stop)
    reports = []
    for part in only:
        click.echo(f"measuring: {part}", err=True)
        try:
            reports.append(_PARTS[part](QUICK if quick else FULL))
        except Unavailable as missing:
            click.echo(f"left out: {part}. {missing}", err=True)
    if not reports:
        sys.exit(1)
    click.echo(_OUTPUTS[output](reports), nl=False)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave by an exception, so that everything that was started is ended."""
    sys.exit(128 + number)


main()
