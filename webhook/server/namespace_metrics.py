"""How well Namespaces are known, as metrics. Only shown where they are watched."""

from collections import Counter as Tally
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from webhook.cluster.causes import Cause

_PREFIX: Final = "hf_token_injector_namespaces"


class NamespaceMetrics:
    """The numbers of one replica's watch.

    Attributes:
        known: How many Namespaces the watch has shown.
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

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        yield GaugeMetricFamily(
            f"{_PREFIX}_age_seconds",
            "Seconds since the watch last showed that it is alive; before the first list, since the start.",
            value=self._clock() - self._heard_at,
        )
        yield GaugeMetricFamily(f"{_PREFIX}_known", "Namespaces that the watch has shown.", value=self.known)
        failures = CounterMetricFamily(
            f"{_PREFIX}_sync_failures",
            "What did not go well while Namespaces were followed, by its cause.",
            labels=["cause"],
        )
        for cause in Cause:
            failures.add_metric([cause], self.failures[cause])
        yield failures
