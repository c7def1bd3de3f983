"""Objects as the API server shows them: the snapshot, how fresh it is, and who waits for one.

Everything here happens in the event loop, between two reviews. A review never asks the API server; the most
it does is to wait a moment for an object that came in the same `kubectl apply`.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Final, Generic, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from structlog.typing import FilteringBoundLogger

from webhook.cluster.causes import Cause, Failure
from webhook.server.logs import describe_exception
from webhook.server.readiness import Readiness
from webhook.server.watch_metrics import WatchNumbers

Item = TypeVar("Item")

_AFTER_A_BUG: Final = 30.0


class Patience(NamedTuple):
    """Seconds.

    Attributes:
        first_sync: How long a replica that starts waits for the first list before it serves without.
        arrival: How long a review waits for an object that is not known yet. The API server gives us 3 s,
            and a request can pay them three times.
        fresh: How long nothing may be heard before the snapshot counts as stale: longer than a watch that is
            dead takes to be noticed (150 s).
    """

    first_sync: float = 10
    arrival: float = 0.25
    fresh: float = 180


class Subject(NamedTuple):
    """What is followed, for readiness.

    Attributes:
        condition: What readiness calls it.
        waiting: The sentence of a replica that is not ready yet.
    """

    condition: str
    waiting: str


class Followed(Generic[Item]):
    """A snapshot that follows the cluster: a `Listener` of `webhook.cluster.following`.

    Attributes:
        shown: What the watch has shown, by its key.
        stale: Whether it may have been overtaken.
        synced: Whether there was a list.
        numbers: For metrics.
    """

    def __init__(
        self,
        subject: Subject,
        patience: Patience,
        *,
        readiness: Readiness,
        logger: FilteringBoundLogger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; nothing is asked yet. Readiness waits from now on."""
        self.shown: dict[str, Item] = {}
        self.stale = True
        self.synced = False
        self.numbers = WatchNumbers(clock)
        self.published: Callable[[], None] = lambda: None
        """Called when something is another one, or became stale, or fresh."""
        self._subject = subject
        self._patience = patience
        self._readiness = readiness
        self._logger = logger
        self._told: Cause | None = None
        self._awaited: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()
        self._timer: asyncio.TimerHandle | None = None
        readiness.wait_for(subject.condition, subject.waiting)

    @property
    def awaited(self) -> int:
        """How many objects reviews wait for."""
        return len(self._awaited)

    async def arrival(self, key: str) -> bool:
        """Wait a moment until the watch shows an object; return whether it does.

        Not at all where the watch does not work.
        """
        if self.stale or key in self.shown:
            return key in self.shown
        # Forgotten as soon as nobody waits any more.
        event = self._awaited.setdefault(key, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience.arrival):
                await event.wait()
        return key in self.shown

    async def keep(self, follow: "Follow[Item]") -> None:
        """Follow until cancelled.

        Args:
            follow: Tells its argument of what there is, until it is cancelled.
        """
        self._again_after(self._patience.first_sync, self._give_up)
        try:
            while True:
                try:
                    await follow(self)
                except Exception as error:  # noqa: BLE001 - a bug must not end what keeps the snapshot fresh
                    self.numbers.failures[Cause.INTERNAL] += 1
                    self._logger.critical("following the cluster failed", **describe_exception(error))
                await asyncio.sleep(_AFTER_A_BUG)
        finally:
            self._stop_timer()

    def listed(self, items: Mapping[str, Item]) -> None:
        """Replace everything."""
        self.shown = dict(items)
        self._changed()
        if not self.synced:
            self.synced = True
            self._logger.info("the cluster is known", count=len(self.shown))
            self._readiness.met(self._subject.condition)
        for key, event in list(self._awaited.items()):
            if key in self.shown:
                event.set()
        self._heard()

    def changed(self, key: str, item: Item | None) -> None:
        """Replace one; what is not ours to know of it changes nothing here."""
        if item is None:
            self.shown.pop(key, None)
        elif self.shown.get(key) == item:
            return
        else:
            self.shown[key] = item
        self._changed()
        if (event := self._awaited.get(key)) is not None:
            event.set()

    def alive(self) -> None:
        """Know that the snapshot is up to date."""
        if self._told is not None:
            self._told = None
            self._logger.info("the cluster is followed again")
        self._heard()

    def failed(self, failure: Failure) -> None:
        """Count what went wrong, and tell it once where it lasts."""
        cause, why, in_a_row = failure
        self.numbers.failures[cause] += 1
        if self.synced and in_a_row == 1 and cause is not Cause.FORBIDDEN:
            self._logger.info("a watch broke off", cause=cause, why=why)
        elif cause is not self._told:
            self._told = cause
            self._logger.warning("the cluster cannot be followed", cause=cause, why=why)

    def _changed(self) -> None:
        self.numbers.known = len(self.shown)
        self.published()

    def _heard(self) -> None:
        self.numbers.heard()
        if self.stale:
            self.stale = False
            self.published()
        self._again_after(self._patience.fresh, self._go_stale)

    def _go_stale(self) -> None:
        self.stale = True
        self.published()
        self._logger.warning("what is known is stale", seconds=self._patience.fresh)

    def _give_up(self) -> None:
        """Serve without: with no API server, no replica would ever be ready."""
        self._logger.warning("serving without knowing the cluster", seconds=self._patience.first_sync)
        self._readiness.met(self._subject.condition)

    def _again_after(self, seconds: float, what: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, what)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


Follow = Callable[[Followed[Item]], Coroutine[None, None, None]]
"""Tells its argument of all objects that there are, until it is cancelled."""
