"""The way to an API server that a kubeconfig describes, for the command line.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
Several files are merged as kubectl does it: the first that names something wins. Paths in a file are relative
to it. What runs a program to get a credential is refused, with a way out.
"""

import binascii
import os
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from webhook.cluster.access import Access, AccessError, Identification

_REFUSED: Final = {
    "exec": "gets its credential from a program (exec), which hf-token-injector does not run; use a token:"
    " kubectl create token",
    "auth-provider": "uses auth-provider, which kubectl itself no longer has; use a token",
    "username": "uses a name and a password, which no API server takes any more; use a token",
}


class _Named(NamedTuple):
    """An element of `clusters`, `users` or `contexts`, and the folder that its paths start from."""

    value: Mapping[str, Any]
    folder: Path


def paths(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that kubectl would read: those of `KUBECONFIG`, else `~/.kube/config`."""
    listed = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return tuple(listed) or (Path.home() / ".kube" / "config",)


def from_kubeconfig(files: Sequence[Path], context: str = "") -> Access:
    """Return the way that a context describes.

    Args:
        files: Kubeconfigs, the strongest first; those that do not exist are passed over.
        context: Name of a context; empty for `current-context`.

    Raises:
        AccessError: No such context, a part of it is missing, or it needs what is not supported.
    """
    documents = [(_load(file), file.parent) for file in files if file.exists()]
    if not documents:
        raise AccessError(f"there is no kubeconfig ({', '.join(map(str, files))})")
    contexts = (document.get("current-context") for document, _ in documents)
    name = context or next((str(name) for name in contexts if name), "")
    if not name:
        raise AccessError("the kubeconfig has no current-context; choose one with --context")
    chosen = _named(documents, "contexts", name, "context").value
    cluster = _named(documents, "clusters", str(chosen.get("cluster", "")), "cluster")
    user = _named(documents, "users", str(chosen.get("user", "")), "user") if chosen.get("user") else None
    if user:
        _check(user.value, str(chosen["user"]))
    if cluster.value.get("insecure-skip-tls-verify"):
        raise AccessError(f"context {name} does not verify the API server, and private keys go over it")
    server = str(cluster.value.get("server", ""))
    if not server.startswith(("https://", "http://")):
        raise AccessError(f"the cluster of context {name} has no server")
    return Access(
        server=server.rstrip("/"),
        identify=lambda: _identify(cluster, user),
        namespace=str(chosen.get("namespace") or "default"),
        server_name=str(cluster.value.get("tls-server-name") or ""),
        proxy=str(cluster.value.get("proxy-url") or ""),
    )


def _load(file: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise AccessError(f"{file} cannot be read: {why}") from None
    # The text of an error quotes the file, which holds credentials. Beside its own errors PyYAML lets through
    # those of dates and numbers that there are not, and of what is nested without an end.
    except (yaml.YAMLError, ValueError, RecursionError):
        raise AccessError(f"{file} is not YAML") from None
    if not isinstance(document, dict):
        raise AccessError(f"{file} is no kubeconfig")
    return document


def _named(documents: Sequence[tuple[Mapping[str, Any], Path]], plural: str, name: str, what: str) -> _Named:
    known: list[str] = []
    for document, folder in documents:
        for element in document.get(plural) or ():
            if not isinstance(element, dict):
                continue
            known.append(str(element.get("name")))
            if known[-1] == name and isinstance(element.get(what), dict):
                return _Named(element[what], folder)
    raise AccessError(f"the kubeconfig has no {what} {name!r}; it has {', '.join(known) or 'none'}")


def _check(user: Mapping[str, Any], name: str) -> None:
    for key, why in _REFUSED.items():
        if user.get(key):
            raise AccessError(f"user {name} {why}")


def _identify(cluster: _Named, user: _Named | None) -> Identification:
    authority = _bytes(cluster, "certificate-authority")
    if user is None:
        return Identification(authority)
    token = str(user.value.get("token") or "")
    if not token and user.value.get("tokenFile"):
        token = _file(user.folder / str(user.value["tokenFile"])).decode("ascii", "replace").strip()
    return Identification(authority, token, _bytes(user, "client-certificate"), _bytes(user, "client-key"))


def _bytes(named: _Named, key: str) -> bytes:
    """Return what is in the file as base64 (`<key>-data`) or in another file; nothing where neither is."""
    data, path = named.value.get(f"{key}-data"), named.value.get(key)
    if data:
        try:
            return b64decode(str(data), validate=True)
        except (binascii.Error, ValueError):
            raise AccessError(f"{key}-data of the kubeconfig is not base64") from None
    return _file(named.folder / str(path)) if path else b""


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AccessError(f"{path} cannot be read: {error.strerror}") from None
