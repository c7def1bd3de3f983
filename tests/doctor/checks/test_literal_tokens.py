from dataclasses import replace

from tests.doctor.checks.test_workload_annotations import service
from tests.doctor.clusters import cluster, installed, kserve_pod, said, seen
from webhook.core.settings import Policy, PolicyAction, Settings
from webhook.doctor.finding import Status

CHECK = "literal-tokens"
TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz" + "01234567"
ENV = [{"name": "HF_TOKEN", "value": TOKEN}]


def test_a_literal_token_is_told_and_not_shown() -> None:
    document = service()
    document["spec"]["predictor"]["model"]["env"] = ENV
    ((status, sentence, fix),) = said(cluster(workloads=(seen(document),)), CHECK)
    assert status is Status.WARN
    assert "InferenceService team-a/llama is not as it should be" in sentence
    assert TOKEN not in sentence + fix
    assert sentence.endswith("refer to a Secret by secretKeyRef, and revoke the token.")
    assert fix == ""


def test_a_policy_that_refuses_makes_it_a_failure() -> None:
    document = service()
    document["spec"]["predictor"]["model"]["env"] = ENV
    denying = replace(installed(), settings=Settings(policy=Policy(literal_tokens=PolicyAction.DENY)))
    ((status, sentence, _),) = said(cluster(installed=denying, workloads=(seen(document),)), CHECK)
    assert (status, "the policy refuses it the next time" in sentence) == (Status.FAIL, True)


def test_a_pod_is_told_of_only_where_its_inference_service_has_none() -> None:
    """Then the token is of its ServingRuntime, or somebody else added it."""
    pod = seen(kserve_pod(containers=[{"name": "kserve-container", "env": ENV}]))
    ((_, sentence, _),) = said(cluster(pods=(pod,)), CHECK)
    assert sentence.startswith("Pod team-a/llama")
    document = service()
    document["spec"]["predictor"]["model"]["env"] = ENV
    found = said(cluster(workloads=(seen(document),), pods=(pod,)), CHECK)
    assert [sentence.split()[0] for _, sentence, _ in found] == ["InferenceService"]


def test_other_pods_are_told_of_once_for_their_controller_and_runtimes_each() -> None:
    def made(name: str, owner: str) -> dict[str, object]:
        owners = [{"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}] if owner else []
        metadata = {"name": name, "namespace": "team-a", "ownerReferences": owners}
        return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "c", "env": ENV}]}}

    runtime = {
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "vllm"},
        "spec": {"containers": [{"name": "kserve-container", "env": ENV}]},
    }
    holding = (made("a-1", "a"), made("a-2", "a"), made("b", ""), made("c", ""), runtime)
    found = said(cluster(holding=holding), CHECK)
    assert [" ".join(sentence.split()[:2]) for _, sentence, _ in found] == [
        "Pod team-a/a-1",
        "Pod team-a/b",
        "Pod team-a/c",
        "ClusterServingRuntime vllm",
    ]
