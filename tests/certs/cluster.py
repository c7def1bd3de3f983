"""The Kubernetes API in memory, as far as rotation uses it.

`resourceVersion` and `uid`, server-side apply with owners and conflicts, JSON patches with `test`; what it
held earlier can be read again, as a stale read.
"""

# ruff: noqa: D102 - the protocol says what a method of the store does

from base64 import b64encode
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonpatch

from certs.store import (
    FIELD_MANAGER,
    ConflictError,
    Entry,
    Kind,
    NotFoundError,
    Operation,
    Permission,
    Secret,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
_GROUP = "admissionregistration.k8s.io"


@dataclass
class StoredSecret:
    """A Secret with its metadata; `owners` is `managedFields` by key."""

    uid: int
    version: int
    data: dict[str, bytes]
    owners: dict[str, set[str]]

    def read(self) -> Secret:
        """Return it as a client sees it."""
        return Secret(dict(self.data), f"{self.uid}/{self.version}")


Configuration = list[dict[str, Any]]
"""Its `webhooks`."""


def configuration(*names: str) -> Configuration:
    """Return the entries of a configuration without a `caBundle`."""
    return [{"name": name, "clientConfig": {"service": {"name": "hook", "port": 443}}} for name in names]


def ca_bundle(entry: Mapping[str, Any]) -> str:
    """Return the `caBundle` of an entry as it is in JSON."""
    value: str = entry["clientConfig"].get("caBundle", "")
    return value


@dataclass
class Cluster:
    """One Secret and two configurations, their history, and the true time."""

    now: datetime = START
    secret: StoredSecret | None = None
    configurations: dict[Kind, Configuration] = field(default_factory=dict)
    calls: list[Permission] = field(default_factory=list)
    history: list[tuple[datetime, StoredSecret | None, dict[Kind, Configuration]]] = field(
        default_factory=list
    )
    _counter: int = 0

    def __post_init__(self) -> None:
        self.remember()

    def wait(self, delay: timedelta) -> None:
        """Let time pass."""
        self.now += delay

    def remember(self) -> None:
        """Keep what there is now; to be called after each change."""
        self.history.append((self.now, deepcopy(self.secret), deepcopy(self.configurations)))

    def during(self, span: timedelta) -> list[dict[Kind, Configuration]]:
        """Return what the configurations were at any moment of the last `span`, the newest last."""
        begins = self.now - span
        before = [held for at, _, held in self.history if at <= begins][-1:]
        return [*before, *(held for at, _, held in self.history if at > begins)]

    def number(self) -> int:
        """Return the next version."""
        self._counter += 1
        return self._counter

    def apply(
        self, data: Mapping[str, bytes], *, manager: str, force: bool, version: str | None = None
    ) -> Secret:
        """Server-side apply, with the semantics of `structured-merge-diff` for a flat map."""
        stored = self.secret
        if stored is None:
            if version is not None:
                raise ConflictError("uid mismatch: no existing object was found.")
            owners = {key: {manager} for key in data}
            self.secret = StoredSecret(self.number(), self.number(), dict(data), owners)
        else:
            if version not in (None, stored.read().version):
                raise ConflictError("the object has been modified.")
            self._merge(stored, data, manager=manager, force=force)
        self.remember()
        assert self.secret is not None
        return self.secret.read()

    def _merge(self, stored: StoredSecret, data: Mapping[str, bytes], *, manager: str, force: bool) -> None:
        changed = {key for key, value in data.items() if stored.data.get(key) != value}
        disputed = [key for key in sorted(changed) if stored.owners.get(key, set()) - {manager}]
        if disputed and not force:
            raise ConflictError(f"conflict with another field manager: {disputed[0]}.")
        for key, value in data.items():
            stored.data[key] = value
            others = set() if key in changed else stored.owners.get(key, set())
            stored.owners[key] = {*others, manager}
        for key in [key for key, owners in stored.owners.items() if owners == {manager} and key not in data]:
            del stored.data[key], stored.owners[key]
        if changed:
            stored.version = self.number()

    def patch(self, kind: Kind, operations: Sequence[Operation]) -> None:
        """Apply a JSON patch as RFC 6902 says, all of it or nothing."""
        if kind not in self.configurations:
            raise NotFoundError(f"{kind} not found.")
        document = {"webhooks": self.configurations[kind]}
        try:
            patched = jsonpatch.apply_patch(document, [dict(operation) for operation in operations])
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise ConflictError(f"test failed: {error}.") from None
        self.configurations[kind] = patched["webhooks"]
        self.remember()

    def set_bundle(self, kind: Kind, index: int, pem: bytes | None) -> None:
        """Do what a person does with `kubectl edit`."""
        client_config = self.configurations[kind][index]["clientConfig"]
        client_config.pop("caBundle", None)
        if pem:
            client_config["caBundle"] = b64encode(pem).decode()
        self.remember()


class ClusterStore:
    """A `Store` on a `Cluster`, without faults."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    async def read_secret(self) -> Secret | None:
        self._call("get", "", "secrets", "secret")
        return self.cluster.secret.read() if self.cluster.secret else None

    async def create_secret(self, data: Mapping[str, bytes], *, manager: str) -> Secret:
        self._call("patch", "", "secrets", "secret")
        if self.cluster.secret is None:
            self._call("create", "", "secrets", "secret")
        return self.cluster.apply(data, manager=manager, force=False)

    async def update_secret(self, data: Mapping[str, bytes], *, version: str) -> Secret:
        self._call("patch", "", "secrets", "secret")
        return self.cluster.apply(data, manager=FIELD_MANAGER, force=True, version=version)

    async def read_entries(self, kind: Kind) -> Sequence[Entry] | None:
        self._call("get", _GROUP, kind, kind.removesuffix("webhookconfigurations"))
        return entries(self.cluster.configurations.get(kind))

    async def patch_entries(self, kind: Kind, operations: Sequence[Operation]) -> None:
        self._call("patch", _GROUP, kind, kind.removesuffix("webhookconfigurations"))
        self.cluster.patch(kind, operations)

    def _call(self, verb: str, group: str, resource: str, name: str) -> None:
        self.cluster.calls.append(Permission(verb, group, resource, name))


def entries(webhooks: Configuration | None) -> Sequence[Entry] | None:
    """Return entries as a client reads them."""
    if webhooks is None:
        return None
    return [Entry(entry["name"], deepcopy(entry["clientConfig"])) for entry in webhooks]
