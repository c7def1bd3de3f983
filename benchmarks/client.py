"""A keep-alive connection that posts reviews: little Python between the answer and the clock."""

import socket
import ssl
from typing import Self

from benchmarks.servers import HOST

_PATIENCE = 60.0
"""Seconds to wait for an answer; a review waits 10 s for others at most."""


class Client:
    """One HTTPS connection. `send` and `receive` are apart, so that several clients can wait at once."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        plain = socket.create_connection((HOST, port), _PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain, server_hostname=HOST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def certificate(self) -> bytes:
        """The certificate that this connection was opened with."""
        return self._socket.getpeercert(binary_form=True) or b""

    def send(self, body: bytes, path: str = "/mutate") -> None:
        """Post a review."""
        head = f"POST {path}?timeout=3s HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        self._socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def receive(self) -> tuple[int, bytes]:
        """Return the status and the body of the next answer.

        Raises:
            OSError: The connection ended before.
        """
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"\r\ncontent-length:")[2].split(None, 1)[0])
        while len(body) < length:
            body += self._more()
        return int(head.split(None, 2)[1]), body

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """Post a review and return status and body of the answer."""
        self.send(body)
        return self.receive()

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionResetError("the server closed the connection")
        return piece
