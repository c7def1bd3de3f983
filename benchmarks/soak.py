"""Half an hour of steady traffic while everything around the server changes.

Reviews of all kinds come in small groups, as of a scale-up; Namespaces and Secrets are made, changed and
deleted; Events go out; each minute the certificate is another one, and the connections are opened anew. The
API server is the tests' stand-in, in threads here.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Final, NamedTuple

from benchmarks.client import Client
from benchmarks.effort import Effort
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import HOST, SHIPPED, Server, bound_to, cores, serving
from benchmarks.traffic import TEAMS, Posted, reviews
from benchmarks.yardstick import WrongAnswer
from certs.authority import issue_leaf
from tests.kubernetes_events import KubernetesEvents

_CONNECTIONS: Final = 4
_ANNOTATION: Final = "hf-token-injector.io/secret"
_SECRET: Final = "hf-secret"  # noqa: S105 - the name of a Secret
_RELOAD_SECONDS: Final = 0.2
_PATIENCE: Final = 30.0
_SHOWN: Final = 10
"""Rows of the table."""


class _Minute(NamedTuple):
    """What was seen in a minute: MiB and open files at its end, milliseconds, share of a core."""

    resident: float
    descriptors: int
    taken: list[float]
    processor: float


def measure(effort: Effort) -> Report:
    """Post for as many minutes as wanted, and look at the server after each.

    Raises:
        Unavailable: This is not Linux.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _cluster(folder) as api, _server(folder, api) as server, bound_to(cores()[1]):
            soak = _Soak(server, api, folder / "server", effort)
            minutes = [soak.minute() for _ in range(effort.soak_minutes)]
            soak.close()
    return _report(minutes, effort)


class _Soak:
    """The traffic, and what changes meanwhile."""

    def __init__(self, server: Server, api: KubernetesEvents, folder: Path, effort: Effort) -> None:
        self._server = server
        self._api = api
        self._folder = folder
        self._effort = effort
        self._reviews = reviews()
        self._clients = ExitStack()
        self._changes = 0
        self._certificates = 0

    def minute(self) -> _Minute:
        """Post for a minute, on connections of its own, with a certificate that is new."""
        effort, server = self._effort, self._server
        began, used = time.monotonic(), server.cpu_seconds()
        self._renew()
        clients = [self._connected() for _ in range(_CONNECTIONS)]
        taken: list[float] = []
        groups = int(effort.soak_rate * effort.soak_minute / _CONNECTIONS)
        pause = effort.soak_minute / groups
        for group in range(groups):
            time.sleep(max(0.0, began + group * pause - time.monotonic()))
            self._post(clients, taken)
            self._change()
        self._tidy()
        processor = (server.cpu_seconds() - used) / (time.monotonic() - began)
        return _Minute(server.resident(), server.descriptors(), taken, processor)

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    def _connected(self) -> Client:
        return self._clients.enter_context(Client(self._server.ports.https, self._server.context))

    def _post(self, clients: list[Client], taken: list[float]) -> None:
        """Post one review on each connection, and check the answers."""
        sent: list[tuple[Client, Posted, float]] = []
        for client in clients:
            posted = next(self._reviews)
            sent.append((client, posted, time.perf_counter()))
            client.send(posted.body, posted.path)
        for client, posted, started in sent:
            status, body = client.receive()
            taken.append((time.perf_counter() - started) * 1000)
            response = json.loads(body)["response"] if status == 200 else {}
            found = response.get("allowed"), bool(response.get("patch"))
            if found != (posted.allowed, posted.patched):
                raise WrongAnswer(f"{status} to {posted.path}: {body!r}")

    def _change(self) -> None:
        """Make, change or delete a Namespace and a Secret."""
        self._changes += 1
        team = f"team-{self._changes * 13 % TEAMS}"
        secrets = self._api.secrets
        self._api.namespaces.put(team, {_ANNOTATION: _SECRET, "note": str(self._changes)}, inject="enabled")
        if self._changes % 2:
            self._api.namespaces.put(f"passing-{self._changes}", inject="enabled")
        else:
            self._api.namespaces.delete(f"passing-{self._changes - 1}")
        if (team, _SECRET) in secrets.metadata:
            secrets.delete(_SECRET, team)
        else:
            secrets.put(team, _SECRET)

    def _renew(self) -> None:
        """Bring a new certificate as kubelet does, by a link; wait until handshakes get it."""
        self._clients.close()
        with self._connected() as client:
            served = client.certificate
        self._certificates += 1
        leaf = issue_leaf(self._server.authority, [HOST], now=datetime.now(UTC), lifetime=timedelta(days=1))
        version = self._folder / f"..{self._certificates}"
        version.mkdir()
        (version / "tls.crt").write_bytes(leaf.certificate)
        (version / "tls.key").write_bytes(leaf.key)
        _link(self._folder / "..data", version.name)
        for file in ("tls.crt", "tls.key"):
            _link(self._folder / file, f"..data/{file}")
        until = time.monotonic() + _PATIENCE
        while served == self._served():
            if time.monotonic() > until:
                raise SystemExit("the server does not serve its new certificate")
            time.sleep(_RELOAD_SECONDS / 4)

    def _served(self) -> bytes:
        with Client(self._server.ports.https, self._server.context) as client:
            return client.certificate

    def _tidy(self) -> None:
        """Let the stand-in forget what it was asked and told: it must not slow down."""
        with self._api.lock:
            self._api.requests.clear()
            self._api.objects.clear()
            for store in (self._api.namespaces, self._api.secrets):
                del store.events[:-100]


