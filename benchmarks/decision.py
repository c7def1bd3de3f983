"""The decision alone: the object is parsed already, nothing is written.

The collector is set as in the server, which also holds it back for large reviews.
"""

import contextlib
import functools
from collections.abc import Callable
from copy import deepcopy
from itertools import count

import orjson

from benchmarks.effort import Effort
from benchmarks.hostile import hostile_containers
from benchmarks.pods import SERIES, Series, request_of
from benchmarks.report import Figure, Report, Table
from benchmarks.timing import medians
from benchmarks.yardstick import PATH
from webhook.core.admit import admit
from webhook.core.decision import Action, Decision, Request, Scope
from webhook.core.validate import validate
from webhook.server.body import LARGE
from webhook.server.memory import settle, uncollected
from webhook.server.review import parse_review

_NUMBERS = count()


def measure(effort: Effort) -> Report:
    """Time the yardstick, Pods that grow, and hostile ones."""
    settle()
    yardstick = _yardstick(effort)
    tables = [_growth(series, effort) for series in SERIES]
    hostile, worst = _hostile(effort)
    return Report([*yardstick, *worst], [*tables, hostile])


def _yardstick(effort: Effort) -> list[Figure]:
    body = PATH.read_bytes()
    request = parse_review(body, Scope.KSERVE).request
    assert request is not None
    functions: dict[str, Callable[[], object]] = {
        "again": functools.partial(admit, deepcopy(request)),
        "anew": _anew(request),
        "judged": functools.partial(validate, deepcopy(request)),
        "loads": functools.partial(orjson.loads, body),
    }
    again, first, judged, loaded = medians(functions, effort).values()
    what, against = "decision about the yardstick, containers", "orjson.loads of the review"
    return [
        Figure(f"{what} seen before, as in replicas", again, "µs", "≤ 30 µs", loaded, against),
        Figure(f"{what} never seen", first, "µs", "", loaded, against),
        Figure(
            "policy about the yardstick, the checks that are on by default", judged, "µs", "", loaded, against
        ),
    ]


def _growth(series: Series, effort: Effort) -> Table:
    rows = []
    for size in series.sizes[: effort.steps]:
        request = request_of(series.containers(size))
        body = orjson.dumps(request.object)
        loads = functools.partial(orjson.loads, body)
        functions: dict[str, Callable[[], object]] = {"anew": _anew(request), "loads": loads}
        with uncollected() if len(body) > LARGE else contextlib.nullcontext():
            taken, loaded = medians(functions, effort).values()
        given = sum(verdict.action is Action.ADD for verdict in admit(request).verdicts)
        rows.append((size, taken, taken / size, taken / loaded, given))
    head = (series.unit, "µs", f"µs per {series.unit}", "of orjson.loads", "tokens given")
    return Table(series.title, head, rows)


def _hostile(effort: Effort) -> tuple[Table, list[Figure]]:
    """Return the times of hostile containers of two sizes and beyond the caps, and the worst of them."""
    sizes = [hostile_containers(size) for size in effort.hostile]
    rows = []
    for name in sizes[0]:
        decisions = {str(number): _anew(request_of([held[name]])) for number, held in enumerate(sizes)}
        half, whole, beyond = (taken / 1000 for taken in medians(decisions, effort).values())
        rows.append((name, half, whole, whole / half, beyond))
    half_head, whole_head, beyond_head = (f"ms at {size:,} B" for size in effort.hostile)
    head = ("hostile container", half_head, whole_head, "ratio", beyond_head)
    worst = max(max(half, whole, beyond) for _, half, whole, _, beyond in rows)
    figures = [
        Figure("hostile container, twice the size: worst ratio", max(row[3] for row in rows), "", "about 2"),
        Figure("hostile container, any size: worst time", worst, "ms", "bounded"),
    ]
    return Table("Hostile containers", head, rows), figures


def _anew(request: Request) -> Callable[[], Decision]:
    """Return a decision about a Pod whose containers were never seen: the core remembers what it read of one.

    Their images get another tag before each decision, which takes a fraction of a microsecond.
    """
    spec = request.object["spec"]
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    images = [container.get("image", "image") for container in containers]

    def decide() -> Decision:
        number = next(_NUMBERS)
        for container, image in zip(containers, images, strict=True):
            container["image"] = f"{image}-{number}"
        return admit(request)

    return decide
