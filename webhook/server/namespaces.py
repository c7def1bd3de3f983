"""Namespaces as the API server shows them: the snapshot, how fresh it is, and who waits for one.

Everything here happens in the event loop, between two reviews. A review never asks the API server; the most
it does is to wait a moment for a Namespace that came in the same `kubectl apply`.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from webhook.cluster.causes import Cause, Failure
from webhook.core.knowledge import Knowledge, Namespace
from webhook.server.known import Known
from webhook.server.logs import describe_exception
from webhook.server.namespace_metrics import NamespaceMetrics
from webhook.server.signs import Signs

_CONDITION: Final = "namespaces"
"""What readiness calls it."""
_AFTER_A_BUG: Final = 30.0


class Patience(NamedTuple):
    """Seconds.

    Attributes:
        first_sync: How long a replica that starts waits for the first list before it serves without.
        arrival: How long a review waits for a Namespace that is not known yet. The API server gives us 3 s,
            and a request can pay them three times.
        fresh: How long nothing may be heard before the snapshot counts as stale: longer than a watch that is
            dead takes to be noticed (150 s).
    """

    first_sync: float = 10
    arrival: float = 0.25
    fresh: float = 180


class Watch(NamedTuple):
    """How Namespaces are followed.

    Attributes:
        follow: Tells its argument of them until it is cancelled.
        patience: How long is waited for what.
        clock: Seconds that never jump.
    """

    follow: Callable[["KnownNamespaces"], Coroutine[None, None, None]]
    patience: Patience = Patience()
    clock: Callable[[], float] = time.monotonic


class KnownNamespaces(Known):
    """A snapshot that follows the cluster: the `Listener` of `webhook.cluster.namespaces`.

    A Namespace that the watch has shown is as it was shown. What the settings say of one holds only for as
    long as the watch does not show it.
    """

    watched = True

    def __init__(self, settings: Knowledge, watch: Watch, signs: Signs) -> None:
        """Prepare; nothing is asked yet. Readiness waits from now on."""
        super().__init__(settings)
        self.stale = True
        self._settings = settings
        self._watch = watch
        self._readiness, metrics, self._logger = signs
        self._metrics = NamespaceMetrics(watch.clock)
        metrics.registry.register(self._metrics)
        self._shown: dict[str, Namespace] = {}
        self._synced = False
        self._told: Cause | None = None
        self._awaited: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()
        self._timer: asyncio.TimerHandle | None = None
        self._readiness.wait_for(_CONDITION, "it has not seen the Namespaces yet")

    @property
    def awaited(self) -> int:
        """How many Namespaces reviews wait for."""
        return len(self._awaited)

    async def arrival(self, namespace: str) -> None:
        """Wait a moment until the watch shows a Namespace; not at all where the watch does not work."""
        if self.stale or not namespace or namespace in self.knowledge.namespaces:
            return
        # Forgotten as soon as nobody waits any more.
        event = self._awaited.setdefault(namespace, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._watch.patience.arrival):
                await event.wait()

    async def keep(self) -> None:
        """Follow the Namespaces until cancelled."""
        self._again_after(self._watch.patience.first_sync, self._give_up)
        try:
            while True:
                try:
                    await self._watch.follow(self)
                except Exception as error:  # noqa: BLE001 - a bug must not end what keeps the snapshot fresh
                    self._metrics.failures[Cause.INTERNAL] += 1
                    self._logger.critical("following namespaces failed", **describe_exception(error))
                await asyncio.sleep(_AFTER_A_BUG)
        finally:
            self._stop_timer()

    def listed(self, namespaces: Mapping[str, Namespace]) -> None:
        """Replace everything."""
        self._shown = dict(namespaces)
        self._publish()
        if not self._synced:
            self._synced = True
            self._logger.info("namespaces are known", count=len(self._shown))
            self._readiness.met(_CONDITION)
        for name, event in list(self._awaited.items()):
            if name in self._shown:
                event.set()
        self._heard()

    def changed(self, name: str, namespace: Namespace | None) -> None:
        """Replace one; what is not ours to know of it changes nothing here."""
        if namespace is None:
            self._shown.pop(name, None)
        elif self._shown.get(name) == namespace:
            return
        else:
            self._shown[name] = namespace
        self._publish()
        if (event := self._awaited.get(name)) is not None:
            event.set()

    def alive(self) -> None:
        """Know that the snapshot is up to date."""
        if self._told is not None:
            self._told = None
            self._logger.info("namespaces are followed again")
        self._heard()

    def failed(self, failure: Failure) -> None:
        """Count what went wrong, and tell it once where it lasts."""
        cause, why, in_a_row = failure
        self._metrics.failures[cause] += 1
        if self._synced and in_a_row == 1 and cause is not Cause.FORBIDDEN:
            self._logger.info("namespace watch broke off", cause=cause, why=why)
        elif cause is not self._told:
            self._told = cause
            self._logger.warning("namespaces cannot be followed", cause=cause, why=why)

    def _publish(self) -> None:
        namespaces = {**self._settings.namespaces, **self._shown}
        self.knowledge = replace(self._settings, namespaces=namespaces)
        self._metrics.known = len(self._shown)

    def _heard(self) -> None:
        self._metrics.heard()
        self.stale = False
        self._again_after(self._watch.patience.fresh, self._go_stale)

    def _go_stale(self) -> None:
        self.stale = True
        self._logger.warning("namespaces are stale", seconds=self._watch.patience.fresh)

    def _give_up(self) -> None:
        """Serve with what the settings say: without an API server no replica would ever be ready."""
        self._logger.warning("serving without namespaces", seconds=self._watch.patience.first_sync)
        self._readiness.met(_CONDITION)

    def _again_after(self, seconds: float, what: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, what)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
