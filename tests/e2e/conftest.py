"""The end-to-end tests' fixtures: one control plane a worker, and everything in it made by the tests."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from tests.e2e.harness.cluster import EXISTING, Cluster, existing
from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.namespaces import create_namespace
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import TOKEN, Team

MakeNamespace = Callable[..., str]
"""Makes a namespace as a platform team does: label, annotations, and the Secret with the token."""

Audit = Callable[[], list[dict[str, Any]]]
"""Returns what the API server has noted of requests for Pods and InferenceServices."""

_numbers = count(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, with an existing cluster, what needs one that the tests have started."""
    if EXISTING:
        own = [item for item in items if {"audit", "control_plane"} & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=own)
        items[:] = [item for item in items if item not in own]


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    """What ends the programs of this run when the run itself dies."""
    reaper = Reaper()
    yield reaper
    reaper.end()


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory, reaper: Reaper) -> Iterator[Processes]:
    """Where the control plane runs."""
    processes = Processes(tmp_path_factory.mktemp("control-plane"), reaper)
    yield processes
    processes.end()


@pytest.fixture(scope="session")
def cluster(processes: Processes) -> Iterator[Cluster]:
    """A control plane of the newest Kubernetes that is tested, or the cluster of `E2E_KUBECONFIG`."""
    cluster = existing(processes.folder) if EXISTING else ControlPlane(processes)
    yield cluster
    cluster.api.close()


@pytest.fixture
def audit(cluster: Cluster) -> Audit:
    """What the API server has noted; only a control plane of our own tells."""
    assert isinstance(cluster, ControlPlane)
    return lambda: cluster.audit


@pytest.fixture(scope="session")
def helm(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The helm command for this control plane."""
    return Helm(tmp_path_factory.mktemp("helm"), cluster.kubeconfig)


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Kubectl:
    """The kubectl command for this control plane."""
    return Kubectl(cluster.kubeconfig)


@pytest.fixture(scope="session")
def kserve(cluster: Cluster, processes: Processes) -> KServe:
    """KServe's controller for InferenceServices."""
    return KServe(cluster, processes)


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """The chart's values; a module that wants others says so by a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def replicas() -> int:
    """How many servers run; a module that wants more says so by a fixture of this name."""
    return 1


@pytest.fixture(scope="module")
def release(
    cluster: Cluster, processes: Processes, helm: Helm, values: dict[str, Any], replicas: int
) -> Iterator[Release]:
    """The chart, installed by helm, with servers that run as it says; gone after the module."""
    release = Release(cluster, processes, helm)
    try:
        release.install(values)
        for _ in range(replicas):
            release.start_replica()
        if replicas:
            release.await_in_force()
        yield release
    finally:
        release.close()
        release.uninstall()


@pytest.fixture
def make_namespace(cluster: Cluster) -> Iterator[MakeNamespace]:
    """A function that makes namespaces; they are deleted after the test."""
    api = cluster.api
    made: list[str] = []

    def make(
        mode: str | None = "enabled",
        *,
        name: str = "team",
        annotations: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> str:
        name = f"{name}-{next(_numbers)}"
        labels = {} if mode is None else {"hf-token-injector.io/inject": mode}
        made.append(name)
        create_namespace(api, name, labels, annotations or {})
        for secret, key in (secrets or {"hf-secret": "token"}).items():
            api.create(
                {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": secret},
                    "stringData": {key: TOKEN},
                },
                name,
            )
        return name

    yield make
    for name in made:
        api.delete("Namespace", name)


@pytest.fixture
def team(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Team:
    """A team whose namespace has opted in and holds the Secret."""
    return Team(make_namespace(), cluster.api, kubectl)
