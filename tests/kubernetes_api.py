"""Stands for an API server, with the objects that certificates live in.

A real API server does not run where there is only Python. This one is HTTPS on the loopback over those of
`tests.certs.cluster`: one Secret and two webhook configurations, with server-side apply, field managers,
`resourceVersion`, `uid` and JSON patches with `test`; and over the metadata of Namespaces and Secrets, which
are followed. Statuses and bodies are those of kube-apiserver. It takes bearer tokens, records the rights that
each call needs, and can be told to fail.
"""

import json
import ssl
import threading
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import yaml

from certs.authority import issue_authority, issue_leaf
from certs.store import ConflictError, ForbiddenError, Kind, NotFoundError, Permission
from tests.certs.cluster import Cluster, StoredSecret, configuration
from tests.kubernetes_followed import (
    ExpiredError,
    MetadataStore,
    NamespaceStore,
    SecretStore,
    Watching,
    selected_name,
)
from tests.kubernetes_http import Response, Server

NAMESPACE = "hf-token-injector"
SECRET = "hf-token-injector-tls"
MUTATING = "mutating-hf-token-injector"
VALIDATING = "validating-hf-token-injector"
TOKEN = "a-token-of-a-service-account"
_GROUP = "admissionregistration.k8s.io"
_STATUS: dict[type[Exception], int] = {NotFoundError: 404, ForbiddenError: 403, ExpiredError: 410}
_CONFIGURATIONS = {Kind.MUTATING: MUTATING, Kind.VALIDATING: VALIDATING}


