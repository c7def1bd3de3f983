"""What kube-proxy does for a Service: new connections go to replicas that are ready, and to no others.

The API server dials one address for our Service; here that address is this forwarder. It asks each replica's
`/readyz` ten times a second, as kubelet would (more often, so that tests are short), and passes bytes.
"""

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from tests.e2e.harness.waiting import PATIENCE

_ASK_SECONDS = 0.1
_ANSWER_SECONDS = 20
"""How long a replica may take to say that it is ready: kubelet asks three times before it takes one out."""


@dataclass
class Endpoint:
    """A replica as the forwarder sees it."""

    port: int
    ops_port: int
    ready: bool = False
    asked: bool = False


@dataclass
class Forwarder:
    """A TCP forwarder in a thread of its own.

    Attributes:
        port: Where it listens, on both loopback addresses.
    """

    port: int
    _endpoints: list[Endpoint] = field(default_factory=list)
    _turn: int = 0

    def start(self) -> None:
        """Listen; the thread ends with `stop`."""
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._passing: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._thread.start()
        assert self._listening.wait(PATIENCE), "the forwarder does not listen"

    def stop(self) -> None:
        """Close everything, once."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
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

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, ["127.0.0.1", "::1"], self.port)
        async with (
            httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client,
            asyncio.TaskGroup() as looks,
        ):
            self._listening.set()
            while not self._stopping.is_set():
                # Each by itself: a slow one must not hide that another drains and is gone soon.
                for endpoint in [one for one in self._endpoints if not one.asked]:
                    endpoint.asked = True
                    looks.create_task(_look(client, endpoint))
                with suppress(TimeoutError):
                    async with asyncio.timeout(_ASK_SECONDS):
                        await self._stopping.wait()
        server.close()
        for passing in list(self._passing):
            passing.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        await asyncio.sleep(0)  # an aborted transport closes its socket at the loop's next turn

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._passing.add(task)
        try:
            # Cancelled by `_serve` alone; asyncio would log a task of its streams that ends in this way.
            with suppress(asyncio.CancelledError):
                await self._forward(reader, writer)
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = [endpoint for endpoint in self._endpoints if endpoint.ready]
        if not ready:
            return
        self._turn += 1
        endpoint = ready[self._turn % len(ready)]
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
        except OSError:
            return
        try:
            await asyncio.gather(_pass(reader, there_writer), _pass(there_reader, writer))
        finally:
            there_writer.transport.abort()


async def _look(client: httpx.AsyncClient, endpoint: Endpoint) -> None:
    try:
        answer = await client.get(f"http://127.0.0.1:{endpoint.ops_port}/readyz")
        endpoint.ready = answer.status_code == httpx.codes.OK
    except httpx.HTTPError:
        endpoint.ready = False
    finally:
        endpoint.asked = False


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until one side ends."""
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
