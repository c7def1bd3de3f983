"""Times functions against each other."""

import time
from collections.abc import Callable, Mapping
from statistics import median

from benchmarks.effort import Effort

_LONGEST = 0.4
"""Seconds for one function, so that slow ones get fewer batches, but at least five."""


def medians(functions: Mapping[str, Callable[[], object]], effort: Effort) -> dict[str, float]:
    """Return the microseconds of a call of each function: the median over batches.

    The functions take turns batch by batch: what slows the machine down for a while slows all of them.
    """
    calls: dict[str, int] = {}
    batches = effort.batches
    for name, function in functions.items():
        seconds = max(_seconds(function, 1), 1e-7)
        calls[name] = max(1, int(effort.batch_seconds / seconds))
        batches = min(batches, max(5, int(_LONGEST / (seconds * calls[name]))))
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(batches):
        for name, function in functions.items():
            taken[name].append(_seconds(function, calls[name]) / calls[name] * 1e6)
    return {name: median(values) for name, values in taken.items()}


def _seconds(function: Callable[[], object], calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        function()
    return time.perf_counter() - started
