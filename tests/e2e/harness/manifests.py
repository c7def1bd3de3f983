"""Manifests as teams write them."""

from typing import Any

SERVING = "serving.kserve.io/v1beta1"


def hugging_face_model(
    name: str,
    uri: str = "hf://meta-llama/Llama-3.1-8B-Instruct",
    *,
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    **model: Any,  # noqa: ANN401 - fields of a model as they are
) -> dict[str, Any]:
    """Return an InferenceService whose predictor is one model."""
    metadata: dict[str, Any] = {"name": name}
    if annotations:
        metadata["annotations"] = annotations
    if labels:
        metadata["labels"] = labels
    return {
        "apiVersion": SERVING,
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": {
            "predictor": {"model": {"modelFormat": {"name": "huggingface"}, "storageUri": uri, **model}}
        },
    }


def download_pod(name: str = "download", repository: str = "meta-llama/Llama-3.1-8B") -> dict[str, Any]:
    """Return a plain Pod that downloads a model and has nothing to do with KServe."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {"name": "download", "image": "downloader", "command": ["hf", "download", repository]},
                {"name": "sidecar", "image": "sidecar"},
            ],
        },
    }


def predictor_pod(name: str = "predictor") -> dict[str, Any]:
    """Return a Pod as KServe makes it, for tests without KServe."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"serving.kserve.io/inferenceservice": name}},
        "spec": {
            "initContainers": [
                {
                    "name": "storage-initializer",
                    "image": "kserve/storage-initializer",
                    "args": ["hf://meta-llama/Llama-3.1-8B", "/mnt/models"],
                }
            ],
            "containers": [
                {"name": "kserve-container", "image": "server", "args": ["--model_dir=/mnt/models"]}
            ],
        },
    }
