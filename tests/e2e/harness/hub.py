"""A stand-in of the Hugging Face Hub that knows one repository and checks the token of every request."""

import hashlib
import json
import threading
from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit


class Access(StrEnum):
    """How the Hub guards a repository; each value is the error code that huggingface_hub understands."""

    GATED = "GatedRepo"
    """Everybody sees what it holds; its files need a token."""

    PRIVATE = "RepoNotFound"
    """Without a token it does not exist."""


class Hub:
    """The server, from `with` to the end of it, on 127.0.0.1.

    Attributes:
        tokens: Those that are good now. May be replaced at any time: that is a rotation.
        authorised: How many requests came with one of them.
        refused: How many were answered by 401.
    """

    def __init__(
        self,
        repository: str,
        files: Mapping[str, bytes],
        tokens: Collection[str],
        access: Access = Access.GATED,
    ) -> None:
        self.repository = repository
        self.files = dict(files)
        self.tokens = tokens
        self.access = access
        self.commit = hashlib.sha1(repr(sorted(files)).encode(), usedforsecurity=False).hexdigest()
        self.authorised = 0
        self.refused = 0
        self._counting = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
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
        return f"http://127.0.0.1:{self._server.server_port}"

    def admits(self, authorization: str, *, guarded: bool) -> bool:
        """Check a request's `Authorization`, and count it; the token itself is kept nowhere."""
        known = authorization.removeprefix("Bearer ") in self.tokens
        admitted = known or not guarded
        with self._counting:
            self.authorised += known
            self.refused += not admitted
        return admitted

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
            "siblings": [{"rfilename": name} for name in self.files],
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
        content = hub.served().get(path)
        guarded = hub.access is Access.PRIVATE or not path.startswith("/api/")
        if content is None:
            self._refuse(HTTPStatus.NOT_FOUND, "EntryNotFound")
        elif hub.admits(self.headers.get("Authorization", ""), guarded=guarded):
            self._send(content)
        else:
            self._refuse(HTTPStatus.UNAUTHORIZED, hub.access)

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        message = f"Access to {self._hub.repository} is restricted."
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
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
