"""The decision alone: the object is parsed already, nothing is written.

The collector is set as in the server, and held back for Pods that grow beyond the size from which the server holds it back.
"""

import contextlib
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from benchmarks.effort import Effort
from benchmarks.hostile import hostile_containers
from benchmarks.pods import SERIES, Series, request_of
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import medians
from benchmarks.yardstick import PATH
from webhook.core.admit import admit
from webhook.core.decision import Action, Request, Scope
from webhook.server.body import LARGE
from webhook.server.memory import settle, uncollected
from webhook.server.review import parse_review


def measure(effort: Effort) -> Report:
    """Time the yardstick, Pods that grow, and hostile ones."""
    settle()
    yardstick = _yardstick(effort)
    tables = [_growth(series, effort) for series in SERIES]
    hostile, figures = _hostile(effort)
    return Report([yardstick, *figures], [*tables, hostile])


def _yardstick(effort: Effort) -> Figure:
    body = PATH.read_bytes()
    request = parse_review(body, Scope.KSERVE).request
    assert request is not None
    taken = medians({"admit": lambda: admit(request), "loads": lambda: orjson.loads(body)}, effort)
    what = "decision about the yardstick, parsed already"
    return Figure(what, taken["admit"], "µs", "≤ 30 µs", taken["loads"], "orjson.loads of the review")


def _growth(series: Series, effort: Effort) -> Table:
    rows = []
    for size in series.sizes[: effort.steps]:
        request = request_of(series.containers(size))
        admitted, loaded = _against_loads(request, effort)
        given = sum(verdict.action is Action.ADD for verdict in admit(request).verdicts)
        rows.append((size, admitted, admitted / size, admitted / loaded, given))
    head = (series.unit, "µs", f"µs per {series.unit}", "of orjson.loads", "tokens given")
    return Table(series.title, head, rows)


def _hostile(effort: Effort) -> tuple[Table, list[Figure]]:
    """Return the times of hostile containers of two sizes and beyond the caps, and the worst of them."""
    sizes = [hostile_containers(size) for size in effort.hostile]
    rows = []
    for name in sizes[0]:
        half, whole, beyond = _milliseconds([containers[name] for containers in sizes], effort)
        rows.append((name, half, whole, whole / half, beyond))
    half_head, whole_head, beyond_head = (f"ms at {size:,} B" for size in effort.hostile)
    head = ("hostile container", half_head, whole_head, "ratio", beyond_head)
    worst = max(max(half, whole, beyond) for _, half, whole, _, beyond in rows)
    figures = [
        Figure(
            "hostile container of twice the size: worst ratio", max(row[3] for row in rows), "", "about 2"
        ),
        Figure("hostile container of any size: worst time", worst, "ms", "bounded"),
    ]
    return Table("Hostile containers", head, rows), figures


def _milliseconds(containers: Sequence[Mapping[str, Any]], effort: Effort) -> list[float]:
    """Return the milliseconds of decisions about each of the containers, taken in turns."""
    functions = {
        str(number): functools.partial(admit, request_of([container]))
        for number, container in enumerate(containers)
    }
    return [taken / 1000 for taken in medians(functions, effort).values()]


def _against_loads(request: Request, effort: Effort) -> tuple[float, float]:
    """Return the microseconds of a decision, and of parsing the object that it is about."""
    body = orjson.dumps(request.object)
    collecting = uncollected() if len(body) > LARGE else contextlib.nullcontext()
    with collecting:
        taken = medians({"admit": lambda: admit(request), "loads": lambda: orjson.loads(body)}, effort)
    return taken["admit"], taken["loads"]
