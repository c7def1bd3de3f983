from dataclasses import replace
from typing import Any

from tests.doctor.clusters import TEAM, cluster, kserve_pod, namespace, said, seen
from webhook.doctor.collected import SeenObject
from webhook.doctor.finding import Status

CHECK = "workload-annotations"
OURS = "hf-token-injector.io/"


def service(**annotations: str) -> dict[str, Any]:
    """Return an InferenceService with annotations of ours."""
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": "llama",
            "namespace": TEAM,
            "annotations": {OURS + key.replace("_", "-"): value for key, value in annotations.items()},
        },
        "spec": {"predictor": {"model": {"storageUri": "hf://org/model"}}},
    }


def of_kind(document: dict[str, Any]) -> SeenObject:
    """Return what was seen of an InferenceService."""
    return replace(seen(document), word="isvc")


def test_a_malformed_value_is_told_with_what_becomes_of_the_workload() -> None:
    ((status, sentence, fix),) = said(cluster(workloads=(seen(service(method="files")),)), CHECK)
    assert status is Status.FAIL
    assert (
        "is refused the next time that it comes: annotation hf-token-injector.io/method must be env or file"
        in (sentence)
    )
    assert fix == f"hf-token-injector explain pod/llama -n {TEAM}"


def test_a_key_that_stands_where_it_does_nothing_is_told() -> None:
    found = said(cluster(workloads=(seen(service(missing_secret="deny")),)), CHECK)
    assert [(status, "does nothing here" in sentence) for status, sentence, _ in found] == [
        (Status.WARN, True)
    ]


def test_a_misspelt_key_is_told_with_the_command_that_spells_it_right() -> None:
    ((status, sentence, fix),) = said(cluster(workloads=(of_kind(service(secretname="other")),)), CHECK)
    assert status is Status.WARN
    assert sentence.endswith(f"annotation {OURS}secretname is unknown: did you mean {OURS}secret?")
    assert fix == f"kubectl annotate isvc/llama -n {TEAM} {OURS}secretname- {OURS}secret=other"
    both = service(secretname="other", secret="hf-secret")
    ((_, _, fix),) = said(cluster(workloads=(of_kind(both),)), CHECK)
    assert fix == f"kubectl annotate isvc/llama -n {TEAM} {OURS}secretname-"


def test_a_key_of_another_prefix_is_told_with_the_command_that_spells_it_right() -> None:
    document = service()
    document["metadata"]["annotations"] = {"hf-token-injector/secret": "other"}
    ((status, sentence, fix),) = said(cluster(workloads=(of_kind(document),)), CHECK)
    assert status is Status.WARN
    assert sentence.endswith(f"annotation hf-token-injector/secret is unknown: did you mean {OURS}secret?")
    assert fix == f"kubectl annotate isvc/llama -n {TEAM} hf-token-injector/secret- {OURS}secret=other"


def test_a_key_is_spelt_right_where_it_stands() -> None:
    document = service()
    document["spec"]["predictor"]["annotations"] = {OURS + "secrets": "other"}
    ((_, _, fix),) = said(cluster(workloads=(of_kind(document),)), CHECK)
    assert fix.startswith(f"kubectl patch isvc/llama -n {TEAM} --type merge ")
    assert f'{{"spec": {{"predictor": {{"annotations": {{"{OURS}secrets": null' in fix


def test_what_stands_in_a_list_is_left_to_people() -> None:
    document = service()
    inner = {"annotations": {OURS + "secrets": "other"}, "model": {"storageUri": "hf://org/model"}}
    document["spec"]["canary"] = [{"predictor": inner}]
    ((_, sentence, fix),) = said(cluster(workloads=(of_kind(document),)), CHECK)
    assert sentence.endswith(f"did you mean {OURS}secret?")
    assert fix == f"hf-token-injector explain isvc/llama -n {TEAM}"


def test_a_key_that_is_like_no_other_is_told_with_those_that_are_known() -> None:
    ((_, sentence, fix),) = said(cluster(workloads=(of_kind(service(model="x")),)), CHECK)
    assert sentence.endswith(
        f"{OURS}model is none of containers, exclude-containers, method, secret, secret-key."
    )
    assert fix == f"hf-token-injector explain isvc/llama -n {TEAM}"


def test_a_pod_that_nobody_makes_anew_is_replaced_with_its_key_spelt_right() -> None:
    pod = kserve_pod()
    pod["metadata"]["annotations"] = {OURS + "secrets": "other"}
    del pod["metadata"]["ownerReferences"]
    ((_, _, fix),) = said(cluster(pods=(seen(pod),)), CHECK)
    assert fix == (
        f"kubectl annotate pod/llama -n {TEAM} {OURS}secrets- {OURS}secret=other && "
        f"kubectl get pod llama -n {TEAM} -o yaml | kubectl replace --force -f -"
    )


def test_a_label_that_only_namespaces_take_is_told() -> None:
    document = service()
    document["metadata"]["labels"] = {OURS + "inject": "enabled"}
    ((status, sentence, _),) = said(cluster(workloads=(seen(document),)), CHECK)
    assert (status, "takes only disabled" in sentence) == (Status.WARN, True)


def test_audit_mode_tells_what_would_be_refused() -> None:
    audit = namespace("audit")
    found = said(cluster(namespaces={TEAM: audit}, workloads=(seen(service(method="files"), audit),)), CHECK)
    assert [(status, "would be refused" in sentence) for status, sentence, _ in found] == [
        (Status.WARN, True)
    ]


def test_pods_are_looked_at_only_where_nobody_made_them() -> None:
    """Those of a controller have what its template has, and that is told of the template."""
    pod = kserve_pod()
    pod["metadata"]["annotations"] = {OURS + "method": "files"}
    assert said(cluster(pods=(seen(pod),)), CHECK) == []
    del pod["metadata"]["ownerReferences"]
    assert len(said(cluster(pods=(seen(pod),)), CHECK)) == 1
