"""Stands between a server of ours and the API server, and keeps every byte that the server is sent.

It speaks TLS to both: to the server with a certificate of its own, whose CA the server's kubeconfig names, to
the API server as the API server wants it. Requests and answers are passed on as they are.
"""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from certs.authority import issue_authority, issue_leaf


class Recorder:
    """A TLS proxy in threads; to be used as a context manager.

    Attributes:
        address: URL for clients.
        authority: PEM of the CA that clients must trust.
        received: What the API server has sent, of all connections together.
    """

    def __init__(self, upstream: str, authority: str, folder: Path) -> None:
        """Prepare.

        Args:
            upstream: URL of the API server.
            authority: PEM of its CA.
            folder: Where the key lies for a moment, as the ssl module wants a path.
        """
        now = datetime.now(UTC)
        own = issue_authority("recorder", now=now)
        leaf = issue_leaf(own, ["127.0.0.1", "localhost"], now=now, lifetime=timedelta(days=1))
        self.authority = own.certificate.decode()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        path = folder / "recorder.pem"
        path.write_bytes(leaf.certificate + leaf.key)
        self._context.load_cert_chain(path)
        path.unlink()
        self._trust = ssl.create_default_context(cadata=authority)
        self._trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
        url = urlsplit(upstream)
        self._upstream = (url.hostname or "", url.port or 443)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pieces: list[bytes] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="recorder", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._listener, *self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    @property
    def received(self) -> bytes:
        """What the API server has sent so far."""
        return b"".join(self._pieces)

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError):
            near = self._context.wrap_socket(plain, server_side=True)
            far = self._trust.wrap_socket(
                socket.create_connection(self._upstream), server_hostname=self._upstream[0]
            )
            self._open += [near, far]
            threading.Thread(target=self._pass, args=(near, far, None), daemon=True).start()
            self._pass(far, near, self._pieces)

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, kept: list[bytes] | None) -> None:
        """Pass bytes on until one side ends, then end the other."""
        with suppress(OSError):
            while piece := source.recv(65536):
                if kept is not None:
                    kept.append(piece)
                target.sendall(piece)
        for connection in (source, target):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
