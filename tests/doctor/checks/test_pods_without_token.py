from dataclasses import replace

from tests.doctor.clusters import (
    ENTRIES,
    TEAM,
    cluster,
    installed,
    kserve_pod,
    namespace,
    rollout,
    said,
    seen,
)
from webhook.doctor.finding import Status

CHECK = "pods-without-token"


def test_a_pod_that_was_made_before_the_label_is_told_with_the_way_to_make_it_anew() -> None:
    ((status, sentence, fix),) = said(cluster(pods=(seen(kserve_pod()),)), CHECK)
    assert status is Status.FAIL
    assert sentence.startswith(
        "Pod team-a/llama has no token in storage-initializer (it downloads hf://org/model):"
    )
    assert fix.startswith(f"kubectl patch isvc/llama -n {TEAM} ")


def test_a_pod_that_nobody_would_make_again_is_replaced() -> None:
    pod = kserve_pod()
    del pod["metadata"]["ownerReferences"]
    ((_, _, fix),) = said(cluster(pods=(seen(pod),)), CHECK)
    assert fix == f"kubectl get pod llama -n {TEAM} -o yaml | kubectl replace --force -f -"


def test_a_pod_that_a_rollout_replaces_is_a_warning_until_it_is_gone() -> None:
    pod = replace(seen(kserve_pod()), owners=rollout())
    ((status, sentence, fix),) = said(cluster(pods=(pod,)), CHECK)
    assert status is Status.WARN
    assert sentence == (
        "Pod team-a/llama has no token in storage-initializer (it downloads hf://org/model): "
        "the rollout of deployment/llama, which is under way, replaces it."
    )
    assert fix == f"kubectl rollout status deployment/llama -n {TEAM}"


def test_a_condition_that_somebody_added_may_be_why() -> None:
    conditions = [{"name": "not-a-mirror-pod"}, {"name": "on-weekdays"}]
    changed = installed(*({**entry, "matchConditions": conditions} for entry in ENTRIES))
    ((_, sentence, fix),) = said(cluster(pods=(seen(kserve_pod()),), installed=changed), CHECK)
    assert sentence.endswith("or kept away by matchCondition on-weekdays, which is not evaluated here.")
    assert fix == f"hf-token-injector explain pod/llama -n {TEAM}"


def test_a_pod_that_has_ended_is_left_alone() -> None:
    pod = kserve_pod()
    pod["status"] = {"phase": "Succeeded"}
    assert said(cluster(pods=(seen(pod),)), CHECK) == []


def test_audit_mode_injects_nothing_and_misses_nothing() -> None:
    audit = namespace("audit")
    assert said(cluster(namespaces={TEAM: audit}, pods=(seen(kserve_pod(), audit),)), CHECK) == []


def test_a_pod_with_a_token_of_its_own_misses_nothing() -> None:
    own = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "token"}}}
    container = {"name": "storage-initializer", "args": ["hf://org/model", "/mnt/models"], "env": [own]}
    assert said(cluster(pods=(seen(kserve_pod(initContainers=[container])),)), CHECK) == []
