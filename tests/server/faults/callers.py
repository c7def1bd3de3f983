"""Callers of a server: hostile ones by the hundred, and a normal one that must not notice them."""

import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median, quantiles

from tests.e2e.harness.waiting import until
from tests.server.launched import Launched
from tests.server.running import exchange

HOST = "127.0.0.1"
HEAD = b"POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_MARGIN = 40.0
"""MiB that a server may have more than before, for good: what malloc cannot give back, and the modules and
caches that are first needed under load. A thousand connections have 70."""
_FEW = 3
"""Open files that may come and go."""
_PAUSE = 0.01


class Callers:
    """Connections of hostile callers, all of which are closed at the end."""

    def __init__(self, launched: Launched) -> None:
        self._launched = launched
        self._sockets: list[socket.socket] = []

    def plain(self, said: bytes = b"", *, receive_buffer: int = 0) -> socket.socket:
        """Open a TCP connection, and say something that is no TLS of ours."""
        sock = socket.socket()
        self._sockets.append(sock)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(60)
        sock.connect((HOST, self._launched.https))
        if said:
            with suppress(OSError):
                sock.sendall(said)
        return sock

    def secure(self, said: bytes = b"", *, receive_buffer: int = 0) -> ssl.SSLSocket:
        """Open a TLS connection, and say something."""
        plain = self.plain(receive_buffer=receive_buffer)
        sock = self._launched.trust.wrap_socket(plain, server_hostname="localhost")
        self._sockets.append(sock)
        if said:
            with suppress(OSError):
                sock.sendall(said)
        return sock

    def close(self) -> None:
        """Close all of them."""
        for sock in self._sockets:
            sock.close()
        self._sockets.clear()


class Normal:
    """A normal client in a thread: one connection that stays, and now and then a new one."""

    def __init__(self, launched: Launched, review: bytes) -> None:
        self._launched = launched
        self._review = review
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._failures: list[str] = []
        self._taken: list[float] = []

    def start(self) -> None:
        """Begin, and return once there is an answer."""
        self._thread.start()
        until(lambda: self._taken or self._failures, "a first answer")

    def end(self, what: str) -> None:
        """Stop; assert that each answer was right; print how long they took."""
        self._ended.set()
        self._thread.join()
        assert self._failures == [], self._failures
        taken = [seconds * 1000 for seconds in self._taken]
        p99 = quantiles(taken, n=100, method="inclusive")[98] if len(taken) > 1 else taken[0]
        rest = f"median {median(taken):.1f}, p99 {p99:.1f}, most {max(taken):.0f}"
        tell(f"{what}: {len(taken)} answers, ms: {rest}")

    def _run(self) -> None:
        staying = self._launched.connect()
        number = 0
        try:
            while not self._ended.wait(_PAUSE):
                number += 1
                connection = staying if number % 5 else self._launched.connect()
                began = time.perf_counter()
                answer = exchange(connection, self._review)
                self._taken.append(time.perf_counter() - began)
                if answer.status != 200 or not answer.json["response"].get("patch"):
                    self._failures.append(f"{answer.status}: {answer.body!r}")
                if connection is not staying:
                    connection.close()
        except OSError as error:
            self._failures.append(repr(error))
        finally:
            staying.close()


@contextmanager
def withstanding(launched: Launched, review: bytes, what: str) -> Iterator[Callers]:
    """Let a normal client ask all the time; then see that everything is as before, and that it ends well."""
    last = launched.read_on()
    normal, callers = Normal(launched, review), Callers(launched)
    for _ in range(20):
        connection = launched.connect()
        exchange(connection, review)
        connection.close()
    files, memory = launched.descriptors(), launched.memory()
    normal.start()
    try:
        yield callers
    finally:
        callers.close()
        normal.end(what)
    until(lambda: launched.descriptors() <= files + _FEW, "no more open files than before")
    until(lambda: launched.memory() <= memory + _MARGIN, f"no more memory than before ({memory:.0f} MiB)")
    peak = launched.memory("VmHWM")
    tell(f"{what}: MiB: before {memory:.0f}, most {peak:.0f}, after {launched.memory():.0f}")
    assert not [line for line in last if '"error"' in line or '"critical"' in line]
    launched.process.terminate()
    assert launched.process.wait(60) == 0


def allow_files(wanted: int) -> int:
    """Let this process open so many files, or as many as the system allows; return how many that are."""
    lower, upper = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = min(max(wanted, lower), upper)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, upper))
    return allowed


def tell(text: str) -> None:
    """Print a figure; `pytest -s` shows it."""
    print(text)  # noqa: T201
