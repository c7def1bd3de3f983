"""Large bodies take turns, small ones do not wait for them, and memory stays small."""

import asyncio
import gc
import threading
import time
from collections.abc import Iterable, MutableMapping
from statistics import median
from typing import Any

import pytest

from tests.server.running import JSON, Running, exchange
from webhook.server import body as body_module
from webhook.server.body import LARGE, Bodies, Receive
from webhook.server.problem import Disconnected, Problem

MEBIBYTE = 1024 * 1024


class Sender:
    """A caller that sends pieces; after the last it says nothing."""

    def __init__(self, pieces: Iterable[bytes], *, ends: bool = True) -> None:
        self._pieces = list(pieces)
        self._ends = ends
        self.taken = 0

    async def receive(self) -> MutableMapping[str, Any]:
        """Return the next piece as ASGI has it."""
        if self.taken == len(self._pieces):
            await asyncio.Event().wait()
        self.taken += 1
        more = self.taken < len(self._pieces) or not self._ends
        return {"type": "http.request", "body": self._pieces[self.taken - 1], "more_body": more}


async def read(bodies: Bodies, receive: Receive) -> bytes:
    piece, more = await bodies.first([], receive)
    async with bodies.rest(piece, more, receive) as whole:
        return whole


def pieces(count: int) -> list[bytes]:
    return [b"[" + b" " * (64 * 1024 - 2) + b"]"] * count


def test_a_body_comes_out_as_it_was_sent() -> None:
    for count in (1, 2, 8):
        assert asyncio.run(read(Bodies(MEBIBYTE), Sender(pieces(count)).receive)) == b"".join(pieces(count))


def test_a_second_large_body_is_not_read_while_one_is_held() -> None:
    async def scenario() -> None:
        bodies = Bodies(MEBIBYTE)
        first, second = Sender(pieces(8)), Sender(pieces(8))
        piece, more = await bodies.first([], first.receive)
        async with bodies.rest(piece, more, first.receive):
            waiting = asyncio.ensure_future(read(bodies, second.receive))
            for _ in range(50):
                await asyncio.sleep(0)
            # Up to the piece that crosses the border, and no further.
            assert second.taken == LARGE // (64 * 1024) + 1
            assert await read(bodies, Sender(pieces(2)).receive)
        assert await waiting == b"".join(pieces(8))

    asyncio.run(scenario())


def test_who_waits_too_long_for_its_turn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "_QUEUE_SECONDS", 0.01)

    async def scenario() -> None:
        bodies = Bodies(MEBIBYTE)
        first = Sender(pieces(8))
        piece, more = await bodies.first([], first.receive)
        async with bodies.rest(piece, more, first.receive):
            with pytest.raises(Problem, match="waited too long") as caught:
                await read(bodies, Sender(pieces(8)).receive)
        assert (caught.value.status, caught.value.unread) == (503, True)

    asyncio.run(scenario())


def test_a_large_body_that_stalls_gives_its_turn_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "_TURN_SECONDS", 0.01)

    async def scenario() -> None:
        bodies = Bodies(MEBIBYTE)
        with pytest.raises(Problem, match="too slowly") as caught:
            await read(bodies, Sender(pieces(5), ends=False).receive)
        assert caught.value.status == 408
        assert await read(bodies, Sender(pieces(8)).receive)

    asyncio.run(scenario())


@pytest.mark.parametrize("count", [1, 3, 6])
def test_a_caller_that_leaves_is_not_answered(count: int) -> None:
    async def scenario() -> None:
        sender = Sender(pieces(count - 1), ends=False)

        async def receive() -> MutableMapping[str, Any]:
            if sender.taken == count - 1:
                return {"type": "http.disconnect"}
            return await sender.receive()

        bodies = Bodies(MEBIBYTE)
        with pytest.raises(Disconnected):
            await read(bodies, receive)
        assert await read(bodies, Sender(pieces(8)).receive)

    asyncio.run(scenario())


def test_a_large_body_of_countless_values_is_refused_unparsed(server: Running) -> None:
    answer = server.post(b"[" + b"{}," * 500_001 + b"{}]")
    assert answer.status == 413
    assert b"more than 1000000 maps, lists and values" in answer.body


def test_the_collector_runs_again_after_a_large_review(server: Running, review_bytes: bytes) -> None:
    assert server.post(review_bytes.ljust(MEBIBYTE)).status == 200
    assert server.post((review_bytes[:-1] + b"x").ljust(MEBIBYTE)).status == 400
    assert gc.isenabled()


def test_a_normal_caller_hardly_waits_for_eight_hostile_ones(
    server: Running, review_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is sent away because the machine is busy.
    monkeypatch.setattr(body_module, "_QUEUE_SECONDS", 600)
    monkeypatch.setattr(body_module, "_TURN_SECONDS", 600)
    hostile = review_bytes.replace(b'"spec":{', b'"spec":{"x":[%s],' % b",".join([b"{}"] * 450_000), 1)
    statuses: list[int] = []
    queued: list[float] = []

    def attack() -> None:
        for _ in range(2):
            began = time.monotonic()
            statuses.append(server.post(hostile).status)
            queued.append(time.monotonic() - began)

    attackers = [threading.Thread(target=attack) for _ in range(8)]
    for attacker in attackers:
        attacker.start()
    waited = []
    connection = server.connect()
    try:
        while any(attacker.is_alive() for attacker in attackers):
            began = time.monotonic()
            assert exchange(connection, review_bytes, "/mutate", JSON).status == 200
            waited.append(time.monotonic() - began)
    finally:
        connection.close()
        for attacker in attackers:
            attacker.join()
    assert statuses == [200] * 16
    # Large ones wait for each other; a small one waits for the one that is judged, however long that takes.
    assert max(waited) < median(queued)
    assert median(waited) < median(queued) / 4
