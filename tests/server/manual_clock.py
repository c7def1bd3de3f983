"""A clock that goes only when a test says so."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """Both clocks of a replica; it starts now, so that certificates are valid for real clients."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the time."""
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Return the seconds since it was made."""
        return self._passed

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds
