"""A stand-in of the Hugging Face Hub that knows one repository and checks the token of every request.

Its refusals are those of the Hub, as huggingface_hub reads them (`utils/_http.py`).
"""

import hashlib
import json
import ssl
import threading
from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit


class Access(StrEnum):
    """How the Hub guards a repository; each value is the error code that huggingface_hub understands."""

    GATED = "GatedRepo"
    """Everybody sees what it holds; its files need a token."""

    PRIVATE = "RepoNotFound"
    """Without a token it does not exist."""


class Refusal(NamedTuple):
    """An answer that is none: status, `X-Error-Code` (there may be none) and `X-Error-Message`."""

    status: HTTPStatus
    code: str
    message: str


class Hub:
    """The server, from `with` to the end of it, on 127.0.0.1.

    Attributes:
        tokens: Those that are good now. May be replaced at any time: that is a rotation.
        strangers: Those of accounts that may not read the repository.
        message: What strangers are told.
        authorised: How many requests came with one of them.
        refused: How many were answered by 401.
        moved: Paths that are answered by a redirect, and where that leads.
        asked: The method and path of every request.
    """

    def __init__(
        self,
        repository: str,
        files: Mapping[str, bytes],
        tokens: Collection[str],
        access: Access = Access.GATED,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare; with a context it speaks HTTPS."""
        self.repository = repository
        self.files = dict(files)
        self.tokens = tokens
        self.access = access
        self.strangers: Collection[str] = ()
        self.message = f"Access to model {repository} is restricted and you are not in the authorized list."
        self.moved: dict[str, str] = {}
        self.asked: list[str] = []
        self.commit = hashlib.sha1(repr(sorted(files)).encode(), usedforsecurity=False).hexdigest()
        self.authorised = 0
        self.refused = 0
        self._counting = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name="hub")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What `HF_ENDPOINT` is to be."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def refusal(self, authorization: str, path: str) -> Refusal | None:
        """Judge a request's `Authorization`, and count it; the token itself is kept nowhere."""
        token = authorization.removeprefix("Bearer ")
        known = token in self.tokens
        refusal = self._refusal(token, path) if not known else None
        with self._counting:
            self.authorised += known
            self.refused += refusal is not None and refusal.status == HTTPStatus.UNAUTHORIZED
        return refusal

    def _refusal(self, token: str, path: str) -> Refusal | None:
        private = self.access is Access.PRIVATE
        if token in self.strangers:
            if private:
                return Refusal(HTTPStatus.NOT_FOUND, self.access, "Repository not found")
            return (
                None if path.startswith("/api/") else Refusal(HTTPStatus.FORBIDDEN, self.access, self.message)
            )
        if token:
            return Refusal(HTTPStatus.UNAUTHORIZED, "", "Invalid credentials in Authorization header")
        if path.startswith("/api/") and not private:
            return None
        return Refusal(HTTPStatus.UNAUTHORIZED, self.access, f"Access to {self.repository} is restricted.")

    def absence(self, path: str, *, signed_in: bool) -> Refusal:
        """Return the answer about what is not there."""
        if path.startswith((f"/api/models/{self.repository}/", f"/{self.repository}/")):
            return Refusal(HTTPStatus.NOT_FOUND, "RevisionNotFound", "Invalid rev id")
        # Without a token nobody is told what there is.
        status = HTTPStatus.NOT_FOUND if signed_in else HTTPStatus.UNAUTHORIZED
        return Refusal(status, "RepoNotFound", "Repository not found")

    def served(self) -> dict[str, bytes]:
        """Return the content of every path: what the API says of the repository, and its files."""
        found = {}
        for revision in ("main", self.commit):
            api = f"/api/models/{self.repository}"
            found[f"{api}/revision/{revision}"] = json.dumps(self._described()).encode()
            found[f"{api}/tree/{revision}"] = json.dumps(self._tree()).encode()
            for name, content in self.files.items():
                found[f"/{self.repository}/resolve/{revision}/{name}"] = content
        return found

    def _described(self) -> dict[str, Any]:
        return {
            "id": self.repository,
            "modelId": self.repository,
            "sha": self.commit,
            "private": self.access is Access.PRIVATE,
            "gated": "manual" if self.access is Access.GATED else False,
            "tags": [],
            "siblings": [{"rfilename": name, "size": len(content)} for name, content in self.files.items()],
        }

    def _tree(self) -> list[dict[str, Any]]:
        return [
            {"type": "file", "path": name, "size": len(content), "oid": _etag(content)}
            for name, content in self.files.items()
        ]


def _etag(content: bytes) -> str:
    """Return what names a content."""
    return hashlib.sha256(content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def __init__(self, hub: Hub, *arguments: Any) -> None:  # noqa: ANN401 - the server's, passed on
        self._hub = hub
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        """Answer for the API of the repository, or for one of its files."""
        hub = self._hub
        path = unquote(urlsplit(self.path).path)
        hub.asked.append(f"{self.command} {path}")
        if path in hub.moved:
            self._redirect(hub.moved[path])
            return
        authorization = self.headers.get("Authorization", "")
        refusal = hub.refusal(authorization, path)
        content = hub.served().get(path)
        if refusal is None and content is None:
            refusal = hub.absence(path, signed_in=bool(authorization))
        if refusal is not None:
            self._refuse(refusal)
        elif content is not None:
            self._send(content)

    def _redirect(self, location: str) -> None:
        self.send_response(HTTPStatus.TEMPORARY_REDIRECT)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, refusal: Refusal) -> None:
        self.send_response(refusal.status)
        if refusal.code:
            self.send_header("X-Error-Code", refusal.code)
        self.send_header("X-Error-Message", refusal.message)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{_etag(content)}"')
        self.send_header("X-Repo-Commit", self._hub.commit)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: a test looks at the counts."""
