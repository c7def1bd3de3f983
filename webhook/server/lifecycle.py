"""Start, serve, drain, stop: both HTTP servers in one event loop.

Stopping in Kubernetes is a race: a Pod that got SIGTERM is still called until every node has heard. So the
first signal only makes the replica unready; it goes on answering for `drainSeconds`, and each answer closes
its connection, which moves callers to other replicas one answer at a time. Then uvicorn stops: what is in
flight is finished. A second signal cuts the wait short.
"""

import asyncio
import contextlib
import functools
import math
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

import uvicorn
from structlog.typing import FilteringBoundLogger

from webhook import __version__
from webhook.server.app import App, Serving
from webhook.server.certificates import CertificateError, CertificateSource
from webhook.server.known import Known
from webhook.server.known_cluster import KnownCluster, Watches
from webhook.server.listening import Doors, Listener
from webhook.server.memory import settle
from webhook.server.metrics import Metrics
from webhook.server.ops import Ops
from webhook.server.protocol import LimitedProtocol, Limits
from webhook.server.readiness import Readiness
from webhook.server.signs import Signs
from webhook.server.sockets import address_of, connections_at_most, listen
from webhook.server.telling import MakeTeller
from webhook.server.tls import Renewal, ServedCertificate
from webhook.settings import Loaded, ServerSettings

_DRAINING: Final = "draining"
_CLOSE: Final = (b"connection", b"close")
_OPS_CONNECTIONS: Final = 100
"""Connections of kubelet, of Prometheus, and of whoever else asks the ops port."""


class StartError(Exception):
    """The server cannot start; the text is a sentence for the person who started it."""


MakeDoors = Callable[[set[LimitedProtocol], Callable[[], asyncio.Protocol]], Doors]
"""Makes what a listener needs, of a server's connections and of what makes their protocols."""


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `Service` and says when it is up."""

    def __init__(self, config: uvicorn.Config, doors: MakeDoors) -> None:
        super().__init__(config)
        self._doors = doors
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so. The listener is ours; uvicorn closes it."""
        doors = self._doors(cast("set[LimitedProtocol]", self.server_state.connections), self._protocol)
        self.servers = cast(
            "list[asyncio.base_events.Server]", [Listener(sock, doors) for sock in sockets or ()]
        )
        self.started = True
        self.up.set()

    def _protocol(self) -> asyncio.Protocol:
        make = self.config.http_protocol_class
        return make(config=self.config, server_state=self.server_state, app_state={})  # type: ignore[call-arg]

    def close_after_answers(self) -> None:
        """Let every answer from now on, also those in flight, close its connection."""
        self.config.encoded_headers.append(_CLOSE)
        self.server_state.default_headers.append(_CLOSE)
        for connection in self.server_state.connections:
            if cycle := cast("LimitedProtocol", connection).answering():
                cycle.keep_alive = False


