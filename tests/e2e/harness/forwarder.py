"""What kube-proxy does for a Service: new connections go to replicas that are ready, and to no others.

The API server dials one address for our Service; here that address is this forwarder. It asks each replica's
`/readyz` ten times a second, as kubelet would (more often, so that tests are short), and passes bytes.
"""

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

_ASK_SECONDS = 0.1


@dataclass
class Endpoint:
    """A replica as the forwarder sees it."""

    port: int
    ops_port: int
    ready: bool = False


@dataclass
class Forwarder:
    """A TCP forwarder in a thread of its own.

    Attributes:
        port: Where it listens, on both loopback addresses.
        refused: Connections that came while no replica was ready.
    """

    port: int
    refused: int = 0
    accepted: int = 0
    _endpoints: list[Endpoint] = field(default_factory=list)
    _turn: int = 0

    def start(self) -> None:
        """Listen; the thread ends with `stop`."""
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._thread.start()
        assert self._listening.wait(20), "the forwarder does not listen"

    def stop(self) -> None:
        """Close everything, once."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(20)

    def follow(self, port: int, ops_port: int) -> Endpoint:
        """Send connections to a replica, as soon as and for as long as it is ready."""
        endpoint = Endpoint(port, ops_port)
        self._endpoints.append(endpoint)
        return endpoint

    def forget(self, endpoint: Endpoint) -> None:
        """Send nothing to a replica any more; what is connected stays."""
        if endpoint in self._endpoints:
            self._endpoints.remove(endpoint)

    @property
    def ready(self) -> int:
        """How many replicas are ready."""
        return sum(endpoint.ready for endpoint in self._endpoints)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._serve())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._main)
        self._loop.run_until_complete(_cancelled(self._loop))
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, ["127.0.0.1", "::1"], self.port)
        async with server, httpx.AsyncClient(timeout=2, trust_env=False) as client:
            self._listening.set()
            while True:
                await asyncio.gather(*(_look(client, endpoint) for endpoint in list(self._endpoints)))
                await asyncio.sleep(_ASK_SECONDS)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = [endpoint for endpoint in self._endpoints if endpoint.ready]
        if not ready:
            self.refused += 1
            writer.transport.abort()
            return
        self.accepted += 1
        self._turn += 1
        endpoint = ready[self._turn % len(ready)]
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pass(reader, there_writer), _pass(there_reader, writer))


async def _look(client: httpx.AsyncClient, endpoint: Endpoint) -> None:
    try:
        answer = await client.get(f"http://127.0.0.1:{endpoint.ops_port}/readyz")
        endpoint.ready = answer.status_code == httpx.codes.OK
    except httpx.HTTPError:
        endpoint.ready = False


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends."""
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        writer.transport.abort()
    finally:
        with suppress(OSError):
            writer.close()


async def _cancelled(loop: asyncio.AbstractEventLoop) -> None:
    tasks = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
