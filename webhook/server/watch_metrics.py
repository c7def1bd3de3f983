"""How well the cluster is known, as metrics. Only shown for what is watched."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from webhook.cluster.causes import Cause

_PREFIX: Final = "hf_token_injector"


class WatchNumbers:
    """The numbers of one watch.

    Attributes:
        known: How many objects the watch has shown.
        failures: What went wrong, by its cause.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.known = 0
        self.failures: Tally[Cause] = Tally()
        self._clock = clock
        self._heard_at = clock()

    def heard(self) -> None:
        """Note that the snapshot is up to date now."""
        self._heard_at = self._clock()

    @property
    def age(self) -> float:
        """Seconds since then."""
        return self._clock() - self._heard_at


class WatchMetrics:
    """The metrics of all watches of one kind of object."""

    def __init__(self, plural: str, numbers: Mapping[str, WatchNumbers], label: str = "") -> None:
        """Prepare.

        Args:
            plural: What is watched, as the metrics' names have it.
            numbers: Value of the label to the numbers of its watch.
            label: What tells one watch from the others; empty where there is one.
        """
        self._prefix = f"{_PREFIX}_{plural}"
        self._numbers = numbers
        self._labels = [label] if label else []

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        age = GaugeMetricFamily(
            f"{self._prefix}_age_seconds",
            "Seconds since the watch last showed that it is alive; before the first list, since the start.",
            labels=self._labels,
        )
        known = GaugeMetricFamily(
            f"{self._prefix}_known", "Objects that the watch has shown.", labels=self._labels
        )
        failures = CounterMetricFamily(
            f"{self._prefix}_sync_failures",
            "What did not go well while objects were followed, by its cause.",
            labels=[*self._labels, "cause"],
        )
        for name, numbers in self._numbers.items():
            labels = [name] if self._labels else []
            age.add_metric(labels, numbers.age)
            known.add_metric(labels, numbers.known)
            for cause in Cause:
                failures.add_metric([*labels, cause], numbers.failures[cause])
        yield age
        yield known
        yield failures
