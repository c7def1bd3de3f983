"""Limits on how slowly and how largely a caller may speak HTTP, on top of uvicorn's protocol.

uvicorn (0.54) limits neither headers nor the time they or a body take, and its keep-alive timer starts only
after a first response. The API server's client opens connections ahead of need and does not send a POST again
when one is closed under it: a connection on which nothing was ever sent must live as long as an idle one.

A timer is set only for a request that did not arrive in one piece; the usual one costs two comparisons.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

HEADER_LIMIT: Final = 64 * 1024
"""Bytes of names and values of headers and of the URL. The API server sends about 300."""

LINGER_SECONDS: Final = 1.0
"""How long a caller has to read why it is refused, and to take its leave; uvloop alone would wait 30 s."""
_AHEAD: Final = 16
"""Requests that a caller may send before it has the answer to the first; the API server sends none. Each that
waits takes some KiB, and 256 KiB that are read at once may hold thousands."""

_HEAD_TOO_LARGE = f"The headers of the request are larger than {HEADER_LIMIT} bytes."
_TRAILING = "The request has more around its body than in it."
_TOO_EAGER = f"More than {_AHEAD} requests were sent without waiting for an answer."

_AROUND: Final = 4
"""Bytes of a header beside its name and value."""

_IDLE, _HEAD, _BODY = range(3)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a caller has for its headers and then for its body; `refused` hears of each refusal."""

    header_seconds: float
    body_seconds: float
    refused: Callable[[int], None] = lambda _status: None


class Standing(NamedTuple):
    """How much a connection would be missed, and since when it stands so; less comes first.

    Attributes:
        busy: It answers a request.
        began: It is in the middle of one, but not the first.
        served: It has asked something before.
        since: When that was, or when the connection was opened.
    """

    busy: bool
    began: bool
    served: bool
    since: float


class _Refused(Exception):  # noqa: N818 - it only travels through the parser
    """Ends the parsing of a request."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection.

    `_steps` counts the callbacks of the parser: begin, headers complete, message complete, and so on. Its
    remainder by three is where the current request stands.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._steps = 0
        self._timed_steps = 0
        self._deadline: asyncio.TimerHandle | None = None
        # uvicorn decides this by whether the access logger has handlers, which anybody may give it.
        self.access_log = False
        self._chunk = 0
        self._head_size = 0
        self._refusal: tuple[int, str] | None = None
        self._around_body = 0
        self._body_size = 0
        self._since = 0.0
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the keep-alive time at once."""
        super().connection_made(transport)
        self._since = self.loop.time()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers: they would keep this object for their whole time."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._end_deadline()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Give a caller that does not read its answers as long as for a body; nothing else would end it."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._limits.body_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the caller reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def standing(self) -> Standing:
        """Return how much this connection would be missed."""
        at = self._steps % 3
        served = self._steps >= 3  # noqa: PLR2004 - steps of a request
        return Standing(
            at == _IDLE and self.answering() is not None, served and at != _IDLE, served, self._since
        )

    def drop(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse, then see to the time limit of what is still incomplete."""
        if self.transport.is_closing():
            return
        self._chunk = len(data)
        before = self._steps
        super().data_received(data)
        steps = self._steps
        if steps % 3 == _HEAD:
            # A chunk may begin with the end of a request before this one; then it is not counted.
            if steps <= before + 1:
                self._head_size += len(data)
            if self._head_size > HEADER_LIMIT:
                self._refuse(431, _HEAD_TOO_LARGE)
                return
        elif steps == before and steps % 3 == _BODY:
            # Chunks and what trails them: nothing of it is a part of the body, and all of it may be kept.
            self._around_body += len(data)
            if self._around_body - self._body_size > HEADER_LIMIT + self._body_size:
                self._refuse(431, _TRAILING)
                return
        if steps != self._timed_steps:
            self._timed_steps = steps
            self._end_deadline()
            if steps % 3 != _IDLE:
                self._start_deadline()
        elif self.timeout_keep_alive_task is None and self._deadline is None and not self.answering():
            # Blank lines before a request: the parser skips them without a callback.
            self._start_deadline()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._steps += 1
        self._head_size = self._around_body = self._body_size = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the headers are complete.

        Raises:
            _Refused: They are larger than anybody needs, or too many requests came before.
        """
        if self._head_size + self._chunk > HEADER_LIMIT and self._measure_head() > HEADER_LIMIT:
            self._refusal = (431, _HEAD_TOO_LARGE)
            raise _Refused
        if len(self.pipeline) >= _AHEAD:
            self._refusal = (429, _TOO_EAGER)
            raise _Refused
        super().on_headers_complete()
        self._steps += 1

    def on_body(self, body: bytes) -> None:
        """Count what the body has by itself."""
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        super().on_message_complete()
        self._steps += 1
        self._since = self.loop.time()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser could not go on with."""
        self._refuse(*(self._refusal or (400, msg)))

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a request for another protocol is answered in HTTP/1.1, as RFC 9110 allows."""

    def answering(self) -> RequestResponseCycle | None:
        """Return the request that is being read or answered, if there is one."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle if cycle is not None and not cycle.response_complete else None

    def _measure_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + _AROUND for name, value in self.headers)

    def _start_deadline(self) -> None:
        in_body = self._steps % 3 == _BODY
        seconds = self._limits.body_seconds if in_body else self._limits.header_seconds
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        part = "body" if self._steps % 3 == _BODY else "headers"
        self._refuse(408, f"The {part} of the request came too slowly.")

    def _refuse(self, status: int, sentence: str) -> None:
        """Answer with an error where nothing else was answered, and close the connection."""
        self._end_deadline()
        if self.transport.is_closing():
            return
        self._limits.refused(status)
        cycle = self.answering()
        if cycle:
            cycle.disconnected = True
            cycle.message_event.set()
        if not (cycle and cycle.response_started) and not self.pipeline:
            text = sentence.encode("ascii", "replace") + b"\n"
            headers = (
                b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            )
            self.transport.write(STATUS_LINE[status] + headers % len(text) + text)
        self.transport.close()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