class Service:
    """The whole server, from its start to its end."""

    def __init__(  # noqa: PLR0913 - one argument for each part
        self,
        loaded: Loaded,
        source: CertificateSource,
        metrics: Metrics,
        logger: FilteringBoundLogger,
        *,
        watches: Watches | None = None,
        make_teller: MakeTeller | None = None,
    ) -> None:
        """Put the parts together; nothing is opened yet. An event loop must run.

        Args:
            loaded: The settings.
            source: Of the certificate.
            metrics: Of this server.
            logger: Of this server.
            watches: How the cluster is followed; None where it is not.
            make_teller: Makes who tells of decisions by Events; None where nobody does.
        """
        self._settings = loaded.server
        self._logger = logger
        self.metrics = metrics
        self.readiness = Readiness()
        signs = Signs(self.readiness, self.metrics, logger)
        self._cluster = None if watches is None else KnownCluster(loaded.knowledge, watches, signs)
        known = self._cluster or Known(loaded.knowledge)
        self._teller = None if make_teller is None else make_teller(signs)
        self.serving = Serving(
            loaded.settings, known, self.metrics, logger, self._settings.max_body_bytes, self._teller
        )
        self._served = ServedCertificate()
        self._source = source
        self._renewal = Renewal(source, self._served, signs=signs, now=lambda: datetime.now(UTC))
        self._app = self._server(App(self.serving), self._settings.max_connections, self._served.listener)
        self._ops = self._server(Ops(self.readiness, self.metrics), _OPS_CONNECTIONS, None)
        self._signals = 0
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self.listening = asyncio.Event()
        self.addresses: dict[str, str] = {}

    def _server(self, app: Callable[..., Any], most: int, context: ssl.SSLContext | None) -> Server:
        settings, metrics = self._settings, self.metrics
        limits = Limits(settings.header_seconds, settings.body_seconds, metrics.refused)

        def doors(connections: set[LimitedProtocol], make: Callable[[], asyncio.Protocol]) -> Doors:
            return Doors(
                make=make,
                connections=connections,
                context=context,
                most=connections_at_most(most),
                handshake_seconds=settings.header_seconds,
                dropped=metrics.dropped,
            )

        return Server(_config(settings, app, limits), doors)

    def stop(self) -> None:
        """Begin to stop; called again, stop without waiting any longer."""
        self._signals += 1
        if self._signals == 1:
            self._stop.set()
        elif self._signals == 2:  # noqa: PLR2004
            self._hurry.set()
        else:
            self._app.force_exit = self._ops.force_exit = True

    async def run(self) -> None:
        """Serve until `stop` is called.

        Raises:
            StartError: There is no certificate that can be served, or a port cannot be had.
        """
        try:
            await self._renewal.first()
        except CertificateError as error:
            raise StartError(f"hf-token-injector cannot start: {error}.") from None
        https = _listen("server", self._settings.host, self._settings.port)
        ops = _listen("server.ops", self._settings.ops_host, self._settings.ops_port)
        self.addresses = {"https": address_of(https), "ops": address_of(ops)}
        async with asyncio.TaskGroup() as tasks:
            serving = [
                tasks.create_task(self._app.serve(sockets=[https])),
                tasks.create_task(self._ops.serve(sockets=[ops])),
            ]
            following = [tasks.create_task(self._renewal.follow())]
            if self._cluster is not None:
                following.append(tasks.create_task(self._cluster.keep()))
            if self._teller is not None:
                following.append(tasks.create_task(self._teller.keep()))
            keeping = tasks.create_task(self._source.keep())
            await self._app.up.wait()
            await self._ops.up.wait()
            settle()
            self.readiness.met("start")
            self._logger.info("listening", version=__version__, **self.addresses)
            self.listening.set()
            await self._stop.wait()
            # A replica that goes begins nothing in the cluster, and waits for no answer of it. It
            # goes on following what answers depend on.
            keeping.cancel()
            if self._teller is not None:
                self._teller.hurry()
            await self._drain()
            for server, task in zip((self._app, self._ops), serving, strict=True):
                server.should_exit = True
                await task
            if self._teller is not None:
                await self._teller.end()
            for task in following:
                task.cancel()
        self._logger.info("stopped")

    async def _drain(self) -> None:
        """Answer on, unready, until the drain time is over or somebody is in a hurry."""
        self.readiness.wait_for(_DRAINING, "it is stopping")
        self._app.close_after_answers()
        self._logger.info("draining", seconds=self._settings.drain_seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain_seconds):
                await self._hurry.wait()


def _listen(setting: str, host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        why = error.strerror or error
        raise StartError(
            f"hf-token-injector cannot start: {setting} port {port} on {host} cannot be had: {why}."
        ) from None


def _config(settings: ServerSettings, app: Callable[..., Any], limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", functools.partial(LimitedProtocol, limits=limits)),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # uvicorn's type says int; it is only ever handed to call_later.
        timeout_keep_alive=cast("int", settings.keep_alive_seconds),
        timeout_graceful_shutdown=math.ceil(settings.stop_seconds),
    )
