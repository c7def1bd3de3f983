"""Every kind of workload under `cases/`, by the real controllers: each container of each Pod of it."""

from typing import Any

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cases import Case, check, read_cases
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.restarting import Restart, await_running, generations, rotate
from tests.e2e.harness.team import Team
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("release")

_CASES = [case for case in read_cases() if case.mutate == "always"]


@pytest.fixture(scope="module")
def llm(kserve: KServe) -> None:
    """KServe's controller for LLMInferenceServices."""
    kserve.install_llm()


@pytest.mark.parametrize("case", [case for case in _CASES if not case.llm], ids=lambda case: case.name)
@pytest.mark.usefixtures("kserve")
def test_each_container_has_the_token_that_it_needs(
    case: Case, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """And no other container has one."""
    check(case, Team(make_namespace(case.mode), cluster.api, kubectl))


@pytest.mark.parametrize("case", [case for case in _CASES if case.llm], ids=lambda case: case.name)
@pytest.mark.usefixtures("llm")
def test_each_container_of_an_llm_has_the_token_that_it_needs(
    case: Case, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """And no other container has one."""
    check(case, Team(make_namespace(case.mode), cluster.api, kubectl))


def llama(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - fields as they are
    """Return an LLMInferenceService."""
    model = {"uri": "hf://meta-llama/Llama-3.1-8B-Instruct", "name": "llama"}
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "llama"},
        "spec": {"model": model, "replicas": 1, **spec},
    }


@pytest.mark.usefixtures("llm")
def test_describe_tells_on_an_llm_inference_service_what_its_pods_got(team: Team, kubectl: Kubectl) -> None:
    """By an Event: its own object is never changed, and nobody reads a Pod's warnings."""
    team.apply(llama())
    sentence = "storage-initializer: HF_TOKEN from Secret hf-secret, key token (HubUri:"
    until(
        lambda: sentence in kubectl("describe", "llmisvc", "llama", "-n", team.namespace),
        "kubectl describe shows the Event",
    )


@pytest.mark.usefixtures("llm")
def test_the_parts_of_an_llm_inference_service_are_restarted_at_once(team: Team, cluster: Cluster) -> None:
    """By `hf-token-injector restart`; it is here because the controller takes long to install."""
    team.apply(llama(prefill={"replicas": 1}))
    await_running(team, 2)
    before = team.get("LLMInferenceService", "llama")["metadata"]["generation"]
    rotate(team)
    ended = Restart(cluster, team, "--output=json").end()
    assert ended.code == 0, ended.err
    assert ended.workloads["llmisvc/llama"]["components"] == ["prefill", "workload"]
    assert team.get("LLMInferenceService", "llama")["metadata"]["generation"] == before + 1
    assert set(generations(team).values()) == {2}
