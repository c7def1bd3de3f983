"""How the rotation goes, as metrics: one for each thing that can go wrong. Only shown where it runs."""

from collections import Counter as Tally
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from certs.outcome import Cause, Outcome, Stage
from webhook.server.certificate_metrics import moment

INTERNAL: Final = "Internal"
"""The cause of a mistake of ours."""

_PREFIX = "hf_token_injector_certificate"
_BLIND: Final = frozenset({Cause.FORBIDDEN, Cause.NOT_FOUND, Cause.REFUSED, Cause.UNAVAILABLE})
"""Causes with which a look does not count as successful. A conflict is another replica that was faster."""


class RotationMetrics:
    """The numbers of one replica's steps."""

    def __init__(self) -> None:
        self._authority_expires: datetime | None = None
        self._checked_at: datetime | None = None
        self._outcome: Outcome | None = None
        self._failures: Tally[str] = Tally()

    def checked(self, outcome: Outcome, *, authority_expires: datetime | None, now: datetime) -> None:
        """Take over what one step saw.

        Args:
            outcome: Of the step.
            authority_expires: When the CA of the served leaf does.
            now: The time, with a zone.
        """
        self._outcome = outcome
        self._authority_expires = authority_expires or self._authority_expires
        self._failures.update(trouble.cause for trouble in outcome.troubles)
        if not _BLIND & {trouble.cause for trouble in outcome.troubles}:
            self._checked_at = now

    def broke(self) -> None:
        """Count a step that ended in a mistake of ours."""
        self._failures[INTERNAL] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield each family."""
        yield moment(
            f"{_PREFIX}_ca_expiry_timestamp_seconds",
            "When the CA of the certificate that is served expires, in seconds since 1970.",
            self._authority_expires,
        )
        yield moment(
            f"{_PREFIX}_last_check_timestamp_seconds",
            "When Secret and configurations were last looked at with success, in seconds since 1970.",
            self._checked_at,
        )
        failures = CounterMetricFamily(
            f"{_PREFIX}_renewal_failures",
            "What did not go well while certificates were looked after, by its cause.",
            labels=["cause"],
        )
        for cause in (*Cause, INTERNAL):
            failures.add_metric([cause], self._failures[cause])
        yield failures
        yield from self._place()

    def _place(self) -> Iterator[Metric]:
        mismatch = GaugeMetricFamily(
            f"{_PREFIX}_bundle_mismatch",
            "Entries of webhook configurations whose caBundle does not verify the served certificate.",
        )
        stages = GaugeMetricFamily(
            f"{_PREFIX}_rotation_stage", "1 for the stage that the rotation is in.", labels=["stage"]
        )
        if self._outcome is not None:
            mismatch.add_metric([], len(self._outcome.untrusted))
            for stage in Stage:
                stages.add_metric([stage], stage == self._outcome.stage)
        yield mismatch
        yield stages
