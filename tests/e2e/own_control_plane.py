"""Fixtures for files that need a control plane of their own: one that restarts, or is of another version.

A conftest or a file that imports them gets them instead of those that the other tests share.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper


@pytest.fixture(scope="module")
def version() -> str:
    """The binary's own; a file that wants another version of Kubernetes says so by a fixture of this name."""
    return ""


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, reaper: Reaper, version: str) -> Iterator[Processes]:
    """Where the control plane of that version runs."""
    processes = Processes(tmp_path_factory.mktemp(f"control-plane-{version}"), reaper)
    yield processes
    processes.end()


@pytest.fixture(scope="module")
def control_plane(processes: Processes, version: str) -> Iterator[ControlPlane]:
    """A control plane for one file."""
    control_plane = ControlPlane(processes, version=version)
    yield control_plane
    control_plane.api.close()


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Cluster:
    """The same, for what asks no more of it than of any cluster."""
    return control_plane


@pytest.fixture(scope="module")
def helm(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The helm command for it."""
    return Helm(tmp_path_factory.mktemp("helm"), cluster.kubeconfig)


@pytest.fixture(scope="module")
def kubectl(cluster: Cluster) -> Kubectl:
    """The kubectl command for it."""
    return Kubectl(cluster.kubeconfig)


@pytest.fixture(scope="module")
def kserve(cluster: Cluster, processes: Processes) -> KServe:
    """KServe on it."""
    return KServe(cluster, processes)
