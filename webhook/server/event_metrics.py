"""What became of what was told by Events, as metrics. Only shown where Events are on."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

_PREFIX: Final = "hf_token_injector_events"


class Result(StrEnum):
    """What became of one thing that was told of one object: a closed set, for the metric's label."""

    SENT = "sent"
    """An Event was created or its count written."""

    AGGREGATED = "aggregated"
    """It went along in the count of one that was sent."""

    ABSENT = "absent"
    """The object did not exist after all, or its namespace is being deleted."""

    FAILED = "failed"
    """The API server refused it."""

    DROPPED = "dropped"
    """There was no room for it, no answer for long, or no time before the end."""


class EventMetrics:
    """The numbers of one replica.

    Attributes:
        results: What became of how many.
    """

    def __init__(self, queued: Callable[[], int]) -> None:
        """Prepare.

        Args:
            queued: Tells how many wait.
        """
        self.results: Tally[Result] = Tally()
        self._queued = queued

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        results = CounterMetricFamily(
            _PREFIX, "What became of what was told by Events, for each object.", labels=["result"]
        )
        for result in Result:
            results.add_metric([result], self.results[result])
        yield results
        yield GaugeMetricFamily(
            f"{_PREFIX}_queued", "What was told and is not written yet.", value=self._queued()
        )
