"""The oldest version of Kubernetes that is supported; every other test runs on the newest."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import CLIENT_SIDE, INJECTED, SERVER_SIDE, Reference, Team, predictor_env, tokens

OLDEST = "1.34"


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, reaper: Reaper) -> Iterator[Processes]:
    """Where the control plane runs."""
    processes = Processes(tmp_path_factory.mktemp("control-plane"), reaper)
    yield processes
    processes.end()


@pytest.fixture(scope="module")
def control_plane(processes: Processes) -> Iterator[ControlPlane]:
    """The API server as the oldest version has it: `--emulated-version`."""
    control_plane = ControlPlane(processes, version=OLDEST)
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
def kserve(control_plane: ControlPlane, processes: Processes) -> KServe:
    """KServe on it."""
    return KServe(control_plane, processes)


@pytest.mark.usefixtures("kserve", "release")
@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=["client-side", "server-side"])
def test_the_story_holds_on_the_oldest_version(team: Team, way: tuple[str, ...], kubectl: Kubectl) -> None:
    """Installed by helm, opted in, applied twice, opted out: the chart's CEL is that version's, too."""
    version = json.loads(kubectl("version", "-o", "json"))["serverVersion"]
    assert f"{version['emulationMajor']}.{version['emulationMinor']}" == OLDEST
    team.apply(hugging_face_model("llama"), *way)
    assert tokens(team.predictor("llama"))["storage-initializer"] == Reference("hf-secret", "token")
    team.await_generation("llama")
    team.apply(hugging_face_model("llama"), *way)
    assert team.inference_service("llama")["metadata"]["generation"] == 1
    team.apply(hugging_face_model("llama", labels={"hf-token-injector.io/inject": "disabled"}), *way)
    service = team.inference_service("llama")
    assert predictor_env(service) == []
    assert INJECTED not in service["metadata"]["annotations"]


def test_the_oldest_version_accepts_the_fence(release: Release) -> None:
    """The policy's expressions are type-checked by that version without a complaint."""
    (policy,) = release.api.request(
        "GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    ).body["items"]
    assert policy["status"].get("typeChecking", {}).get("expressionWarnings", []) == []
