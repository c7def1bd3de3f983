"""What one replica remembers between two steps. All of it is lost when it dies, which harms nobody."""

from collections import defaultdict, deque
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle
from certs.lifetimes import LOOK_GAP, SEEN_AFTER
from certs.published import Published

FIGHT_WINDOW: Final = 600.0
"""Seconds over which writes are counted. Argo CD reconciles every 180 s by default, cainjector at once."""

SAME_WRITES: Final = 4
"""Times that the same value is written in a window: whoever undoes it three times will do so again."""

ALL_WRITES: Final = 20
"""Times that anything is written to one place in a window; several rotations by hand fit in."""


class Served(NamedTuple):
    """The leaf that this replica gives to clients.

    Attributes:
        pair: The leaf and its key.
        leaf: The leaf.
        issuer: Its CA.
        established: Whether it was once trusted by every entry for long enough, so that clients may rely on
        it.
    """

    pair: Pair
    leaf: x509.Certificate
    issuer: x509.Certificate
    established: bool = False

    def good(self, published: Published, now: datetime) -> bool:
        """Tell whether there is something to lose: it is unexpired, and some entry trusts it."""
        unexpired = self.leaf.not_valid_after_utc > now
        return unexpired and (not published.known or published.trusted_somewhere(self.issuer))


class Watch:
    """Since when this replica has seen each CA in every entry, by its own monotonic clock.

    Wall clocks of two replicas are never compared. A longer silence than `LOOK_GAP` starts everything anew.
    """

    def __init__(self) -> None:
        self._since: dict[x509.Certificate, float] = {}
        self._last = float("-inf")

    def observe(self, published: Published, trusted: Bundle, at: float) -> None:
        """Take note of what is published.

        Args:
            published: As read, or as it is after one's own patch.
            trusted: What counts as held where there are no entries.
            at: Monotonic seconds, read after `published` was.
        """
        if not published.known:
            return
        if at - self._last > LOOK_GAP.total_seconds():
            self._since = {}
        self._last = at
        held = bundle.merge(*(slot.bundle for slot in published.slots), () if published.slots else trusted)
        self._since = {
            certificate: self._since.get(certificate, at)
            for certificate in held
            if not published.distrusting(certificate)
        }

    def seen(self, at: float) -> Bundle:
        """Return the CAs that have been in every entry for long enough."""
        return tuple(certificate for certificate in self._since if self.remaining(certificate, at) <= 0)

    def remaining(self, certificate: x509.Certificate, at: float) -> float:
        """Return the seconds that a CA has still to be waited for."""
        return SEEN_AFTER.total_seconds() - (at - self._since.get(certificate, at))


class Limiter:
    """Bounds writes to one place, so that two controllers do not undo each other's work for ever."""

    def __init__(self) -> None:
        self._written: defaultdict[str, deque[tuple[float, bytes | None]]] = defaultdict(deque)

    def allows(self, place: str, value: bytes | None, at: float) -> bool:
        """Tell whether a value may be written to a place at some monotonic second.

        Without a value, only the number of writes counts: new keys are never the same.
        """
        written = self._written[place]
        while written and at - written[0][0] > FIGHT_WINDOW:
            written.popleft()
        same = sum(value == earlier for _, earlier in written) if value is not None else 0
        return same < SAME_WRITES and len(written) < ALL_WRITES

    def note(self, place: str, value: bytes | None, at: float) -> None:
        """Count a write that happened, or may have happened."""
        self._written[place].append((at, value))
