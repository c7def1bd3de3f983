"""Manifests with a token in clear text, one of each kind that is judged."""

from collections.abc import Callable
from typing import Any

from tests.e2e.harness.api import Object
from tests.e2e.harness.manifests import hugging_face_model

LITERAL = "hf_literalOnlyNotARealTokenAtAll000000"
"""What people paste; no answer of ours may ever contain it."""
IN_CLEAR_TEXT: list[dict[str, Any]] = [{"name": "HF_TOKEN", "value": LITERAL}]


def inference_service(**changes: Any) -> Object:  # noqa: ANN401 - fields of a model, labels or annotations
    """Return an InferenceService whose model has the token."""
    return hugging_face_model("offence", **{"env": IN_CLEAR_TEXT, **changes})


def llm() -> Object:
    """Return an LLMInferenceService whose serving container has the token."""
    main = {"name": "main", "image": "registry.example/vllm:1", "env": IN_CLEAR_TEXT}
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "offence"},
        "spec": {
            "model": {"uri": "hf://meta-llama/Llama-3.1-8B-Instruct", "name": "llama"},
            "replicas": 1,
            "template": {"containers": [main]},
        },
    }


def serving_runtime(kind: str = "ServingRuntime") -> Object:
    """Return a runtime whose container has the token."""
    container = {"name": "kserve-container", "image": "registry.example/server:1", "env": IN_CLEAR_TEXT}
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "offence"},
        "spec": {"supportedModelFormats": [{"name": "offence"}], "containers": [container]},
    }


def pod(name: str = "offence", *, controlled: bool = False) -> Object:
    """Return a Pod whose container has the token."""
    metadata: dict[str, Any] = {"name": name}
    if controlled:
        owner = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": "owner",
            "uid": "0",
            "controller": True,
        }
        metadata["ownerReferences"] = [owner]
    spec = {"containers": [{"name": "server", "image": "registry.example/server:1", "env": IN_CLEAR_TEXT}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def deployment() -> Object:
    """Return a Deployment of one such Pod."""
    labels = {"app": "offence"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "offence"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod()["spec"]},
        },
    }


OFFENCES: dict[str, Callable[[], Object]] = {
    "InferenceService": inference_service,
    "LLMInferenceService": llm,
    "ServingRuntime": serving_runtime,
    "Pod": pod,
}
