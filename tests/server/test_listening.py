"""Who is let in, and who has to go, when there are too many connections or the system has no room."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest
import uvloop

from tests.e2e.harness.waiting import until
from tests.server.running import JSON, Running, exchange
from webhook.server import listening
from webhook.server.dropped import Dropped
from webhook.server.listening import Doors, Listener

Start = Callable[..., Running]


def dropped(running: Running, why: Dropped) -> float:
    """Return how many connections were closed."""
    name = f'hf_token_injector_connections_dropped_total{{why="{why}"}} '
    lines = running.get("/metrics").body.decode().splitlines()
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_of_idle_connections_the_one_that_never_asked_goes_first(start: Start, review_bytes: bytes) -> None:
    running = start(max_connections=16)
    asked = running.connect()
    others: list[socket.socket] = []
    try:
        assert exchange(asked, review_bytes, "/mutate", JSON).status == 200
        others += [running.raw() for _ in range(20)]
        until(lambda: dropped(running, Dropped.IDLE) >= 5, "five were closed")
        others[0].settimeout(60)
        with suppress(OSError):
            assert others[0].recv(1) == b""
        assert exchange(asked, review_bytes, "/mutate", JSON).status == 200
    finally:
        asked.close()
        for other in others:
            other.close()


def test_half_of_the_room_is_for_those_that_say_nothing(start: Start) -> None:
    running = start(max_connections=16)
    silent = [socket.create_connection(("127.0.0.1", running.port("https"))) for _ in range(30)]
    try:
        until(lambda: dropped(running, Dropped.SILENT) >= 14, "those beyond the limit were closed")
        with running.raw() as secure:
            assert secure.version()
    finally:
        for sock in silent:
            sock.close()


def test_who_says_nothing_is_closed_after_a_while(start: Start) -> None:
    running = start(header_seconds=0.1)
    with socket.create_connection(("127.0.0.1", running.port("https")), 60) as sock:
        assert sock.recv(1) == b""


def test_a_stop_does_not_wait_for_handshakes(start: Start) -> None:
    running = start(header_seconds=60)
    with (
        socket.create_connection(("127.0.0.1", running.port("https")), 60) as silent,
        socket.create_connection(("127.0.0.1", running.port("https")), 60) as begun,
    ):
        begun.sendall(b"\x16\x03\x01\x01\x05\x01")
        with running.raw() as sock:
            assert sock.version()
        running.stop()
        running.join()
        for each in (silent, begun):
            with suppress(ConnectionResetError):
                assert each.recv(1) == b""


class Full(socket.socket):
    """A listening socket in a system without room: it says so twice, and then accepts."""

    refusals = 2

    def accept(self) -> tuple[socket.socket, object]:
        """Accept, or fail."""
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_where_the_system_has_no_room_it_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_PAUSE_SECONDS", 0.01)
    told: list[Dropped] = []

    class Greeting(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            cast("asyncio.Transport", transport).write(b"hello")

    async def scenario() -> bytes:
        with Full() as sock:
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)  # noqa: FBT003 - the standard library's
            listener = Listener(sock, Doors(Greeting, set(), None, 10, 5, told.append))
            reader, writer = await asyncio.open_connection(*sock.getsockname())
            writer.write(b"?")
            answer = await reader.read(5)
            writer.close()
            listener.close()
            await listener.wait_closed()
        return answer

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(scenario()) == b"hello"
    assert told == [Dropped.NEW, Dropped.NEW]
