"""What the webhook adds to the creation of a Pod, on a real API server, installed by the chart.

Three namespaces take turns of a hundred Pods, so that what disturbs the machine disturbs all. The same Pod
goes to each; in one of them the webhook gives it its token, in another one the rendered policy does.
"""

import http.client
import json
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Final, NamedTuple

import yaml

from benchmarks.effort import Effort
from benchmarks.report import Cell, Figure, Report, Table, Unavailable
from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.manifests import download_pod
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper
from tests.e2e.harness.release import Release
from tests.e2e.harness.waiting import until
from webhook.admission_policy.rendering import Kind, render
from webhook.core.names import INJECT, INJECTED
from webhook.core.settings import Settings

_TURN: Final = 100
_WARM: Final = 20
_CONNECTIONS: Final = (1, 4)
_WITHOUT, _WITH, _POLICY = "without", "with", "policy"
_SELECTED_BY: Final = "benchmark.example/policy"
_CREATED: Final = 201
_CALLS: Final = "apiserver_admission_webhook_admission_duration_seconds"
_EVALUATIONS: Final = "apiserver_mutating_admission_policy_check_duration_seconds"


class Way(NamedTuple):
    """How Pods are created."""

    dry_run: bool
    connections: int

    def __str__(self) -> str:
        """Return it for people."""
        how = "one at a time" if self.connections == 1 else f"{self.connections} at a time"
        return f"{'dry run' if self.dry_run else 'created'}, {how}"


def measure(effort: Effort) -> Report:
    """Create Pods without anything, with the webhook and with the policy, turn by turn.

    Raises:
        Unavailable: Go, which builds the control plane, is missing.
    """
    ways = [Way(dry_run, connections) for dry_run in (True, False) for connections in _CONNECTIONS]
    spent: dict[str, list[float]] = {_WITHOUT: [], _WITH: [], _POLICY: []}
    with _installed() as release:
        times = {way: _times(release, way, effort.pods, spent) for way in ways}
        webhook = _own_milliseconds(release, _CALLS, 'name="all-pods.hf-token-injector.io"')
        policy = _own_milliseconds(release, _EVALUATIONS, 'policy="hf-token-injector-pods"')
    figures = [
        Figure(
            f"Pod {way}, {how}: median",
            median(times[way][namespace]),
            "ms",
            goal,
            median(times[way][_WITHOUT]),
            "without either",
        )
        for way in ways
        for namespace, how, goal in ((_WITH, "webhook", "+2 ms"), (_POLICY, "policy", "-"))
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            str(way),
            len(times[way][_WITH]),
            *_row(times[way], median),
            *_row(times[way], _p99),
        )
        for way in ways
    ]
    columns = ("without", "webhook", "policy", "webhook adds", "policy adds")
    head = ("Pods", "each", *(f"{what} {how}" for what in ("median", "p99") for how in columns))
    processor = Table(
        "Processor time of API server and webhook for a Pod, in ms: median of all turns",
        ("without", "webhook", "policy", "webhook adds", "policy adds"),
        [_row(spent, median)],
    )
    title = (
        "Creating a Pod, in ms (the API server's own means: "
        f"a call of the webhook {webhook:.2f} ms, an evaluation of the policy {policy:.2f} ms)"
    )
    return Report(figures, [Table(title, head, rows), processor])


def _row(times: Mapping[str, list[float]], value: Callable[[list[float]], float]) -> tuple[float, ...]:
    without, webhook, policy = (value(times[namespace]) for namespace in (_WITHOUT, _WITH, _POLICY))
    return (without, webhook, policy, webhook - without, policy - without)


