"""Connections by the thousand that are no callers: others are answered, and memory comes back."""

import random
import socket
import struct
from collections.abc import Callable

import pytest

from tests.e2e.harness.waiting import until
from tests.server.faults.callers import allow_files, tell, withstanding
from tests.server.launched import Launched
from tests.server.running import exchange

Launch = Callable[..., Launched]

MOST = 1000
"""Connections by default."""
OWN = 64
HELLO = bytes.fromhex("16030101050100010103") + b"\x00" * 120
"""The beginning of a ClientHello that says that there is more."""


def test_ten_thousand_callers_that_say_nothing_take_the_place_of_a_few(
    launch: Launch, review_bytes: bytes
) -> None:
    wanted = min(10_000, allow_files(10_500) - 500)
    tell(f"{wanted} connections")
    launched = launch(SERVER__DRAIN_SECONDS="0")
    with withstanding(launched, review_bytes, "silent") as callers:
        most = 0
        for number in range(wanted):
            callers.plain()
            if number % 500 == 0:
                most = max(most, launched.descriptors())
        assert most <= MOST + OWN


def test_a_caller_that_has_asked_before_outstays_those_that_only_connect(
    launch: Launch, review_bytes: bytes
) -> None:
    launched = launch(SERVER__DRAIN_SECONDS="0", SERVER__MAX_CONNECTIONS="100")
    with withstanding(launched, review_bytes, "idle") as callers:
        idle = launched.connect()
        try:
            exchange(idle, review_bytes)
            for _ in range(300):
                callers.secure()
            assert launched.descriptors() <= 100 + OWN
            assert exchange(idle, review_bytes).status == 200
        finally:
            idle.close()


def test_where_few_files_may_be_open_there_are_fewer_connections(launch: Launch, review_bytes: bytes) -> None:
    launched = launch(SERVER__DRAIN_SECONDS="0", files=200)
    with withstanding(launched, review_bytes, "few files") as callers:
        for _ in range(300):
            callers.secure()
        assert launched.descriptors() <= 200


def test_handshakes_that_never_end_are_ended(launch: Launch, review_bytes: bytes) -> None:
    launched = launch(SERVER__DRAIN_SECONDS="0", SERVER__HEADER_SECONDS="3")
    with withstanding(launched, review_bytes, "handshakes") as callers:
        before = launched.descriptors()
        for _ in range(200):
            callers.plain(HELLO)
        until(lambda: launched.descriptors() <= before + 3, "all handshakes ended by the server")


def test_what_is_no_tls_harms_nobody(launch: Launch, review_bytes: bytes) -> None:
    chance = random.Random(7)  # noqa: S311 - garbage, the same each time
    launched = launch(SERVER__DRAIN_SECONDS="0", SERVER__HEADER_SECONDS="3")
    with withstanding(launched, review_bytes, "garbage") as callers:
        for _ in range(500):
            callers.plain(chance.randbytes(chance.randint(1, 4000)))
            callers.plain(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


def test_connections_that_are_reset_at_every_stage_are_gone(launch: Launch, review_bytes: bytes) -> None:
    launched = launch(SERVER__DRAIN_SECONDS="0")
    stages = (b"", b"POST /mutate HT", b"Content-Length: 100\r\n\r\n{")
    with withstanding(launched, review_bytes, "resets") as callers:
        for number in range(300):
            sock = callers.secure(stages[number % 3]) if number % 2 else callers.plain(HELLO[: number % 60])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()


@pytest.mark.parametrize("secure", [True, False])
def test_half_closed_connections_are_closed(launch: Launch, review_bytes: bytes, *, secure: bool) -> None:
    launched = launch(SERVER__DRAIN_SECONDS="0", SERVER__HEADER_SECONDS="3", SERVER__BODY_SECONDS="3")
    with withstanding(launched, review_bytes, "half-closed") as callers:
        before = launched.descriptors()
        for number in range(150):
            sock = (
                callers.secure(b"POST /mu"[: number % 9]) if secure else callers.plain(HELLO[: number % 60])
            )
            sock.shutdown(socket.SHUT_WR)
        until(lambda: launched.descriptors() <= before + 3, "all closed by the server")
