"""Follows the metadata of objects: a list, then a watch that goes on from there, again and again.

How kube-apiserver 1.37 behaves (seen): a watch that accepts a `PartialObjectMetadataList` shows nothing, it
has to ask for `PartialObjectMetadata`; where metadata is asked for, the `items` of a list without objects are
null; bookmarks come each minute and 2 s before the end; a version that is too old is a 200 and an `ERROR`
event with code 410, in a list of several pages a 410; a version of the future, as after a restored backup, is
a watch without a line.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

import orjson

from webhook.cluster.causes import Cause, Failure
from webhook.cluster.client import Client, NoAnswerError, StatusError
from webhook.cluster.collection import Collection, Item

_Kept_contra = TypeVar("_Kept_contra", contravariant=True)

PAGE: Final = 500
"""Objects in an answer, as client-go does it. The event loop stands still for 3.5 ms a page, and 5,000
Namespaces are listed in 0.1 s (measured with kube-apiserver 1.37)."""

_AS: Final = "application/json;as={};g=meta.k8s.io;v=v1,application/json"
_LIST: Final = _AS.format("PartialObjectMetadataList")
_WATCH: Final = _AS.format("PartialObjectMetadata")


class Listener(Protocol[_Kept_contra]):
    """Who wants to know of objects."""

    def listed(self, items: Mapping[str, _Kept_contra]) -> None:
        """Take all that there are; the map is the listener's from now on."""

    def changed(self, key: str, item: _Kept_contra | None) -> None:
        """Take one that is new or another one; None where it is gone."""

    def alive(self) -> None:
        """Hear that nothing was missed until now."""

    def failed(self, failure: Failure) -> None:
        """Hear what went wrong; it is tried again."""


class Pace(NamedTuple):
    """Seconds.

    Attributes:
        watch: After which the API server ends a watch. Each end shows that it is alive.
        grace: How much later than that a connection counts as dead.
        shortest_watch: One that ends sooner is a failure, or asking would go round and round.
        first_pause, longest_pause: Between two tries; the pause doubles from one to the other.
        forbidden_pause: Where a right is missing: somebody has to give it.
    """

    watch: float = 120
    grace: float = 30
    shortest_watch: float = 1
    first_pause: float = 1
    longest_pause: float = 30
    forbidden_pause: float = 30


PACE: Final = Pace()


class _FailedError(Exception):
    """They cannot be followed for now."""

    def __init__(self, cause: Cause, why: str) -> None:
        super().__init__(why)
        self.cause = cause


class Follower(Generic[Item]):
    """Tells a listener of all objects of a collection."""

    def __init__(
        self, client: Client, collection: Collection[Item], listener: Listener[Item], pace: Pace = PACE
    ) -> None:
        self._client = client
        self._collection = collection
        self._listener = listener
        self._pace = pace
        self._version = ""
        self._failures = 0

    async def follow(self) -> None:
        """Follow until cancelled.

        A watch that broke off is taken up where it was. What fails twice, or shows nothing at all, is listed
        anew: only that is right after a backup was restored.
        """
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
            except (_FailedError, NoAnswerError) as error:
                cause = _cause(error)
                self._failures += 1
                if isinstance(error, _FailedError) or cause is Cause.EXPIRED or self._failures > 1:
                    self._version = ""
                self._listener.failed(Failure(cause, str(error), self._failures))
                await asyncio.sleep(self._pause(cause) * random.uniform(0.5, 1))  # noqa: S311 - no secret

    def _pause(self, cause: Cause) -> float:
        if cause is Cause.FORBIDDEN:
            return self._pace.forbidden_pause
        return min(self._pace.first_pause * 2.0 ** min(self._failures - 1, 16), self._pace.longest_pause)

    async def _list(self) -> None:
        """Read all of them, page by page.

        Raises:
            _FailedError: What came is no list.
            NoAnswerError: Something else came, or nothing.
        """
        collection = self._collection
        found: dict[str, Item] = {}
        parameters = {**collection.parameters, "limit": str(PAGE)}
        while True:
            page = await self._client.get(collection.path, parameters=parameters, accept=_LIST)
            try:
                for listed in page["items"] or ():
                    metadata = listed["metadata"]
                    found[metadata[collection.key]] = collection.item(metadata)
                version, more = page["metadata"]["resourceVersion"], page["metadata"].get("continue")
            except (KeyError, TypeError, AttributeError):
                raise _FailedError(Cause.MALFORMED, "what the API server answers is no list") from None
            if not more:
                break
            parameters["continue"] = more
        self._version = str(version)
        self._listener.listed(found)

    async def _watch(self) -> None:
        """Follow changes until the API server ends the watch.

        Raises:
            _FailedError: It cannot go on from here, or ended at once.
            NoAnswerError: It cannot be reached any more.
        """
        pace, collection = self._pace, self._collection
        parameters = {
            **collection.parameters,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": f"{pace.watch:.0f}",
        }
        seconds = pace.watch + pace.grace
        async with self._client.lines(
            collection.path, parameters=parameters, seconds=seconds, accept=_WATCH
        ) as lines:
            silent = await self._read(lines)
        if silent:
            self._version = ""

    async def _read(self, lines: AsyncIterator[bytes]) -> bool:
        """Take over events until the watch ends; return whether there was none.

        Raises:
            _FailedError: It cannot go on from here, or ended at once.
        """
        clock = asyncio.get_running_loop().time
        began, silent = clock(), True
        try:
            async for line in lines:
                self._take(line)
                silent = False
                self._failures = 0
                self._listener.alive()
        finally:
            lasted = clock() - began
            if lasted >= self._pace.shortest_watch:
                self._failures = 0
        if lasted < self._pace.shortest_watch:
            raise _FailedError(Cause.UNAVAILABLE, "the API server ends watches at once")
        return silent

    def _take(self, line: bytes) -> None:
        """Take over one event.

        Raises:
            _FailedError: It is an error, or no event.
        """
        try:
            event = orjson.loads(line)
            kind, metadata = event["type"], event["object"]["metadata"]
            if kind == "ERROR":
                raise _error(event["object"])
            version = metadata["resourceVersion"]
            if kind != "BOOKMARK":
                key = metadata[self._collection.key]
                self._listener.changed(key, None if kind == "DELETED" else self._collection.item(metadata))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _FailedError(Cause.MALFORMED, "what the API server sends is no event") from None
        self._version = version


def _error(status: Mapping[str, Any]) -> _FailedError:
    """Return the `Status` of an `ERROR` event as our own."""
    expired = status.get("code") == 410 or status.get("reason") in {"Expired", "Gone"}  # noqa: PLR2004
    cause = Cause.EXPIRED if expired else Cause.UNAVAILABLE
    return _FailedError(cause, f"the API server ends the watch: {str(status.get('message'))[:300]}")


def _cause(error: Exception) -> Cause:
    if isinstance(error, _FailedError):
        return error.cause
    if isinstance(error, StatusError):
        if error.status in {401, 403}:
            return Cause.FORBIDDEN
        if error.status == 410:  # noqa: PLR2004
            return Cause.EXPIRED
    return Cause.UNAVAILABLE
