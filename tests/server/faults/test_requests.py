"""Requests by the hundred that are slow, endless or too many: others are answered, and memory comes back."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.e2e.harness.waiting import until
from tests.server.faults.callers import HEAD, withstanding
from tests.server.launched import Launched
from tests.server.running import exchange

Launch = Callable[..., Launched]

QUICK = {"SERVER__DRAIN_SECONDS": "0", "SERVER__HEADER_SECONDS": "3", "SERVER__BODY_SECONDS": "3"}
BOUND = 60.0
"""MiB that a single caller may not take, by whatever it says; a large body takes 20."""


def test_slow_headers_and_slow_bodies_by_the_hundred_are_cut_off(launch: Launch, review_bytes: bytes) -> None:
    launched = launch(**QUICK)
    with withstanding(launched, review_bytes, "slow") as callers:
        before = launched.descriptors()
        for _ in range(150):
            callers.secure(b"POST /mutate HT")
            callers.secure(HEAD + b"Content-Length: 100000\r\n\r\n{")
        until(lambda: launched.descriptors() <= before + 3, "all closed by the server")


def test_many_bodies_of_7_mib_at_once_take_turns(
    launch: Launch, review: dict[str, Any], review_bytes: bytes
) -> None:
    review["request"]["object"]["spec"]["volumes"] = [{}] * 400_000
    body = json.dumps(review).encode().ljust(7 << 20)
    launched = launch(SERVER__DRAIN_SECONDS="0")
    statuses: list[int] = []

    def post() -> None:
        connection = launched.connect()
        with suppress(OSError):
            statuses.append(exchange(connection, body).status)
        connection.close()

    with withstanding(launched, review_bytes, "7 MiB") as _:
        posting = [threading.Thread(target=post) for _ in range(24)]
        for thread in posting:
            thread.start()
        for thread in posting:
            thread.join()
    assert set(statuses) <= {200, 408, 503}
    assert 200 in statuses


def test_requests_that_come_without_waiting_for_answers_are_refused(
    launch: Launch, review_bytes: bytes
) -> None:
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(review_bytes) + review_bytes
    launched = launch(SERVER__DRAIN_SECONDS="0")
    with withstanding(launched, review_bytes, "pipelined") as callers:
        before = launched.memory("VmHWM")
        for _ in range(20):
            callers.secure(request * 500)
        assert launched.memory("VmHWM") < before + BOUND


def test_trailers_without_an_end_are_refused(launch: Launch, review_bytes: bytes) -> None:
    launched = launch(SERVER__DRAIN_SECONDS="0")
    with withstanding(launched, review_bytes, "trailers") as callers:
        before = launched.memory("VmHWM")
        trailers = b"".join(b"x%d: %s\r\n" % (number, b"a" * 60_000) for number in range(200))
        for _ in range(10):
            callers.secure(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n" + trailers)
            callers.secure(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + trailers)
        assert launched.memory("VmHWM") < before + BOUND


def test_who_does_not_read_its_answers_is_cut_off(
    launch: Launch, review: dict[str, Any], review_bytes: bytes
) -> None:
    containers = [{"name": f"c{number}", "args": ["hf://acme/model", "/mnt/models"]} for number in range(900)]
    review["request"]["object"]["spec"]["containers"] = containers
    body = json.dumps(review).encode()
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    launched = launch(**QUICK)
    with withstanding(launched, review_bytes, "unread") as callers:
        before = launched.descriptors()
        for _ in range(5):
            callers.secure(request * 16, receive_buffer=4096)
        until(lambda: launched.descriptors() <= before + 3, "all closed by the server")
