"""A real server in a thread of this process, and clients for it."""

import asyncio
import http.client
import io
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvloop
from structlog.typing import FilteringBoundLogger

from webhook.core.knowledge import UNKNOWN, Knowledge
from webhook.core.settings import Settings
from webhook.server.certificates import CertificateFiles, CertificateSource
from webhook.server.known_cluster import Watches
from webhook.server.lifecycle import Service
from webhook.server.logs import make_logger
from webhook.server.metrics import Metrics
from webhook.server.telling import MakeTeller
from webhook.settings import Loaded, ServerSettings

JSON = {"Content-Type": "application/json"}


MakeSource = Callable[[ServerSettings, Metrics, FilteringBoundLogger], CertificateSource]
"""What makes a server's source of certificates, in its event loop."""


@dataclass
class Answer:
    """A response, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever came
        """The body, parsed."""
        return json.loads(self.body)


@dataclass
class Running:
    """A server that serves, in a thread with an event loop of its own."""

    settings: ServerSettings
    trust: ssl.SSLContext
    log: io.BytesIO = field(default_factory=io.BytesIO)
    service: Service | None = None
    loop: asyncio.AbstractEventLoop | None = None
    failure: BaseException | None = None
    up: threading.Event = field(default_factory=threading.Event)
    make_source: MakeSource = field(
        default=lambda settings, _metrics, _logger: CertificateFiles(settings.tls), repr=False
    )

    watches: Watches | None = None
    platform: Settings = field(default_factory=Settings)
    knowledge: Knowledge = UNKNOWN
    make_teller: MakeTeller | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start, and return when it listens."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self.up.wait(60), "the server did not start"
        if self.failure:
            raise self.failure

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - the thread that waits is told
            self.failure = error
            self.up.set()

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        logger = make_logger(self.settings.log, self.log)
        loaded = Loaded(self.platform, self.knowledge, self.settings)
        metrics = Metrics()
        source = self.make_source(self.settings, metrics, logger)
        self.service = Service(
            loaded, source, metrics, logger, watches=self.watches, make_teller=self.make_teller
        )
        serving = asyncio.ensure_future(self.service.run())
        listening = asyncio.ensure_future(self.service.listening.wait())
        await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            self.up.set()
        listening.cancel()
        await serving

    def call(self, function: Callable[[], Any]) -> None:
        """Call something in the server's loop."""
        assert self.loop
        self.loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        """Do what a signal does."""
        assert self.service
        self.call(self.service.stop)

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join(60)
        assert not self._thread.is_alive(), "the server did not stop"

    def end(self) -> None:
        """Stop without waiting for anything, if it still runs."""
        if self._thread.is_alive():
            self.stop()
            self.stop()
            self.join()

    def port(self, which: str) -> int:
        """Return the port that was taken for `https` or `ops`."""
        assert self.service
        return int(self.service.addresses[which].rpartition(":")[2])

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was logged so far."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def connect(self) -> http.client.HTTPSConnection:
        """Return a client connection, which opens itself."""
        return http.client.HTTPSConnection("localhost", self.port("https"), context=self.trust, timeout=60)

    def post(
        self, body: bytes, path: str = "/mutate", headers: dict[str, str] = JSON, method: str = "POST"
    ) -> Answer:
        """Send one request over a connection of its own."""
        connection = self.connect()
        try:
            return exchange(connection, body, path, headers, method)
        finally:
            connection.close()

    def get(self, path: str, method: str = "GET") -> Answer:
        """Ask the ops port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port("ops"), timeout=60)
        try:
            return exchange(connection, b"", path, {}, method)
        finally:
            connection.close()

    def raw(self) -> ssl.SSLSocket:
        """Open a TLS connection to say anything over."""
        plain = socket.create_connection(("127.0.0.1", self.port("https")), timeout=60)
        return self.trust.wrap_socket(plain, server_hostname="localhost")


def exchange(
    connection: http.client.HTTPConnection,
    body: bytes,
    path: str = "/mutate",
    headers: dict[str, str] = JSON,
    method: str = "POST",
) -> Answer:
    """Send a request over a connection and read the whole answer."""
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def read_all(sock: socket.socket) -> bytes:
    """Read until the other side closes."""
    pieces = []
    while piece := sock.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
