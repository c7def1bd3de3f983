"""Reads the body of a request, within limits, large ones one at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Final

from webhook.server.memory import give_back
from webhook.server.problem import Disconnected, Problem

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LARGE: Final = 256 * 1024
"""Bytes. Objects in etcd are 1.5 MB at most and nearly all are under 100 KB. Up to here
nothing that JSON can hold takes long."""

_TURN_SECONDS = 2.0
"""How long a large body may take to arrive once it is its turn: nobody else's large review is read meanwhile,
and the API server waits 3 s."""
_QUEUE_SECONDS = 10.0
"""How long a large body waits for its turn; the API server itself waits 30 s at most, with us 3 s."""


_GIVE_BACK_SECONDS = 5.0
"""How long after a large body memory is given back: not after each of many."""

_VALUES = 1_000_000
"""Maps, lists and values of a large body. The yardstick review has one in 19 bytes, managedFields one in 6 to
9; 7 MiB of `{},` hold 4.9 million, which took 300 MB and 0.25 s (measured)."""


class Bodies:
    """Reads bodies. Small ones never wait; of large ones only one is read, parsed and judged at a time.

    While a large body waits for its turn it is not read, so uvicorn's flow control stops the caller and a
    waiting connection holds little more than `LARGE` bytes.
    """

    def __init__(self, limit: int) -> None:
        """Make a reader that refuses more than `limit` bytes."""
        self._limit = limit
        self._turn = asyncio.Lock()
        self._giving_back: asyncio.TimerHandle | None = None

    async def first(self, headers: list[tuple[bytes, bytes]], receive: Receive) -> tuple[bytes, bool]:
        """Return the first piece of a body, and whether there is more.

        Raises:
            Problem: 413 where the headers announce too much.
            Disconnected: The caller went away.
        """
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        piece: bytes = message["body"]
        if message["more_body"]:
            for name, value in headers:
                if name == b"content-length" and int(value) > self._limit:
                    raise self._too_large()
        elif len(piece) > self._limit:
            raise self._too_large()
        return piece, message["more_body"]

    @contextlib.asynccontextmanager
    async def rest(self, piece: bytes, more: bool, receive: Receive) -> AsyncIterator[bytes]:  # noqa: FBT001
        """Read the rest of a body, after what `first` returned.

        While the context of a large body lasts, no other large body is read.

        Raises:
            Problem: 413 for too much, 408 for too slow, 503 where large reviews queue up.
            Disconnected: The caller went away.
        """
        pieces = [piece]
        size = len(piece)
        while more and size <= LARGE:
            more, size = await self._next(pieces, size, receive)
        if size <= LARGE:
            yield b"".join(pieces)
            return
        try:
            async with asyncio.timeout(_QUEUE_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise Problem(
                503, "Other large reviews are being read; this one waited too long.", unread=True
            ) from None
        try:
            try:
                async with asyncio.timeout(_TURN_SECONDS):
                    while more:
                        more, size = await self._next(pieces, size, receive)
            except TimeoutError:
                raise Problem(408, "The body of a large review came too slowly.", unread=True) from None
            body = b"".join(pieces)
            pieces.clear()
            _check_values(body)
            yield body
        finally:
            self._turn.release()
            if self._giving_back is None:
                loop = asyncio.get_running_loop()
                self._giving_back = loop.call_later(_GIVE_BACK_SECONDS, self._give_back)

    def _give_back(self) -> None:
        self._giving_back = None
        give_back()

    async def _next(self, pieces: list[bytes], size: int, receive: Receive) -> tuple[bool, int]:
        """Append one piece; return whether there is more, and the size so far."""
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        pieces.append(message["body"])
        size += len(message["body"])
        if size > self._limit:
            raise self._too_large()
        return message["more_body"], size

    def _too_large(self) -> Problem:
        return Problem(413, f"The body is larger than {self._limit} bytes.", unread=True)


def _check_values(body: bytes) -> None:
    """Refuse what would become too many objects of Python, before it does (10 ms for 7 MiB, measured).

    Raises:
        Problem: 413.
    """
    if len(body) - len(body.translate(None, delete=b"{[,")) > _VALUES:
        raise Problem(413, f"The body holds more than {_VALUES} maps, lists and values.")
