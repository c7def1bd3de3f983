"""Every metric, and how a review becomes numbers.

No label takes its values from a review: names are free text, and each new value is a new series for ever.
What is not in a closed set counts as `other`.
"""

import math
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric

from webhook import __version__
from webhook.core.decision import Operation
from webhook.core.knowledge import Presence
from webhook.server.certificate_metrics import CertificateMetrics
from webhook.server.dropped import Dropped
from webhook.server.known import Doubt
from webhook.server.review import Answered

_MILLISECONDS = (1, 2.5, 5, 10, 25, 100, 500, 1000, 2500, 10_000, 25_000)
BUCKETS: Final = tuple(bound / 1000 for bound in _MILLISECONDS)
"""Seconds: what is normal (1 to 5 ms), what a person notices, and the API server's limits (3, 10, 30 s)."""

KINDS: Final = frozenset(
    {"ClusterServingRuntime", "InferenceService", "LLMInferenceService", "Pod", "ServingRuntime"}
)
"""Kinds that our webhook configurations select."""
OTHER: Final = "other"

_OPERATIONS = frozenset({*(operation.value for operation in Operation), "DELETE", "CONNECT"})


class _Durations:
    """How long reviews of one endpoint and kind took."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.sum = 0.0


class Metrics:
    """All metrics of one server, in a registry of its own.

    What is counted for each review is kept in plain dicts and becomes metrics when somebody asks: everything
    happens in one thread, and prometheus_client's own counters cost 8 µs a review for their locks.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_Reviews(self))
        self.certificates = CertificateMetrics()
        self.registry.register(self.certificates)
        Gauge(
            "hf_token_injector_build_info",
            "Always 1; the label tells the version.",
            ["version"],
            registry=self.registry,
        ).labels(__version__).set(1)
        self.durations: dict[tuple[str, str], _Durations] = {}
        self.reviews: Tally[tuple[str, str, str, str]] = Tally()
        self.containers: Tally[tuple[str, str]] = Tally()
        self.findings: Tally[tuple[str, str]] = Tally()
        self.doubts: Tally[Doubt] = Tally()
        self.presence: Tally[Presence] = Tally()
        self.refusals: Tally[int] = Tally()
        self.drops: Tally[Dropped] = Tally()

    def reviewed(self, answered: Answered) -> None:
        """Count one answered review."""
        endpoint, review, decision, seconds, doubt = answered
        kind = review.kind if review.kind in KINDS else OTHER
        operation = review.operation if review.operation in _OPERATIONS else OTHER
        durations = self.durations.get((endpoint, kind))
        if durations is None:
            durations = self.durations[endpoint, kind] = _Durations()
        durations.counts[bisect_left(BUCKETS, seconds)] += 1
        durations.sum += seconds
        self.reviews[endpoint, kind, operation, decision.outcome] += 1
        if doubt is not None:
            self.doubts[doubt] += 1
        if decision.presence:
            self.presence.update(set(decision.presence.values()))
        for verdict in decision.verdicts:
            self.containers[verdict.reason, verdict.action] += 1
        for finding in decision.findings:
            self.findings[finding.fault.check, finding.action] += 1

    def refused(self, status: int) -> None:
        """Count one HTTP error."""
        self.refusals[status] += 1

    def dropped(self, why: Dropped) -> None:
        """Count one connection that was closed to make room."""
        self.drops[why] += 1

    def exposition(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return prometheus_client.generate_latest(self.registry)


class _Reviews:
    """Turns the tallies into metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Yield each family with what was counted so far."""
        durations = HistogramMetricFamily(
            "hf_token_injector_admission_duration_seconds",
            "Time from a complete request to its answer.",
            labels=["endpoint", "kind"],
        )
        for labels, taken in self._metrics.durations.items():
            below = 0
            buckets = []
            for bound, count in zip((*BUCKETS, math.inf), taken.counts, strict=True):
                below += count
                buckets.append(("+Inf" if bound == math.inf else repr(bound), below))
            durations.add_metric(labels, buckets, taken.sum)
        yield durations
        yield _counter(
            "hf_token_injector_reviews",
            "Reviews that were answered, by how they ended.",
            ["endpoint", "kind", "operation", "outcome"],
            self._metrics.reviews.items(),
        )
        yield _counter(
            "hf_token_injector_containers",
            "Containers that were looked at, by what was decided and why.",
            ["reason", "action"],
            self._metrics.containers.items(),
        )
        yield _counter(
            "hf_token_injector_policy_findings",
            "What checks of the policy found, by what came of it.",
            ["check", "action"],
            self._metrics.findings.items(),
        )
        yield _counter(
            "hf_token_injector_doubted_reviews",
            "Reviews that were decided without fresh knowledge of their Namespace.",
            ["namespace"],
            [((doubt.value,), self._metrics.doubts[doubt]) for doubt in Doubt],
        )
        yield _counter(
            "hf_token_injector_missing_secret_reviews",
            "Reviews whose Secret is absent, or unknown although an absent one is to be skipped or refused.",
            ["secret"],
            [
                ((presence.value,), self._metrics.presence[presence])
                for presence in (Presence.ABSENT, Presence.UNKNOWN)
            ],
        )
        yield _counter(
            "hf_token_injector_http_refused",
            "Requests that were answered with an HTTP error.",
            ["code"],
            [((str(status),), count) for status, count in self._metrics.refusals.items()],
        )
        yield _counter(
            "hf_token_injector_connections_dropped",
            "Connections that were closed because there were too many.",
            ["why"],
            [((why.value,), self._metrics.drops[why]) for why in Dropped],
        )


def _counter(
    name: str, documentation: str, labels: list[str], tally: Iterable[tuple[tuple[str, ...], int]]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, documentation, labels=labels)
    for values, count in tally:
        family.add_metric(values, count)
    return family
