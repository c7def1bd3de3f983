"""Every metric, and how a review becomes numbers.

No label takes its values from a review: names are free text, and each new value is a new series for ever.
What is not in a closed set counts as `other`.
"""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from webhook import __version__
from webhook.core.decision import Decision, Operation
from webhook.server.review import Review

_MILLISECONDS = (1, 2.5, 5, 10, 25, 100, 500, 1000, 2500, 10_000, 25_000)
BUCKETS: Final = tuple(bound / 1000 for bound in _MILLISECONDS)
"""Seconds: what is normal (1 to 5 ms), what a person notices, and the API server's limits (3, 10, 30 s)."""

KINDS: Final = frozenset({"InferenceService", "LLMInferenceService", "Pod"})
"""Kinds that our webhook configurations select."""
OTHER: Final = "other"

_OPERATIONS = frozenset({*(operation.value for operation in Operation), "DELETE", "CONNECT"})


class Metrics:
    """All metrics of one server, in a registry of its own.

    A child of a labelled metric is looked up once and then kept: `labels()` costs more than the counting.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._durations = Histogram(
            "hf_token_injector_admission_duration_seconds",
            "Time from a complete request to its answer.",
            ["endpoint", "kind"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._reviews = Counter(
            "hf_token_injector_reviews_total",
            "Reviews that were answered, by how they ended.",
            ["kind", "operation", "outcome"],
            registry=self.registry,
        )
        self._containers = Counter(
            "hf_token_injector_containers_total",
            "Containers that were looked at, by what was decided and why.",
            ["reason", "action"],
            registry=self.registry,
        )
        self._refused = Counter(
            "hf_token_injector_http_refused_total",
            "Requests that were answered with an HTTP error.",
            ["code"],
            registry=self.registry,
        )
        self.certificate_expiry = Gauge(
            "hf_token_injector_certificate_expiry_timestamp_seconds",
            "When the certificate that is served expires, in seconds since 1970.",
            registry=self.registry,
        )
        self.certificate_reload_failures = Counter(
            "hf_token_injector_certificate_reload_failures_total",
            "New certificates that could not be used; the old one is still served.",
            registry=self.registry,
        )
        Gauge(
            "hf_token_injector_build_info",
            "Always 1; the label tells the version.",
            ["version"],
            registry=self.registry,
        ).labels(__version__).set(1)
        self._duration_children: dict[tuple[str, str], Histogram] = {}
        self._review_children: dict[tuple[str, str, str], Counter] = {}
        self._container_children: dict[tuple[str, str], Counter] = {}

    def reviewed(self, endpoint: str, review: Review, decision: Decision, seconds: float) -> None:
        """Count one answered review; `endpoint` is one of our paths."""
        kind = review.kind if review.kind in KINDS else OTHER
        operation = review.operation if review.operation in _OPERATIONS else OTHER

        timed = (endpoint, kind)
        duration = self._duration_children.get(timed)
        if duration is None:
            duration = self._duration_children[timed] = self._durations.labels(*timed)
        duration.observe(seconds)

        ended = (kind, operation, decision.outcome)
        outcome = self._review_children.get(ended)
        if outcome is None:
            outcome = self._review_children[ended] = self._reviews.labels(*ended)
        outcome.inc()

        for verdict in decision.verdicts:
            decided = (verdict.reason, verdict.action)
            container = self._container_children.get(decided)
            if container is None:
                container = self._container_children[decided] = self._containers.labels(*decided)
            container.inc()

    def refused(self, status: int) -> None:
        """Count one HTTP error."""
        self._refused.labels(str(status)).inc()
