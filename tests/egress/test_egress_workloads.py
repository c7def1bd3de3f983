from typing import Any

from webhook.core.settings import Settings
from webhook.egress.workloads import Found, Selection, selections

ISVC = "serving.kserve.io/inferenceservice"
PART_OF = "app.kubernetes.io/part-of"
CONTAINERS = [{"name": "c", "image": "vllm/vllm-openai", "args": ["--model", "org/model"]}]


def service(name: str, uri: str = "hf://org/model") -> Found:
    spec = {"predictor": {"model": {"modelFormat": {"name": "huggingface"}, "storageUri": uri}}}
    return Found("serving.kserve.io", "InferenceService", name, {"metadata": {"name": name}, "spec": spec})


def llm(name: str, uri: str = "hf://org/model") -> Found:
    document = {"metadata": {"name": name}, "spec": {"model": {"uri": uri}}}
    return Found("serving.kserve.io", "LLMInferenceService", name, document)


def owned(owner: str) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": owner, "controller": True}]} if owner else {}


def templated(
    kind: str, name: str, labels: dict[str, str], *, owner: str = "", selector: dict[str, Any] | None = None
) -> Found:
    template = {"metadata": {"labels": labels}, "spec": {"containers": CONTAINERS}}
    spec = {"template": template, "selector": selector or {}}
    group = "batch" if kind == "Job" else "apps"
    return Found(group, kind, name, {"metadata": {"name": name, **owned(owner)}, "spec": spec})


def pod(name: str, labels: dict[str, str], owner: str = "") -> Found:
    metadata = {"name": name, "labels": labels, **owned(owner)}
    return Found("", "Pod", name, {"metadata": metadata, "spec": {"containers": CONTAINERS}})


def selected(*found: Found, named: bool = False, namespace: str = "team") -> list[Selection]:
    return selections(found, namespace, Settings(), named=named)


def test_inference_services_are_selected_by_the_label_that_kserve_gives_their_pods() -> None:
    (one,) = selected(service("llama"), service("iris", "s3://bucket/iris"))
    assert one.selector == {"matchExpressions": [{"key": ISVC, "operator": "Exists"}]}
    (sentence,) = (asker.sentence for asker in one.askers)
    assert sentence == "InferenceService llama: predictor downloads org/model"
    assert one.others == ["iris"]


def test_or_by_their_names() -> None:
    (one,) = selected(service("b"), service("a"), service("iris", "s3://bucket/iris"), named=True)
    assert one.selector == {"matchExpressions": [{"key": ISVC, "operator": "In", "values": ["a", "b"]}]}
    assert one.others == []


def test_llm_inference_services_have_a_label_of_their_own() -> None:
    (one,) = selected(llm("chat"), llm("cached", "pvc://models/x"))
    assert one.selector == {"matchLabels": {PART_OF: "llminferenceservice"}}
    assert one.others == ["cached"]
    (one,) = selected(llm("chat"), named=True)
    assert one.selector == {
        "matchLabels": {PART_OF: "llminferenceservice"},
        "matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": ["chat"]}],
    }


def test_what_a_runtime_brings_is_seen_in_the_deployment_that_kserve_makes() -> None:
    """The InferenceService itself names no model."""
    labels = {ISVC: "chat", "component": "predictor"}
    deployment = templated("Deployment", "chat-predictor", labels, owner="InferenceService")
    (one,) = selected(service("chat", "pvc://models/x"), deployment)
    assert [(asker.kind, asker.name) for asker in one.askers] == [("InferenceService", "chat")]
    assert one.labels == labels
    labels = {PART_OF: "llminferenceservice", "app.kubernetes.io/name": "a"}
    (one,) = selected(templated("Deployment", "a-kserve", labels))
    assert [(asker.kind, asker.name) for asker in one.askers] == [("LLMInferenceService", "a")]


def test_a_deployment_is_selected_as_it_selects_its_pods_and_stands_for_them() -> None:
    selector = {"matchLabels": {"app": "chat"}}
    labels = {"app": "chat", "v": "1"}
    (one,) = selected(
        templated("Deployment", "chat", labels, selector=selector),
        templated("ReplicaSet", "chat-1", labels, selector=selector, owner="Deployment"),
        pod("chat-1-x", {"app": "chat", "pod-template-hash": "1"}, "ReplicaSet"),
    )
    assert (one.slug, one.selector) == ("deployment-chat", selector)
    assert one.labels == labels


def test_jobs_and_leader_worker_sets_are_selected_by_what_their_controllers_set() -> None:
    job = templated("Job", "fetch", {}, selector={"matchLabels": {"controller-uid": "1"}})
    template = {"workerTemplate": {"spec": {"containers": CONTAINERS}}}
    document = {"metadata": {"name": "big"}, "spec": {"leaderWorkerTemplate": template}}
    workers = Found("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "big", document)
    assert [one.selector for one in selected(job, workers)] == [
        {"matchLabels": {"batch.kubernetes.io/job-name": "fetch"}},
        {"matchLabels": {"leaderworkerset.sigs.k8s.io/name": "big"}},
    ]


def test_a_pod_of_its_own_is_selected_by_the_labels_that_last() -> None:
    ray = pod("ray-1", {"ray.io/cluster": "r", "ray.io/identifier": "r-1"}, "RayCluster")
    bare = pod("download", {"app": "x", "controller-uid": "1"})
    nameless = pod("nameless", {})
    assert [one.selector for one in selected(ray, bare, nameless)] == [
        {"matchLabels": {"ray.io/cluster": "r"}},
        {"matchLabels": {"app": "x"}},
        None,
    ]


def test_where_the_model_cache_downloads_every_pod_is_selected() -> None:
    jobs = [templated("Job", name, {}) for name in ("a", "b")]
    (one,) = selected(*jobs, namespace="kserve-localmodel-jobs")
    assert one.selector == {}
    assert len(one.askers) == 2


def test_kserves_workloads_come_first_and_the_same_download_once() -> None:
    first, second = selected(pod("a", {"app": "a"}), service("llama"), service("llama"))
    assert (first.slug, second.slug) == ("inferenceservices", "pod-a")
    assert len(first.askers[0].downloads) == 1


def test_a_kind_without_pods_is_passed_over() -> None:
    assert selected(Found("", "ConfigMap", "c", {"metadata": {"name": "c"}})) == []