@dataclass
class KubernetesApi:
    """The stand-in. `cluster` may be read and changed under `lock`.

    Attributes:
        cluster: The objects.
        tokens: Those that are taken.
        faults: What the next requests get in place of an answer; None lets one pass.
        requests: Method and path with query of each request, and its headers.
        denied: Rights that nobody has.
        silent: While it is set, requests are read and not answered.
    """

    cluster: Cluster = field(default_factory=lambda: Cluster(now=datetime.now(UTC)))
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    faults: deque[Response | None] = field(default_factory=deque)
    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    denied: set[Permission] = field(default_factory=set)
    silent: bool = False

    def __post_init__(self) -> None:
        """Make a certificate for the loopback."""
        now = datetime.now(UTC)
        self.authority = issue_authority("stand-in of a Kubernetes API server", now=now)
        names = ["127.0.0.1", "::1", "localhost", "kubernetes.default.svc"]
        self.leaf = issue_leaf(self.authority, names, now=now, lifetime=timedelta(days=1))
        self.port = 0
        self.namespaces = NamespaceStore(self.lock)
        self.secrets = SecretStore(self.lock)
        self._followed: dict[str, MetadataStore] = {
            "/api/v1/namespaces": self.namespaces,
            "/api/v1/secrets": self.secrets,
        }
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def configure(self, *entries: str) -> None:
        """Create both configurations with these entries, without a `caBundle`, as a chart does."""
        with self.lock:
            for kind in Kind:
                self.cluster.configurations[kind] = configuration(*entries)
            self.cluster.remember()

    def start(self, folder: Path) -> None:
        """Listen on the loopback, on the same port when it is started again.

        Args:
            folder: Where its key is put for a moment, as the ssl module wants a path.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        path = folder / "api-server.pem"
        path.write_bytes(self.leaf.certificate + self.leaf.key)
        context.load_cert_chain(path)
        path.unlink()
        self._server = Server(("127.0.0.1", self.port), self, context)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.end()
        self._server = None

    def service_account(self, folder: Path, token: str = TOKEN) -> Path:
        """Write what kubelet mounts into a Pod."""
        folder.mkdir(exist_ok=True)
        (folder / "ca.crt").write_bytes(self.authority.certificate)
        (folder / "token").write_text(token)
        (folder / "namespace").write_text(NAMESPACE)
        return folder

    def kubeconfig(self, folder: Path) -> Path:
        """Write a kubeconfig with a token."""
        path = folder / "kubeconfig"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": NAMESPACE}}],
            "clusters": [
                {
                    "name": "c",
                    "cluster": {
                        "server": f"https://127.0.0.1:{self.port}",
                        "certificate-authority-data": b64encode(self.authority.certificate).decode(),
                    },
                }
            ],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
        }
        path.write_text(yaml.safe_dump(document))
        return path

    def bundles(self) -> list[bytes]:
        """Return the `caBundle` of each entry as published now, decoded."""
        with self.lock:
            return [
                b64decode(entry["clientConfig"].get("caBundle", ""))
                for kind in Kind
                for entry in self.cluster.configurations.get(kind, [])
            ]

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one request."""
        self.requests.append((method, target, headers))
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Response.of(401, "Unauthorized")
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return fault
        try:
            return self._found(method, urlsplit(target), headers, body)
        except ConflictError as error:
            failed_test = str(error).startswith("test failed")
            rejected = "the server rejected our request due to an error in our request"
            return Response.of(422, rejected) if failed_test else Response.of(409, str(error))
        except (NotFoundError, ForbiddenError, ExpiredError) as error:
            return Response.of(_STATUS[type(error)], str(error))

    def _found(self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Response:
        secret = f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"
        paths = {f"/apis/{_GROUP}/v1/{kind}/{name}": kind for kind, name in _CONFIGURATIONS.items()}
        if url.path == secret:
            return self._secret(method, dict(parse_qsl(url.query)), headers, body)
        if method == "GET" and url.path in self._followed:
            return self._follow(url.path, dict(parse_qsl(url.query)), headers["Accept"])
        if url.path in paths:
            return self._configuration(method, paths[url.path], headers, body)
        return Response.of(404, "the server could not find the requested resource")

    def _secret(
        self, method: str, parameters: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Response:
        if method == "GET":
            self._call("get", "", "secrets", "secret")
            stored = self.cluster.secret
            return (
                Response(200, _shown(stored)) if stored else Response.of(404, f'secrets "{SECRET}" not found')
            )
        if (method, headers["Content-Type"]) != ("PATCH", "application/apply-patch+yaml"):
            return Response.of(415, "the body of the request was in an unknown format")
        self._call("patch", "", "secrets", "secret")
        if self.cluster.secret is None:
            self._call("create", "", "secrets", "secret")
        manifest = json.loads(body)
        metadata = manifest["metadata"]
        version = f"{metadata['uid']}/{metadata['resourceVersion']}" if "uid" in metadata else None
        created = self.cluster.secret is None
        self.cluster.apply(
            {key: b64decode(value) for key, value in manifest["data"].items()},
            manager=parameters["fieldManager"],
            force=parameters["force"] == "true",
            version=version,
        )
        assert self.cluster.secret
        return Response(201 if created else 200, _shown(self.cluster.secret))

    def _follow(self, path: str, parameters: Mapping[str, str], accept: str) -> Response:
        store, resource, name = self._followed[path], path.rpartition("/")[2], selected_name(parameters)
        if parameters.get("watch") != "1":
            self._call("list", "", resource, name)
            return Response(200, store.page(parameters, accept))
        self._call("watch", "", resource, name)
        return Response(200, Watching(store, int(parameters["resourceVersion"]), name, accept))

    def _configuration(self, method: str, kind: Kind, headers: Mapping[str, str], body: bytes) -> Response:
        name = kind.removesuffix("webhookconfigurations")
        if method == "GET":
            self._call("get", _GROUP, kind, name)
        elif (method, headers["Content-Type"]) == ("PATCH", "application/json-patch+json"):
            self._call("patch", _GROUP, kind, name)
            self.cluster.patch(kind, json.loads(body))
        else:
            return Response.of(415, "the body of the request was in an unknown format")
        if kind not in self.cluster.configurations:
            return Response.of(404, f'{kind} "{_CONFIGURATIONS[kind]}" not found')
        return Response(
            200, {"metadata": {"name": _CONFIGURATIONS[kind]}, "webhooks": self.cluster.configurations[kind]}
        )

    def watched(self, target: str) -> Kind | None:
        """Return what a request watches; None where it is another one, or not allowed."""
        url = urlsplit(target)
        parameters = dict(parse_qsl(url.query))
        if parameters.get("watch") != "1" or url.path in self._followed:
            return None
        kind = Kind(url.path.rpartition("/")[2])
        if parameters["fieldSelector"] != f"metadata.name={_CONFIGURATIONS[kind]}":
            return None
        try:
            self._call("watch", _GROUP, kind, kind.removesuffix("webhookconfigurations"))
        except ForbiddenError:
            return None
        return kind

    def event(self, kind: Kind) -> bytes:
        """Return a configuration as a watch sends it; empty where there is none."""
        with self.lock:
            webhooks = self.cluster.configurations.get(kind)
            if webhooks is None:
                return b""
            shown = {"metadata": {"name": _CONFIGURATIONS[kind]}, "webhooks": webhooks}
            return json.dumps({"type": "MODIFIED", "object": shown}).encode() + b"\n"

    def _call(self, verb: str, group: str, resource: str, name: str) -> None:
        right = Permission(verb, group, resource, name)
        if right in self.denied:
            raise ForbiddenError(f"{resource} is forbidden: cannot {verb}")
        self.cluster.calls.append(right)


def _shown(stored: StoredSecret) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": SECRET,
            "namespace": NAMESPACE,
            "uid": str(stored.uid),
            "resourceVersion": str(stored.version),
        },
        "type": "Opaque",
        "data": {key: b64encode(value).decode() for key, value in stored.data.items()},
    }
