"""The HTTPS side of the stand-in in `kubernetes_api`: a thread a connection, watches that go on, an end.

What is answered is the stand-in's own; here it becomes bytes.
"""

import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Protocol

from certs.store import Kind
from tests.kubernetes_followed import Watching


class Response(NamedTuple):
    """A status and a body, as JSON where it is no bytes."""

    status: int
    body: Any

    @classmethod
    def of(cls, status: int, message: str, *fields: str) -> "Response":
        """Return a `Status`, with the fields that it complains about."""
        causes = [{"reason": "FieldValueInvalid", "message": "invalid", "field": name} for name in fields]
        reason = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict"}
        reason |= {410: "Expired", 422: "Invalid"}
        return cls(
            status,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "message": message,
                "reason": reason.get(status, ""),
                "details": {"causes": causes} if causes else {},
                "code": status,
            },
        )


class Answering(Protocol):
    """What answers: `KubernetesApi`."""

    lock: threading.RLock
    silent: bool
    requests: list[tuple[str, str, Mapping[str, str]]]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one request."""

    def watched(self, target: str) -> Kind | None:
        """Return what a request watches; None where it is another one."""

    def event(self, kind: Kind) -> bytes:
        """Return what a watch sends; empty where there is nothing."""


class Server(ThreadingHTTPServer):
    """Serves one thread a connection, and can close all of them."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], api: Answering, context: ssl.SSLContext) -> None:
        super().__init__(address, _Handler)
        self.api = api
        self._context = context
        self._connections: set[socket.socket] = set()
        self._ended = threading.Event()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; its handshake is made in its own thread."""
        plain, address = super().get_request()
        connection = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as in the standard library
        """Close a connection without TLS's goodbye, which would wait for the other side."""
        self._connections.discard(request)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say nothing: clients that go away are a part of the tests."""

    def wait_for_end(self, seconds: float | None = None) -> bool:
        """Block a request until the server ends, or for some time; return whether it has ended."""
        return self._ended.wait(seconds)

    def end(self) -> None:
        """Close everything."""
        self._ended.set()
        self.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        self.request.do_handshake()
        super().setup()

    def do_GET(self) -> None:
        api = self.server.api
        with api.lock:
            kind = None if api.silent else api.watched(self.path)
        if kind is None:
            self._do()
        else:
            self._watch(kind)

    def _watch(self, kind: Kind) -> None:
        """Send a configuration now and whenever it is another one, until somebody has enough."""
        self._begin()
        sent = b""
        while True:
            event = self.server.api.event(kind)
            if event and event != sent:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                sent = event
            if self.server.wait_for_end(0.01):
                return

    def _watch_metadata(self, watching: Watching) -> None:
        """Send what happens after a version, until the watch is ended, broken off, or nobody listens."""
        store, version, name, accept = watching
        self._begin()
        with store.watching() as ends:
            while version >= 0 and ends() is None:
                for at, line in store.after(version, name, accept):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                    version = at
                if self.server.wait_for_end(0.002):
                    break
        if version < 0 or ends() == "ended":
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def _begin(self) -> None:
        """Send the head of an answer that goes on."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def do_PATCH(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        api = self.server.api
        if api.silent:
            api.requests.append((self.command, self.path, {}))
            self.server.wait_for_end()
            return
        with api.lock:
            response = api.answer(self.command, self.path, dict(self.headers.items()), body)
        if isinstance(response.body, Watching):
            self._watch_metadata(response.body)
            return
        with api.lock:
            content = (
                response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
            )
        self.send_response(response.status, HTTPStatus(response.status).phrase)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
        """Log nothing."""
