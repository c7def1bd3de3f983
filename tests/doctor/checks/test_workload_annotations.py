from typing import Any

from tests.doctor.clusters import TEAM, cluster, kserve_pod, namespace, said, seen
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
