"""Tells of decisions by Events: off the request path, gathered, at a pace, and never for ever.

What a review pays is one append to a bounded queue. One task makes sentences of it, another one writes them.
Where the API server is away, they wait; where it refuses, they are counted and forgotten.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple

from webhook.cluster.client import NoAnswerError, StatusError
from webhook.cluster.events import AbsentError, EventStore
from webhook.core.decision import Decision
from webhook.core.events import Involved, involved, speaks, told
from webhook.server.event_book import LIMITS, Book, Limits, Series
from webhook.server.event_metrics import EventMetrics, Result
from webhook.server.logs import describe_exception
from webhook.server.review import Answered
from webhook.server.signs import Signs

_AT_ONCE: Final = 10
"""Kinds of sentences that are made in one go: about 0.2 ms."""

_TEMPORARY: Final = frozenset({401, 408, 429})
"""Statuses below 500 with which it is tried again: a token that is renewed, and an API server in distress."""


class Pace(NamedTuple):
    """Seconds.

    Attributes:
        batch: How long reviews wait for their sentences: waking up for each costs more than the sentences do.
        first_pause, longest_pause: Between two tries where the API server is away; the pause doubles.
        after_a_bug: Until it goes on after a mistake of ours.
        end: How long the last writes may take after the last answer.
    """

    batch: float = 0.1
    first_pause: float = 1
    longest_pause: float = 30
    after_a_bug: float = 30
    end: float = 1


class Sending(NamedTuple):
    """How Events are sent.

    Attributes:
        store: What writes them, while its context lasts.
        limits: How much is written how often.
        pace: How long is waited for what.
        queue: How many reviews may wait for their sentences.
        clock: Seconds that never jump.
    """

    store: Callable[[], AbstractAsyncContextManager[EventStore]]
    limits: Limits = LIMITS
    pace: Pace = Pace()
    queue: int = 1000
    clock: Callable[[], float] = time.monotonic


class _Decided(NamedTuple):
    """A decision that waits for its sentences: what it is about, and when it was made."""

    about: tuple[Involved, ...]
    decision: Decision
    at: datetime

    @property
    def words(self) -> Hashable:
        """All that its sentences are made of; the Pods of a controller come in crowds and say the same."""
        decision = self.decision
        return (
            self.about,
            decision.outcome,
            decision.denial,
            bool(decision.audited),
            tuple(decision.verdicts),
            tuple(decision.warnings),
            tuple(decision.findings),
            tuple(decision.presence.items()),
        )


class Events:
    """Tells of decisions."""

    def __init__(self, sending: Sending, signs: Signs) -> None:
        """Prepare; nothing is sent yet."""
        self._sending = sending
        _, metrics, self._logger = signs
        self._queue: deque[_Decided] = deque()
        self._book = Book(sending.limits, sending.clock)
        self._metrics = EventMetrics(lambda: self._left)
        metrics.registry.register(self._metrics)
        self._in_hand = 0
        self._told = asyncio.Event()
        self._changed = asyncio.Event()
        self._ending = False
        self._ended = asyncio.Event()
        self._failing = ""

    def reviewed(self, answered: Answered) -> None:
        """Take over what a decision has to tell; a dry run has no side effect."""
        review, decision = answered.review, answered.decision
        if review.dry_run or review.request is None or not speaks(decision):
            return
        about = involved(review.request)
        if not about:
            return
        if len(self._queue) >= self._sending.queue:
            self._metrics.results[Result.DROPPED] += len(about)
            return
        self._queue.append(_Decided(about, decision, datetime.now(UTC)))
        self._told.set()

    @property
    def _left(self) -> int:
        """How many wait, for their sentences or to be written."""
        return len(self._queue) + self._in_hand + self._book.unwritten

    async def keep(self) -> None:
        """Send until cancelled, or until `end` was called and nothing is left."""
        while True:
            try:
                async with asyncio.TaskGroup() as tasks:
                    gathering = tasks.create_task(self._gather())
                    await self._send()
                    gathering.cancel()
            except Exception as error:  # noqa: BLE001 - a bug must not end what tells of decisions
                self._logger.critical("sending events failed", **describe_exception(error))
                self._metrics.results[Result.DROPPED] += self._in_hand
                self._in_hand = 0
                self._told.set()
                await asyncio.sleep(self._sending.pace.after_a_bug)
            else:
                self._ended.set()
                return

    def hurry(self) -> None:
        """Send what waits for its like at once: the replica is going."""
        self._book.hurry()
        self._changed.set()

    async def end(self) -> None:
        """Send what is left, for a moment; the rest is dropped and counted."""
        self._ending = True
        self._changed.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._sending.pace.end):
                await self._ended.wait()
        if left := self._left:
            self._metrics.results[Result.DROPPED] += left
            self._logger.warning("events dropped", count=left)

    async def _gather(self) -> None:
        """Make sentences of what was decided."""
        while True:
            await self._told.wait()
            self._told.clear()
            await asyncio.sleep(self._sending.pace.batch)
            alike: dict[Hashable, list[_Decided]] = {}
            for one in self._queue:
                alike.setdefault(one.words, []).append(one)
            self._in_hand = len(self._queue)
            self._queue.clear()
            for number, crowd in enumerate(alike.values(), start=1):
                self._take(crowd[-1], len(crowd))
                self._in_hand -= len(crowd)
                if number % _AT_ONCE == 0:
                    # Reviews that came meanwhile are answered first.
                    await asyncio.sleep(0)
            self._changed.set()

    def _take(self, one: _Decided, number: int) -> None:
        for said in told(one.decision, one.about[0].namespace):
            for about in one.about:
                if not self._book.tell(about, said, one.at, number):
                    self._metrics.results[Result.DROPPED] += number

    async def _send(self) -> None:
        """Write what is due, again and again."""
        failures = 0
        async with self._sending.store() as store:
            while self._left or not self._ending:
                series = self._book.due()
                if series is None:
                    await self._wait(self._book.delay())
                elif await self._write(store, series):
                    failures = 0
                else:
                    failures += 1
                    pace = self._sending.pace
                    pause = min(pace.first_pause * 2.0 ** min(failures - 1, 16), pace.longest_pause)
                    await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret

    async def _wait(self, seconds: float | None) -> None:
        """Wait until something is due, or something was told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()

    async def _write(self, store: EventStore, series: Series) -> bool:
        """Write one; return whether the API server is there."""
        times = series.times
        results = self._metrics.results
        try:
            stored = await store.write(series.about, series.said, times, series.stored)
        except AbsentError:
            results[Result.ABSENT] += times.number
            self._book.lost(series, times.number)
        except NoAnswerError as error:
            status = error.status if isinstance(error, StatusError) else 0
            if status and status < 500 and status not in _TEMPORARY:  # noqa: PLR2004
                results[Result.FAILED] += times.number
                self._book.lost(series, times.number)
                self._tell_once(f"{status}", error)
                return True
            results[Result.DROPPED] += self._book.again(series)
            self._tell_once("away", error)
            return False
        except Exception:
            results[Result.FAILED] += times.number
            self._book.lost(series, times.number)
            raise
        else:
            results[Result.SENT] += 1
            results[Result.AGGREGATED] += times.number - 1
            self._book.written(series, times.number, stored)
            self._failing = ""
        return True

    def _tell_once(self, what: str, error: Exception) -> None:
        """Log what goes wrong, once as long as it stays the same."""
        if what != self._failing:
            self._failing = what
            self._logger.warning("events cannot be sent", why=str(error))
