"""Namespaces and Secrets as kube-apiserver shows them; a part of the stand-in in `kubernetes_api`.

Pages with tokens to continue, versions, bookmarks, events in order, 410 for what was compacted, metadata only
where the client accepts that: as kube-apiserver 1.37 was seen to answer.
"""

import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_TOO_OLD_PAGE = "The provided continue parameter is too old to display a consistent list result."


class Watching(NamedTuple):
    """A watch that was allowed: of what, after which version, which name, and what the client accepts."""

    store: "MetadataStore"
    version: int
    name: str
    accept: str


class ExpiredError(Exception):
    """What is asked for was compacted."""


@dataclass
class MetadataStore:
    """Objects of one kind; to be used under `lock`.

    Attributes:
        version: `resourceVersion` of the last change.
        oldest: From which a watch may begin.
        watches: How many are open.
    """

    lock: threading.RLock
    version: int = 100
    oldest: int = 100
    metadata: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    events: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    watches: int = 0
    _stops: list[str] = field(default_factory=list)

    def hold(self, name: str, namespace: str = "", **metadata: Any) -> None:  # noqa: ANN401
        """Create or change one."""
        with self.lock:
            key = (namespace, name)
            kind = "MODIFIED" if key in self.metadata else "ADDED"
            self.version += 1
            self.metadata[key] = {
                "name": name,
                **({"namespace": namespace} if namespace else {}),
                "uid": f"uid-{namespace}-{name}",
                "resourceVersion": str(self.version),
                **metadata,
                "managedFields": [
                    {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:metadata": {}}}
                ],
            }
            self._happened(kind, self.metadata[key])

    def delete(self, name: str, namespace: str = "") -> None:
        """Delete one."""
        with self.lock:
            self.version += 1
            gone = self.metadata.pop((namespace, name))
            self._happened("DELETED", {**gone, "resourceVersion": str(self.version)})

    def bookmark(self) -> None:
        """Let watches show that they are alive."""
        with self.lock:
            self.version += 1
            self._happened("BOOKMARK", {"resourceVersion": str(self.version)})

    def fail(self, code: int, reason: str) -> None:
        """Let watches hear of an error."""
        with self.lock:
            self.version += 1
            status = {
                "kind": "Status",
                "metadata": {},
                "message": "it went wrong",
                "reason": reason,
                "code": code,
            }
            self.events.append((self.version, "ERROR", status))

    def say(self, line: str) -> None:
        """Let watches hear something that is no event."""
        with self.lock:
            self.version += 1
            self.events.append((self.version, "", {"line": line}))

    def compact(self) -> None:
        """Forget what happened until now."""
        with self.lock:
            self.version += 1
            self.oldest = self.version
            self.events.clear()

    def end(self) -> None:
        """End the watches that are open, as after their time."""
        self._stops.append("ended")

    def cut(self) -> None:
        """Break off the watches that are open."""
        self._stops.append("broken off")

    @contextmanager
    def watching(self) -> Iterator[Callable[[], str | None]]:
        """Count a watch as open; yields what tells how it is stopped, None as long as it is not."""
        before = len(self._stops)
        with self.lock:
            self.watches += 1
        try:
            yield lambda: self._stops[before] if len(self._stops) > before else None
        finally:
            with self.lock:
                self.watches -= 1

    def page(self, parameters: Mapping[str, str], accept: str) -> dict[str, Any]:
        """Return one page of a list.

        Raises:
            ExpiredError: Its token is of a time that was compacted.
        """
        version, after = self.version, ("", "")
        if token := parameters.get("continue"):
            version, *last = json.loads(b64decode(token))
            after = (last[0], last[1])
            if version < self.oldest:
                raise ExpiredError(_TOO_OLD_PAGE)
        selected = selected_name(parameters)
        names = sorted(key for key in self.metadata if key > after and selected in {"", key[1]})
        limit = int(parameters.get("limit", "0")) or len(names)
        shown, rest = names[:limit], names[limit:]
        of_list: dict[str, Any] = {"resourceVersion": str(version)}
        if rest:
            of_list["continue"] = b64encode(json.dumps([version, *shown[-1]]).encode()).decode()
            of_list["remainingItemCount"] = len(rest)
        whole = (
            {} if "as=PartialObjectMetadataList;" in accept else {"spec": {}, "status": {"phase": "Active"}}
        )
        return {
            "kind": "List" if whole else "PartialObjectMetadataList",
            "apiVersion": "v1" if whole else "meta.k8s.io/v1",
            "metadata": of_list,
            "items": [{"metadata": self.metadata[name], **whole} for name in shown]
            or ([] if whole else None),
        }

    def after(self, version: int, name: str, accept: str) -> Iterator[tuple[int, bytes]]:
        """Yield what happened after a version: the next version, and the line that a watch sends of it."""
        with self.lock:
            if version < self.oldest:
                message = f"too old resource version: {version} ({self.oldest})"
                status = {
                    "kind": "Status",
                    "metadata": {},
                    "message": message,
                    "reason": "Expired",
                    "code": 410,
                }
                yield -1, _line("ERROR", status)
                return
            happened = [event for event in self.events if event[0] > version]
        for at, kind, shown in happened:
            if not kind:
                yield at, f"{shown['line']}\n".encode()
            elif kind == "ERROR":
                yield -1, _line(kind, shown)
                return
            elif "as=PartialObjectMetadata;" in accept and name in {"", shown.get("name", name)}:
                yield at, _line(kind, {"kind": "PartialObjectMetadata", "metadata": shown})

    def _happened(self, kind: str, metadata: dict[str, Any]) -> None:
        self.events.append((self.version, kind, metadata))


class NamespaceStore(MetadataStore):
    """The Namespaces."""

    def put(self, name: str, annotations: Mapping[str, str] | None = None, **labels: str) -> None:
        """Create or change one; a label's `inject` stands for our own."""
        named = {f"hf-token-injector.io/{key}": value for key, value in labels.items()}
        more: dict[str, Any] = {"annotations": dict(annotations)} if annotations else {}
        self.hold(name, labels={"kubernetes.io/metadata.name": name, **named}, **more)


class SecretStore(MetadataStore):
    """The metadata of Secrets; values are not kept, as nobody may ask for them."""

    def put(self, namespace: str, name: str, annotations: Mapping[str, str] | None = None) -> None:
        """Create or change one."""
        more: dict[str, Any] = {"annotations": dict(annotations)} if annotations else {}
        self.hold(name, namespace, **more)


def selected_name(parameters: Mapping[str, str]) -> str:
    """Return the one name that a field selector lets through, "" where all are."""
    return parameters.get("fieldSelector", "").removeprefix("metadata.name=")


def _line(kind: str, shown: Mapping[str, Any]) -> bytes:
    """Return an event as it is sent; characters are not escaped, as in Go."""
    return json.dumps({"type": kind, "object": shown}, ensure_ascii=False).encode() + b"\n"
