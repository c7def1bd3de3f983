"""Setting `inferenceService.mutate`: what happens to the object itself; its Pods get their token always."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cases import Case, check, read_cases
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import INJECTED, Reference, Team, predictor_env, tokens

pytestmark = pytest.mark.usefixtures("kserve", "mutate")

_NEVER = [case for case in read_cases() if case.mutate == "never"]
DEFAULT = Reference("hf-secret", "token")


@pytest.fixture(scope="module")
def replicas() -> int:
    """None at first: each setting starts its own."""
    return 0


@pytest.fixture(params=["auto", "never"])
def mutate(request: pytest.FixtureRequest, release: Release) -> str:
    """The setting, by `helm upgrade` and a server that runs as the chart then says."""
    value: str = request.param
    release.stop()
    release.install({"settings": {"inferenceService": {"mutate": value}}})
    release.start_replica()
    release.await_in_force()
    return value


def test_the_download_gets_its_token_whatever_is_done_to_the_object(team: Team, mutate: str) -> None:
    """`auto` writes the entry where there is no env list, `never` nowhere."""
    team.apply(hugging_face_model("without-env"))
    team.apply(hugging_face_model("with-env", env=[{"name": "A", "value": "a"}]))
    without, beside = team.inference_service("without-env"), team.inference_service("with-env")
    assert [entry["name"] for entry in predictor_env(without)] == (["HF_TOKEN"] if mutate == "auto" else [])
    assert [entry["name"] for entry in predictor_env(beside)] == ["A"]
    assert INJECTED not in beside["metadata"].get("annotations", {})
    for name in ("without-env", "with-env"):
        assert tokens(team.predictor(name))["storage-initializer"] == DEFAULT


def test_an_object_that_is_not_changed_is_applied_again_without_a_rollout(team: Team, mutate: str) -> None:
    """`never` and `auto` leave a manifest with an env list as Git has it."""
    manifest = hugging_face_model("llama", env=[{"name": "A", "value": "a"}])
    team.apply(manifest)
    team.predictor("llama")
    team.apply(manifest)
    team.await_generation("llama")
    assert team.inference_service("llama")["metadata"]["generation"] == 1
    assert len(team.replica_sets()) == 1


@pytest.mark.parametrize("mutate", ["never"], indirect=True)
@pytest.mark.parametrize("case", _NEVER, ids=lambda case: case.name)
def test_a_runtime_keeps_its_token(
    case: Case, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """An entry on the InferenceService would win KServe's merge against its own; `never` writes none."""
    check(case, Team(make_namespace(case.mode), cluster.api, kubectl))
