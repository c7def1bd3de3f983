"""What was told and is not written yet: gathered by object and by what is said, and held to a pace.

The limits are those of client-go's recorder (k8s.io/client-go/tools/record, `events_cache.go`): 25 writes
for an object and then one in 5 minutes, and 4096 things that are kept in mind. There what comes too often is
dropped; here it is counted on, and written when its turn comes.
"""

import heapq
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final, NamedTuple

from webhook.cluster.events import Stored, Times
from webhook.core.events import Involved, Told


class Limits(NamedTuple):
    """How much is written how often; times in seconds.

    Attributes:
        gather: How long something that is told for the first time waits for its like.
        again: From one write of an Event to the next.
        burst, every: Writes for one object at once, and the time after which it may have another one.
        all_burst, all_every: The same for all objects together.
        series: How many are kept in mind, of all objects together. At 1 KiB a message they are 8 MB.
        object_series: How many of one object.
        patience: After how long what could not be written is given up.
    """

    gather: float = 1
    again: float = 10
    burst: int = 25
    every: float = 300
    all_burst: int = 100
    all_every: float = 0.1
    series: int = 4096
    object_series: int = 25
    patience: float = 600


LIMITS: Final = Limits()


class Bucket:
    """Holds tokens for writes, and fills with time."""

    def __init__(self, burst: int, every: float, now: float) -> None:
        self._burst = burst
        self._every = every
        self._tokens = float(burst)
        self._at = now

    def wait(self, now: float) -> float:
        """Return the seconds until there is a token."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) / self._every)
        self._at = now
        return max(0.0, (1 - self._tokens) * self._every)

    def take(self) -> None:
        """Take the token that there is."""
        self._tokens -= 1

    def give_back(self) -> None:
        """Put back a token that was taken for nothing."""
        self._tokens += 1


@dataclass(eq=False)
class Series:
    """Something that is told of an object, again and again.

    Attributes:
        unwritten: How often, since the last write.
        first, last: When, since the last write.
        since: When the first of them was told, by the clock that never jumps.
        stored: The Event as it was last written.
        not_before: The earliest moment of the next write.
        queued: Whether it waits for a write.
    """

    about: Involved
    said: Told
    first: datetime
    last: datetime
    unwritten: int = 0
    since: float = 0
    stored: Stored | None = None
    not_before: float = 0
    queued: bool = False

    @property
    def times(self) -> Times:
        """What has to be written."""
        return Times(self.unwritten, self.first, self.last)


@dataclass
class _Object:
    """All that is told of one object."""

    bucket: Bucket
    series: dict[Told, Series] = field(default_factory=dict)


class Book:
    """What was told, in the order in which it is to be written.

    Attributes:
        unwritten: How many tellings are in it.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self.unwritten = 0
        self._limits = limits
        self._now = now
        self._objects: OrderedDict[Involved, _Object] = OrderedDict()
        self._series = 0
        self._waiting = 0
        self._queue: list[tuple[float, int, Series]] = []
        self._numbers = count()
        self._bucket = Bucket(limits.all_burst, limits.all_every, now())

    def tell(self, about: Involved, said: Told, at: datetime, number: int = 1) -> bool:
        """Take in that something was told so often; return whether there was room for it."""
        now = self._now()
        of_object = self._objects.get(about)
        if of_object is None:
            of_object = _Object(Bucket(self._limits.burst, self._limits.every, now))
        series = of_object.series.get(said)
        if series is None:
            if not self._make_room(of_object):
                return False
            series = of_object.series[said] = Series(about, said, at, at)
            self._series += 1
        self._objects[about] = of_object
        self._objects.move_to_end(about)
        if not series.unwritten:
            series.first, series.since = at, now
        series.last = at
        series.unwritten += number
        self.unwritten += number
        if not series.queued:
            self._put(series, max(now + self._limits.gather, series.not_before))
        return True

    def due(self) -> Series | None:
        """Take out what is to be written now; None where nothing is."""
        now = self._now()
        while self._queue and self._queue[0][0] <= now:
            if self._bucket.wait(now) > 0:
                return None
            _, _, series = heapq.heappop(self._queue)
            bucket = self._objects[series.about].bucket
            if (wait := bucket.wait(now)) > 0:
                self._put(series, now + wait)
                continue
            bucket.take()
            self._bucket.take()
            return series
        return None

    def delay(self) -> float | None:
        """Return the seconds until something may be due; None where nothing waits."""
        if not self._queue:
            return None
        now = self._now()
        return max(self._queue[0][0] - now, self._bucket.wait(now))

    def written(self, series: Series, number: int, stored: Stored) -> None:
        """Note that some of a series were written."""
        series.stored = stored
        self._settle(series, number)

    def lost(self, series: Series, number: int) -> None:
        """Note that some of a series will never be written."""
        self._settle(series, number)

    def again(self, series: Series) -> int:
        """Put a series back that could not be written; return how many are given up, after long enough."""
        if self._now() - series.since > self._limits.patience:
            number = series.unwritten
            self.lost(series, number)
            return number
        self._objects[series.about].bucket.give_back()
        self._put(series, self._now())
        return 0

    def hurry(self) -> None:
        """Let nothing wait for its like any more; the limits for each object and for all stay."""
        self._limits = self._limits._replace(gather=0, again=0)
        waiting = [series for _, _, series in self._queue]
        self._queue.clear()
        for series in waiting:
            series.not_before = 0
            self._put(series, self._now())

    def _settle(self, series: Series, number: int) -> None:
        """Take what was dealt with off a series; what was told meanwhile waits for its turn."""
        now = self._now()
        series.unwritten -= number
        self.unwritten -= number
        series.not_before = now + self._limits.again
        series.queued = False
        self._waiting -= 1
        if series.unwritten:
            series.first, series.since = series.last, now
            self._put(series, series.not_before)

    def _put(self, series: Series, due: float) -> None:
        self._waiting += not series.queued
        series.queued = True
        heapq.heappush(self._queue, (due, next(self._numbers), series))

    def _make_room(self, of_object: _Object) -> bool:
        """Make room for something new to tell of an object; return whether there is some."""
        if len(of_object.series) >= self._limits.object_series:
            self._forget(of_object)
        if len(of_object.series) >= self._limits.object_series:
            return False
        if self._series < self._limits.series:
            return True
        # Otherwise everything would be looked through for each telling, while nothing can be written.
        if self._waiting == self._series:
            return False
        self._forget_oldest()
        return True

    def _forget_oldest(self) -> None:
        """Forget what is written of the object that was told of the longest ago, of those with something."""
        about, of_object = next(one for one in self._objects.items() if self._forget(one[1]))
        if not of_object.series:
            del self._objects[about]

    def _forget(self, of_object: _Object) -> int:
        """Forget what of an object is written; return how much that was."""
        written = [said for said, series in of_object.series.items() if not series.queued]
        for said in written:
            del of_object.series[said]
        self._series -= len(written)
        return len(written)
