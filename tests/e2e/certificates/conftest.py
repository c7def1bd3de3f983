"""A control plane for each file of this folder, without KServe: API servers come and go here."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, reaper: Reaper) -> Iterator[Processes]:
    """Where the control plane runs."""
    processes = Processes(tmp_path_factory.mktemp("control-plane"), reaper)
    yield processes
    processes.end()


@pytest.fixture(scope="module")
def control_plane(processes: Processes) -> Iterator[ControlPlane]:
    """A control plane for one file."""
    control_plane = ControlPlane(processes)
    yield control_plane
    control_plane.api.close()


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Cluster:
    """The same, for what asks no more of it than of any cluster."""
    return control_plane


@pytest.fixture(scope="module")
def helm(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The helm command for it."""
    return Helm(tmp_path_factory.mktemp("helm"), control_plane.kubeconfig)


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """The kubectl command for it."""
    return Kubectl(control_plane.kubeconfig)


@pytest.fixture(scope="module")
def replicas() -> int:
    """Two, as the chart has it."""
    return 2


@pytest.fixture
def namespace(make_namespace: MakeNamespace) -> str:
    """A namespace whose Pods need nothing of KServe to be ours."""
    return make_namespace("all")
