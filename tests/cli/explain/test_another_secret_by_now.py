"""A Pod whose Secret leads nowhere, and whose successor is given another one."""

import json

import pytest

from tests.cli.explain.conftest import Cluster, Explain
from tests.cli.explain.workloads import OURS, RECORD, inference_service, predictor_pod, rolled_out


def test_a_pod_that_has_another_key_than_would_be_chosen_now_is_made_anew(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.namespace("team-a", "enabled", secret_key="HF_TOKEN")
    cluster.secret("hf-secret", "HF_TOKEN")
    cluster.objects.add(inference_service(), predictor_pod(ours=True), *rolled_out("1"))
    said = explain("isvc/llama", "-n", "team-a").stdout
    first, command = said.splitlines()[:2]
    assert first.endswith(
        "takes its token from Secret hf-secret, key token: key token is not in it; "
        "a new Pod takes it from Secret hf-secret, key HF_TOKEN."
    )
    assert command.startswith("  kubectl patch isvc/llama -n team-a --type merge -p ")
    assert "; now it would be hf-secret/HF_TOKEN (default with the key of Namespace annotation " in said


def test_a_rollout_that_runs_replaces_a_pod_that_has_another_key(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "enabled", secret_key="HF_TOKEN")
    cluster.secret("hf-secret", "HF_TOKEN")
    cluster.objects.add(inference_service(), predictor_pod(ours=True), *rolled_out("2"))
    first, command = explain("pod/llama-predictor-6d9c-x2x", "-n", "team-a").stdout.splitlines()[:2]
    assert first.endswith(
        "a new Pod takes it from Secret hf-secret, key HF_TOKEN, and the rollout of "
        "deployment/llama-predictor, which is under way, replaces it."
    )
    assert command == "  kubectl rollout status deployment/llama-predictor -n team-a"


@pytest.mark.parametrize(("mode", "key"), [("audit", "HF_TOKEN"), ("enabled", "other")])
def test_a_pod_is_not_made_anew_where_the_next_one_fares_no_better(
    cluster: Cluster, explain: Explain, mode: str, key: str
) -> None:
    cluster.namespace("team-a", mode, secret_key=key)
    cluster.secret("hf-secret", "HF_TOKEN")
    cluster.objects.add(predictor_pod(ours=True))
    first, command = explain("pod/llama-predictor-6d9c-x2x", "-n", "team-a").stdout.splitlines()[:2]
    assert first.endswith("key token: key token is not in it.")
    assert command.startswith("  kubectl patch secret hf-secret -n team-a ")


def test_an_entry_that_came_with_the_inference_service_is_no_other_matter(
    cluster: Cluster, explain: Explain
) -> None:
    """Its container asks for nothing, so that nothing would be chosen for it; the object's is replaced."""
    cluster.namespace("team-a", "enabled", secret_key="HF_TOKEN")
    cluster.secret("hf-secret", "HF_TOKEN")
    pod = predictor_pod(ours=True)
    noted = json.loads(RECORD)
    noted["kserve-container"] = noted["storage-initializer"]
    pod["metadata"]["annotations"]["hf-token-injector.io/injected"] = json.dumps(noted)
    pod["spec"]["containers"][0]["env"] = [OURS]
    cluster.objects.add(inference_service(), pod, *rolled_out("1"))
    first, command = explain("isvc/llama", "-n", "team-a").stdout.splitlines()[:2]
    assert first.endswith("a new Pod takes it from Secret hf-secret, key HF_TOKEN.")
    assert command.startswith("  kubectl patch isvc/llama -n team-a --type merge -p ")
