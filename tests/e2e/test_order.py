"""The order of webhooks: ours sorts after KServe's, and before it where a platform names it so."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import Audit, MakeNamespace
from tests.e2e.harness.api import Object
from tests.e2e.harness.cases import Case, read_cases
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import pod_creation
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import Reference, Team, containers, tokens

pytestmark = pytest.mark.usefixtures("kserve", "release")

BEFORE, AFTER = "aaa-hf-token-injector", ""
_SIDECARS = [case for case in read_cases() if case.name in {"modelcar", "vllm-flag", "logger-and-batcher"}]


@pytest.fixture(scope="module", params=[BEFORE, AFTER], ids=["before KServe", "after KServe"])
def values(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Two rules with two Secrets, and the configuration's name."""
    rules = [
        {"repository": "meta-llama/*", "secret": "hf-meta", "key": "meta"},
        {"repository": "mistralai/*", "secret": "hf-mistral"},
    ]
    # The object itself is left alone, so that each container of the Pod is decided where the order matters.
    settings = {"rules": rules, "inferenceService": {"mutate": "never"}}
    return {"webhook": {"name": request.param}, "settings": settings}


@pytest.fixture
def pod(team: Team) -> Object:
    """The Pod of a model of one rule, whose server loads a tokenizer of the other."""
    manifest = hugging_face_model("llama", args=["--tokenizer=mistralai/Mistral-7B-v0.1"])
    team.apply(manifest)
    return team.predictor("llama")


def test_both_orders_end_in_the_same_pod(pod: Object) -> None:
    """Each container has the Secret of its own repository's rule; ours in one is not copied to the other."""
    assert tokens(pod) == {
        "storage-initializer": Reference("hf-meta", "meta"),
        "kserve-container": Reference("hf-mistral", "token"),
    }


def test_only_a_configuration_that_sorts_first_needs_its_second_call(
    pod: Object, team: Team, values: dict[str, Any], release: Release, audit: Audit
) -> None:
    """`storage-initializer` is not there at its first call; the API server's audit log tells.

    Both orders are called in two rounds, as each of the two webhooks changes the Pod after the other was
    called; what sorts last changes nothing in the second.
    """
    creation = pod_creation(audit, team.namespace)
    rounds = {
        name.rpartition("/")[2].rpartition("_index_")[0]
        for name, text in creation.items()
        if name.startswith("mutation.webhook.admission.k8s.io/")
        and "hf-token-injector.io" in text
        and json.loads(text)["mutated"]
    }
    assert rounds == ({"round_0", "round_1"} if values["webhook"]["name"] == BEFORE else {"round_0"})
    assert "storage-initializer" in containers(pod)


@pytest.mark.parametrize("case", _SIDECARS, ids=lambda case: case.name)
def test_containers_of_kserve_stay_single(
    case: Case, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """Modelcar, agent, logger and batcher are there once each, and without a token, in both orders."""
    team = Team(make_namespace(), cluster.api, kubectl)
    for manifest in case.manifests:
        team.apply(manifest)
    for expected in case.pods:
        assert set(tokens(team.pod(expected.selector))) == set(expected.containers)
