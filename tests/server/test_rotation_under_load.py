"""Rotation over real TLS: two servers, and a client that trusts what was published up to 30 s ago."""

import asyncio
import http.client
import random
import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import pytest

from certs.request import rotate
from certs.store import Kind
from tests.kubernetes_api import KubernetesApi
from tests.server.managed import HOST, NAMES, Managed, identity, wait_for
from tests.server.manual_clock import ManualClock
from tests.server.running import exchange
from webhook.cluster.certificate_store import CertificateStore
from webhook.cluster.client import Client
from webhook.cluster.kubeconfig import from_kubeconfig

REQUESTS = 10_000
ROTATIONS = 5
STALE = timedelta(seconds=30)
"""How old a bundle may be that a client knows: the promise of `certs`."""
TICK = 10
"""Seconds between two looks of a replica while it waits, as `certs.report.BUSY_LOOK`."""
TICKS = 9
"""Looks that a rotation is given: 60 s of waiting, and some to publish, switch and promote."""
REUSE = 5
"""Requests over one connection."""


class Callers:
    """A client in a loop, in a thread: it alternates between servers, and reuses each connection a little."""

    def __init__(self, api: KubernetesApi, servers: list[Managed], body: bytes) -> None:
        self._api = api
        self._servers = servers
        self._body = body
        self._random = random.Random(4)  # noqa: S311 - the same choices every time
        self._stop = threading.Event()
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self.answered = 0
        self.failed: list[str] = []
        self.leaves: set[bytes] = set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop after the connection that is open."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def wait_for_more(self, count: int) -> None:
        """Return when so many further requests were made."""
        with self._more:
            until = self.answered + len(self.failed) + count
            assert self._more.wait_for(lambda: self.answered + len(self.failed) >= until, timeout=60)

    def _run(self) -> None:
        while not self._stop.is_set():
            for server in self._servers:
                self._call(server)

    def _call(self, server: Managed) -> None:
        """Connect with a bundle as some entry published it at some moment of the last 30 s."""
        context = _trusting(self._bundle())
        port = server.port("https")
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        try:
            plain = socket.create_connection(("127.0.0.1", port), timeout=60)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sock = wrapped = context.wrap_socket(plain, server_hostname=HOST)
            self.leaves.add(wrapped.getpeercert(binary_form=True) or b"")
            for _ in range(REUSE):
                status = exchange(connection, self._body).status
                self._count(None if status == 200 else f"HTTP {status}")
        except (OSError, http.client.HTTPException) as error:
            self._count(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    def _bundle(self) -> str:
        with self._api.lock:
            published = self._random.choice(self._api.cluster.during(STALE))
            entry = self._random.choice(published[self._random.choice(list(Kind))])
            return b64decode(entry["clientConfig"]["caBundle"]).decode()

    def _count(self, failure: str | None) -> None:
        with self._more:
            if failure:
                self.failed.append(failure)
            else:
                self.answered += 1
            self._more.notify_all()


@lru_cache(maxsize=64)
def _trusting(pem: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=pem)


@pytest.fixture
def clock() -> ManualClock:
    """The clock of both servers."""
    return ManualClock()


@pytest.fixture
def servers(api: KubernetesApi, tmp_path: Path, clock: ManualClock) -> Iterator[list[Managed]]:
    """Two ready servers that look only when they are told to."""
    servers = [Managed(api, tmp_path, clock=clock, check_seconds=3600) for _ in range(2)]
    try:
        for server in servers:
            server.start()
            wait_for(lambda server=server: server.ready)  # type: ignore[misc]
        yield servers
    finally:
        for server in servers:
            server.end()


def test_no_request_fails_while_certificates_rotate(
    api: KubernetesApi, servers: list[Managed], clock: ManualClock, tmp_path: Path, review_bytes: bytes
) -> None:
    access = from_kubeconfig([api.kubeconfig(tmp_path)])

    def tick() -> None:
        """Let 10 s pass for everybody, let each server look, and the client go on meanwhile."""
        with api.lock:
            clock.advance(TICK)
            api.cluster.wait(timedelta(seconds=TICK))
        for server in servers:
            server.look()
        callers.wait_for_more(REQUESTS // (ROTATIONS * TICKS))

    async def ask_for_rotation() -> None:
        async with Client(access) as client:
            await rotate(CertificateStore(client, NAMES), identity=identity("person"), now=clock.now())

    # Clients of before the first publication trust nobody.
    api.cluster.wait(STALE * 2)
    callers = Callers(api, servers, review_bytes)
    callers.start()
    try:
        for _ in range(ROTATIONS):
            asyncio.run(ask_for_rotation())
            for _ in range(TICKS):
                tick()
        callers.wait_for_more(max(1, REQUESTS - callers.answered))
    finally:
        callers.end()
    assert callers.failed == []
    assert callers.answered >= REQUESTS
    assert len(callers.leaves) == ROTATIONS + 1
    assert all(server.metric("bundle_mismatch") == 0 for server in servers)