@contextmanager
def _installed() -> Iterator[Release]:
    """Yield the chart with one replica on a control plane that ends with the block."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        reaper = Reaper()
        processes = Processes(folder, reaper)
        try:
            control_plane = ControlPlane(processes, audit=False)
            release = Release(control_plane, processes, Helm(folder, control_plane.kubeconfig))
            try:
                release.install()
                _start(release)
                for name, labels in (
                    (_WITHOUT, {}),
                    (_WITH, {"hf-token-injector.io/inject": "all"}),
                    (_POLICY, {_SELECTED_BY: "all"}),
                ):
                    metadata = {"name": name, "labels": labels}
                    release.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
                _install_policies(release)
                yield release
            finally:
                release.close()
                control_plane.api.close()
        except RuntimeError as error:
            raise Unavailable(str(error)) from None
        finally:
            processes.end()
            reaper.end()


def _start(release: Release) -> None:
    """Start a replica where the API server dials the Service, without what stands in for kube-proxy."""
    release.forwarder.stop()
    prepared = release.prepare()
    port = release.forwarder.port
    environ = prepared.environ | {"HF_TOKEN_INJECTOR_SERVER__PORT": str(port)}
    replica = release.launch(prepared._replace(port=port, environ=environ))
    until(lambda: replica.ready, "the replica is ready")
    release.await_in_force()


def _install_policies(release: Release) -> None:
    """Create the policies, for a namespace that the webhook is not asked about, and wait for them."""
    rendered = render(Kind.MUTATING, Settings()).replace(
        f"key: {INJECT}, operator: In", f"key: {_SELECTED_BY}, operator: In"
    )
    for document in yaml.safe_load_all(rendered):
        release.api.create(document)

    def in_force() -> bool:
        answer = release.api.post(download_pod(), _POLICY, dryRun="All")
        return INJECTED in answer.body.get("metadata", {}).get("annotations", {})

    until(in_force, "the policies are in force")


def _times(release: Release, way: Way, pods: int, spent: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return milliseconds a request, by namespace; add to `spent` the processor's, of each turn."""
    times: dict[str, list[float]] = {_WITHOUT: [], _WITH: [], _POLICY: []}
    clients = [_Client(release, way) for _ in range(way.connections)]
    share = min(_TURN, pods) // way.connections
    with ThreadPoolExecutor(way.connections) as pool:

        def turn(namespace: str, number: int) -> list[float]:
            done = pool.map(lambda client: [client.create(namespace) for _ in range(number)], clients)
            return [one for times in done for one in times]

        for namespace in times:  # connections, caches and compiled code, before a turn counts
            turn(namespace, _WARM)
        while len(times[_WITH]) < pods:
            for namespace in times:
                before = _processor_milliseconds(release)
                taken = turn(namespace, share)
                times[namespace] += taken
                spent[namespace].append((_processor_milliseconds(release) - before) / len(taken))
    for client in clients:
        client.close()
    for namespace in times:
        path = f"/api/v1/namespaces/{namespace}/pods"
        release.api.ok(release.api.request("DELETE", path, {"gracePeriodSeconds": 0}))
    return times


def _processor_milliseconds(release: Release) -> float:
    """Return what the API server and the webhook have used."""
    assert isinstance(release.cluster, ControlPlane)
    webhook = sum(replica.process.processor_seconds for replica in release.replicas)
    return (release.cluster.processor_seconds + webhook) * 1000


class _Client:
    """One connection that creates Pods, and no more than that: what a client costs blurs what is measured."""

    def __init__(self, release: Release, way: Way) -> None:
        cluster = release.cluster
        context = ssl.create_default_context(cadata=cluster.authority)
        host, _, port = cluster.address.removeprefix("https://").partition(":")
        self._connection = http.client.HTTPSConnection(host, int(port), context=context)
        self._headers = {"Authorization": f"Bearer {cluster.token}", "Content-Type": "application/json"}
        self._query = "?dryRun=All" if way.dry_run else ""
        pod = download_pod()
        pod["metadata"] = {"generateName": "download-"}
        self._body = json.dumps(pod).encode()

    def create(self, namespace: str) -> float:
        """Create a Pod, check that it has its token where it should, and return the milliseconds it took."""
        began = time.perf_counter()
        path = f"/api/v1/namespaces/{namespace}/pods{self._query}"
        self._connection.request("POST", path, self._body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        spent = (time.perf_counter() - began) * 1000
        assert response.status == _CREATED, answer
        assert (b'"secretKeyRef"' in answer) is (namespace != _WITHOUT)
        return spent

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _own_milliseconds(release: Release, metric: str, label: str) -> float:
    """Return the mean that the API server has measured."""
    text = release.api.request("GET", "/metrics").message
    found = {
        part: sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith(f"{metric}_{part}") and label in line
        )
        for part in ("sum", "count")
    }
    return found["sum"] / found["count"] * 1000


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100)[98]
