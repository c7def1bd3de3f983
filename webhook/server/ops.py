"""The plain-HTTP side: `/livez`, `/readyz`, `/metrics`. It needs no framework.

Liveness only says that the event loop turns: a replica that is draining, or waits for its certificate, is not
helped by a restart.
"""

from prometheus_client import CONTENT_TYPE_LATEST

from webhook.server.app import HttpScope, Receive, Send
from webhook.server.metrics import Metrics
from webhook.server.readiness import Readiness

_TEXT = "text/plain; charset=utf-8"


class Ops:
    """The ASGI application of the ops port."""

    def __init__(self, readiness: Readiness, metrics: Metrics) -> None:
        self._readiness = readiness
        self._metrics = metrics

    async def __call__(self, scope: HttpScope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        status, content_type, body = self._answer(scope["method"], scope["path"])
        headers = [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        if path not in {"/livez", "/readyz", "/metrics"}:
            return 404, _TEXT, b"There is nothing here; try /livez, /readyz or /metrics.\n"
        if method not in {"GET", "HEAD"}:
            return 405, _TEXT, f"{path} takes GET only.\n".encode()
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, self._metrics.exposition()
        reasons = self._readiness.reasons if path == "/readyz" else []
        if reasons:
            return 503, _TEXT, f"not ready: {'; '.join(reasons)}\n".encode()
        return 200, _TEXT, b"ok\n"
