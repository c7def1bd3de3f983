"""Limits on time and size below HTTP, over real TLS sockets."""

import re
import time
from collections.abc import Callable

import pytest

from tests.server.running import Running, read_all

HEAD = b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

Start = Callable[..., Running]


def test_slow_headers_are_cut_off(start: Start) -> None:
    running = start(header_seconds=2)
    with running.raw() as sock:
        sock.sendall(b"POST /mutate HT")
        assert read_all(sock).startswith(b"HTTP/1.1 408 ")


def test_blank_lines_before_a_request_are_slow_headers_too(start: Start) -> None:
    running = start(header_seconds=2)
    with running.raw() as sock:
        sock.sendall(b"\r\n")
        assert read_all(sock).startswith(b"HTTP/1.1 408 ")


def test_a_slow_body_is_cut_off_with_a_sentence(start: Start) -> None:
    running = start(body_seconds=0.2, header_seconds=3600)
    with running.raw() as sock:
        sock.sendall(HEAD + b"Content-Length: 10\r\n\r\n{")
        answer = read_all(sock)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"The body of the request came too slowly." in answer
    assert b"connection: close" in answer


def test_headers_in_pieces_are_fine_and_the_body_has_its_own_time(start: Start, review_bytes: bytes) -> None:
    running = start(header_seconds=30, body_seconds=30)
    with running.raw() as sock:
        message = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(review_bytes) + review_bytes
        for index in range(0, len(message), 100):
            sock.sendall(message[index : index + 100])
        assert read_all(sock).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("pieces", [1, 3])
def test_headers_over_64_kib_are_refused(server: Running, pieces: int) -> None:
    filler = b"".join(b"X-%d: %s\r\n" % (index, b"a" * 8000) for index in range(9))
    message = HEAD + filler + b"\r\n"
    size = len(message) // pieces + 1
    with server.raw() as sock:
        for index in range(0, len(message), size):
            sock.sendall(message[index : index + size])
        assert read_all(sock).startswith(b"HTTP/1.1 431 ")


def test_one_endless_header_is_refused(server: Running) -> None:
    with server.raw() as sock:
        sock.sendall(HEAD + b"X: ")
        for _ in range(6):
            sock.sendall(b"a" * 16384)
        assert read_all(sock).startswith(b"HTTP/1.1 431 ")


def test_many_headers_under_the_limit_are_fine(server: Running, review_bytes: bytes) -> None:
    filler = b"".join(b"X-%d: %s\r\n" % (index, b"a" * 8000) for index in range(7))
    with server.raw() as sock:
        sock.sendall(
            HEAD
            + filler
            + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(review_bytes)
            + review_bytes
        )
        assert read_all(sock).startswith(b"HTTP/1.1 200 ")


def test_an_idle_connection_is_closed_after_its_time(start: Start, review_bytes: bytes) -> None:
    running = start(keep_alive_seconds=2)
    with running.raw() as sock:
        began = time.monotonic()
        sock.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(review_bytes) + review_bytes)
        answer = read_all(sock)
        assert time.monotonic() - began > 1.9
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_connection_that_never_said_anything_lives_as_long_as_an_idle_one(start: Start) -> None:
    running = start(keep_alive_seconds=3, header_seconds=2, body_seconds=2)
    began = time.monotonic()
    with running.raw() as sock:
        assert read_all(sock) == b""
        assert time.monotonic() - began > 2.9


def test_an_idle_connection_outlives_the_api_servers_by_default() -> None:
    from webhook.settings import ServerSettings  # noqa: PLC0415

    assert ServerSettings().keep_alive_seconds >= 120


def test_garbage_is_answered_with_400(server: Running) -> None:
    with server.raw() as sock:
        sock.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert read_all(sock).startswith(b"HTTP/1.1 400 ")


def test_pipelined_requests_are_answered_in_order(server: Running, review_bytes: bytes) -> None:
    one = HEAD + b"Content-Length: %d\r\n\r\n" % len(review_bytes) + review_bytes
    last = HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\n{"
    with server.raw() as sock:
        sock.sendall(one + one + last)
        answer = read_all(sock)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"200", b"200", b"400"]


def test_a_client_that_waits_for_continue_is_told_to_go_on(server: Running, review_bytes: bytes) -> None:
    with server.raw() as sock:
        sock.sendall(
            HEAD
            + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(review_bytes)
        )
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
        sock.sendall(review_bytes)
        assert read_all(sock).startswith(b"HTTP/1.1 200 ")


def test_a_caller_that_leaves_in_the_middle_harms_nobody(server: Running, review_bytes: bytes) -> None:
    with server.raw() as sock:
        sock.sendall(HEAD + b"Content-Length: 100000\r\n\r\n{")
    assert server.post(review_bytes).status == 200
    assert not [line for line in server.lines if line["level"] in {"error", "critical"}]


def test_an_upgrade_to_another_protocol_is_answered_in_this_one(server: Running) -> None:
    with server.raw() as sock:
        sock.sendall(HEAD + b"Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\n{")
        assert read_all(sock).startswith(b"HTTP/1.1 400 ")


def test_refusals_are_counted(start: Start) -> None:
    running = start(header_seconds=2)
    with running.raw() as sock:
        sock.sendall(b"P")
        read_all(sock)
    assert b'hf_token_injector_http_refused_total{code="408"} 1.0' in running.get("/metrics").body
