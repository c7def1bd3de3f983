"""The decision alone: the object is parsed already, nothing is written.

The collector is set as in the server, and held back for objects for which the server holds it back.
"""

import contextlib
import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any

import orjson

from benchmarks.effort import Effort
from benchmarks.pods import SERIES, Series, request_of
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import medians
from benchmarks.yardstick import PATH
from webhook.core.admit import admit
from webhook.core.decision import Action, Request, Scope
from webhook.server.body import LARGE
from webhook.server.memory import settle, uncollected
from webhook.server.review import parse_review

_HALF, _WHOLE, _BEYOND = 30_000, 60_000, 1_000_000
"""Bytes of a hostile container: two sizes that are read whole, and one that is over every cap."""


def measure(effort: Effort) -> Report:
    """Time the yardstick, Pods that grow, and hostile ones."""
    settle()
    yardstick = _yardstick(effort)
    tables = [_growth(series, effort) for series in SERIES]
    if importlib.util.find_spec("benchmarks.hostile") is None:
        return Report([yardstick], tables)
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
    for size in series.sizes:
        request = request_of(series.containers(size))
        admitted, loaded = _against_loads(request, effort)
        given = sum(verdict.action is Action.ADD for verdict in admit(request).verdicts)
        rows.append((size, admitted, admitted / size, admitted / loaded, given))
    head = (series.unit, "µs", f"µs per {series.unit}", "of orjson.loads", "tokens given")
    return Table(series.title, head, rows)


def _hostile(effort: Effort) -> tuple[Table, list[Figure]]:
    """Return the times of hostile containers of two sizes and beyond the caps, and the worst of them."""
    hostile_containers = importlib.import_module("benchmarks.hostile").hostile_containers
    sizes = [hostile_containers(size) for size in (_HALF, _WHOLE, _BEYOND)]
    rows = []
    for name in sizes[0]:
        half, whole, beyond = (_milliseconds(containers[name], effort) for containers in sizes)
        rows.append((name, half, whole, whole / half, beyond))
    head = ("hostile container", f"ms at {_HALF:,} B", f"ms at {_WHOLE:,} B", "ratio", f"ms at {_BEYOND:,} B")
    figures = [
        Figure(
            "hostile container of twice the size: worst ratio", max(row[3] for row in rows), "", "about 2"
        ),
        Figure("hostile container of 1 MB: worst time", max(row[4] for row in rows), "ms", "bounded by caps"),
    ]
    return Table("Hostile containers", head, rows), figures


def _milliseconds(container: Mapping[str, Any], effort: Effort) -> float:
    return _against_loads(request_of([container]), effort)[0] / 1000


def _against_loads(request: Request, effort: Effort) -> tuple[float, float]:
    """Return the microseconds of a decision, and of parsing the object that it is about."""
    body = orjson.dumps(request.object)
    collecting = uncollected() if len(body) > LARGE else contextlib.nullcontext()
    with collecting:
        taken = medians({"admit": lambda: admit(request), "loads": lambda: orjson.loads(body)}, effort)
    return taken["admit"], taken["loads"]