def _link(path: Path, target: str) -> None:
    new = path.with_name("..new")
    new.symlink_to(target)
    new.replace(path)


@contextmanager
def _cluster(folder: Path) -> Iterator[KubernetesEvents]:
    """Start a stand-in of an API server, with the Namespaces that reviews are about."""
    api = KubernetesEvents()
    for number in range(TEAMS):
        api.namespaces.put(f"team-{number}", {_ANNOTATION: _SECRET}, inject="enabled")
        api.secrets.put(f"team-{number}", _SECRET)
    api.start(folder)
    try:
        yield api
    finally:
        api.stop()


@contextmanager
def _server(folder: Path, api: KubernetesEvents) -> Iterator[Server]:
    """Start a server that follows it, and wait until it knows it."""
    config = folder / "config.yaml"
    settings = {
        "cluster": {"kubeconfig": str(api.kubeconfig(folder)), "watchSecrets": True},
        "tls": {"reloadSeconds": _RELOAD_SECONDS},
    }
    config.write_text(json.dumps(settings))
    kind = SHIPPED._replace(command=[*SHIPPED.command, "--config", str(config)])
    with serving(kind, folder / "server") as server:
        until = time.monotonic() + _PATIENCE
        while not server.is_ready():
            if time.monotonic() > until:
                raise SystemExit("the server did not become ready")
            time.sleep(0.01)
        yield server


def _report(minutes: list[_Minute], effort: Effort) -> Report:
    """Compare the last sixth with the first sixth, without the very first minute, in which caches fill."""
    part = max(1, len(minutes) // 6)
    first, last = minutes[1 : 1 + part], minutes[-part:]
    was, became = (median(minute.resident for minute in some) for some in (first, last))
    held, holds = (median(minute.descriptors for minute in some) for some in (first, last))
    hours = (len(minutes) - 1 - part) * effort.soak_minute / 3600
    early, late = (_p99([one for minute in some for one in minute.taken]) for some in (first, last))
    step = max(1, len(minutes) // _SHOWN)
    rows = [
        (
            f"{index + 1:.0f}",
            len(minute.taken),
            minute.resident,
            minute.descriptors,
            median(minute.taken),
            _p99(minute.taken),
            max(minute.taken),
            f"{minute.processor:.0%}",
        )
        for index, minute in enumerate(minutes)
        if index == 0 or (index + 1) % step == 0
    ]
    count = sum(len(minute.taken) for minute in minutes)
    what = f"soak of {len(minutes)} min, {count:,} reviews"
    figures = [
        Figure(f"{what}: resident memory at its end", became, "MiB", "about 1", was, "its first minutes"),
        Figure("growth of resident memory", (became - was) / hours, "MiB/h", "about 0"),
        Figure("p99 of a review at its end", late, "ms", "about 1", early, "its first minutes"),
        Figure("open files at its end", holds, "", "1", held, "its first minutes"),
        Figure("processor", fmean(minute.processor for minute in minutes) * 100, "% of a core", ""),
    ]
    head = ("minute", "reviews", "MiB", "open files", "p50 ms", "p99 ms", "most ms", "processor")
    return Report(figures, [Table("Soak", head, rows)])


def _p99(taken: list[float]) -> float:
    return quantiles(taken, n=100, method="inclusive")[98]
