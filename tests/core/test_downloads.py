import copy
from typing import Any

from webhook.core.downloads import Download, downloads
from webhook.core.settings import Settings

LABEL = "hf-token-injector.io/inject"


def pod(container: dict[str, Any], **metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - fields as they are
    return {"metadata": {"name": "p", **metadata}, "spec": {"containers": [{"name": "c", **container}]}}


def of_pod(document: dict[str, Any]) -> list[Download]:
    return downloads("", "Pod", "team", document, Settings())


VLLM = {"image": "vllm/vllm-openai", "args": ["--model", "meta-llama/Llama-3.1-8B"]}
LLAMA = ("meta-llama/Llama-3.1-8B",)


def test_what_names_a_model_asks_the_hub_and_nothing_else_does() -> None:
    assert of_pod(pod(VLLM)) == [Download("c", LLAMA)]
    assert of_pod(pod({"image": "busybox"})) == []
    assert downloads("", "ConfigMap", "team", {"metadata": {}}, Settings()) == []


def test_a_token_of_its_own_or_none_at_all_makes_no_difference() -> None:
    for env in (
        {"name": "HF_TOKEN", "value": "mine"},
        {"name": "HF_HUB_DISABLE_IMPLICIT_TOKEN", "value": "1"},
    ):
        assert of_pod(pod({**VLLM, "env": [env]})) == [Download("c", LLAMA)]
    assert of_pod(pod({**VLLM, "env": [{"name": "HF_HUB_OFFLINE", "value": "1"}]})) == []


def test_opting_out_of_tokens_is_not_opting_out_of_the_network() -> None:
    annotations = {"hf-token-injector.io/exclude-containers": "c", "hf-token-injector.io/method": "no such"}
    document = pod(VLLM, labels={LABEL: "disabled"}, annotations=annotations)
    assert of_pod(document) == [Download("c", LLAMA)]
    assert document["metadata"]["labels"] == {LABEL: "disabled"}


def test_the_annotation_that_names_containers_is_believed() -> None:
    (named,) = of_pod(pod({"image": "ray"}, annotations={"hf-token-injector.io/containers": "c"}))
    assert named == Download("c")
    assert named.sentence == "c downloads what an annotation says, from the Hub"


def test_an_entry_of_ours_is_no_reason_of_its_own() -> None:
    """It may have been inherited by a container that only serves what another one has downloaded."""
    record = '{"c": {"secret": "hf-secret", "key": "token"}}'
    reference = {"secretKeyRef": {"name": "hf-secret", "key": "token", "optional": True}}
    container = {"image": "server", "env": [{"name": "HF_TOKEN", "valueFrom": reference}]}
    assert of_pod(pod(container, annotations={"hf-token-injector.io/injected": record})) == []


def test_an_endpoint_is_told_where_it_can_be_known() -> None:
    def endpoint(*env: dict[str, Any]) -> str | None:
        (found,) = of_pod(pod({**VLLM, "env": list(env)}))
        return found.endpoint

    name = "HF_ENDPOINT"
    assert endpoint({"name": name, "value": "https://mirror.example/"}) == "https://mirror.example"
    assert endpoint({"name": name, "value": ""}) == ""
    config = {"configMapKeyRef": {"name": "hub", "key": "endpoint"}}
    assert endpoint({"name": name, "valueFrom": config}) is None
    doubling = [{"name": "A0", "value": "x" * 9000}]
    doubling += [{"name": f"A{i}", "value": f"$(A{i - 1})$(A{i - 1})"} for i in range(1, 4)]
    assert endpoint({"name": name, "value": "https://mirror.example"}, *doubling) is None


def test_an_inference_service_downloads_what_its_components_name() -> None:
    document = {
        "metadata": {"name": "llama"},
        "spec": {
            "predictor": {
                "model": {
                    "modelFormat": {"name": "huggingface"},
                    "storageUri": "hf://meta-llama/Llama-3.1-8B",
                    "env": [{"name": "HF_ENDPOINT", "value": "https://mirror.example"}],
                }
            },
            "transformer": {"containers": [{"name": "kserve-container", "image": "transform"}]},
        },
    }
    (found,) = downloads("serving.kserve.io", "InferenceService", "team", document, Settings())
    assert found == Download("predictor", LLAMA, "https://mirror.example")
    assert found.sentence == "predictor downloads meta-llama/Llama-3.1-8B"


def test_what_only_the_pods_storage_initializer_downloads_counts_too() -> None:
    document = {"metadata": {"name": "llm"}, "spec": {"model": {"uri": "hf://meta-llama/Llama-3.1-8B"}}}
    found = downloads("serving.kserve.io", "LLMInferenceService", "team", document, Settings())
    assert found == [Download("storage-initializer", LLAMA)]


def test_an_annotation_within_a_list_is_no_hindrance_and_nothing_is_changed() -> None:
    spec = {"containers": [{"name": "c", **VLLM}]}
    metadata = {"labels": {LABEL: "disabled"}}
    document = {
        "metadata": {"name": "r"},
        "spec": {
            "headGroupSpec": {},
            "workerGroupSpecs": [
                {"template": {"spec": spec}},
                {"template": {"metadata": metadata, "spec": spec}},
            ],
        },
    }
    before = copy.deepcopy(document)
    assert downloads("ray.io", "RayCluster", "team", document, Settings()) == [Download("c", LLAMA)] * 2
    assert document == before


def test_malformed_metadata_is_passed_over() -> None:
    malformed: list[dict[str, Any]] = [{"labels": []}, {"annotations": {LABEL: []}}]
    for metadata in malformed:
        template = {"metadata": metadata, "spec": {"containers": [{"name": "c", **VLLM}]}}
        document = {"metadata": {}, "spec": {"template": template}}
        assert downloads("apps", "Deployment", "team", document, Settings()) == [Download("c", LLAMA)]
    document = {"metadata": {}, "spec": {"template": {"spec": {"containers": [{"name": "c", **VLLM}]}}}}
    assert downloads("apps", "Deployment", "team", document, Settings()) == [Download("c", LLAMA)]
