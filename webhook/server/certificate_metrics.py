"""What is known of the served certificate, as metrics, in every mode."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric


class CertificateMetrics:
    """The numbers of what is served."""

    def __init__(self) -> None:
        self.leaf_expires: datetime | None = None
        self.reload_failures = 0

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        yield moment(
            "hf_token_injector_certificate_expiry_timestamp_seconds",
            "When the certificate that is served expires, in seconds since 1970.",
            self.leaf_expires,
        )
        yield CounterMetricFamily(
            "hf_token_injector_certificate_reload_failures",
            "New certificates that could not be used; the old one is still served.",
            value=self.reload_failures,
        )


def moment(name: str, documentation: str, at: datetime | None) -> GaugeMetricFamily:
    """Return a time as a metric.

    A time that is not known yet has no sample, so that no alert on an expiry fires because nothing was read.
    """
    return GaugeMetricFamily(name, documentation, value=None if at is None else at.timestamp())
