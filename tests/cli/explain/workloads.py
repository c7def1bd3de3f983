"""Objects as a cluster with KServe holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.cli.explain.conftest import AFTER

Object = dict[str, Any]
RECORD = '{"storage-initializer":{"secret":"hf-secret","key":"token","reason":"HubUri"}}'
OURS = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf-secret", "key": "token"}}}
URI = "hf://meta-llama/Llama-3.1-8B"


def predictor_pod(  # noqa: PLR0913 - what tests change
    name: str = "llama-predictor-6d9c-x2x",
    *,
    service: str = "llama",
    ours: bool = False,
    created: str = AFTER,
    env: Sequence[Mapping[str, Any]] = (),
    labels: Mapping[str, str] | None = None,
) -> Object:
    """Return a predictor's Pod, with our entry or without."""
    annotations = {"hf-token-injector.io/injected": RECORD} if ours else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "team-a",
            "creationTimestamp": created,
            "labels": {
                "serving.kserve.io/inferenceservice": service,
                "component": "predictor",
                **(labels or {}),
            },
            "annotations": annotations,
            "ownerReferences": [controller("ReplicaSet", f"{service}-predictor-6d9c")],
        },
        "spec": {
            "initContainers": [
                {
                    "name": "storage-initializer",
                    "args": [URI, "/mnt/models"],
                    "env": [*env, *([OURS] if ours else [])],
                }
            ],
            "containers": [{"name": "kserve-container", "args": ["--model_dir=/mnt/models"]}],
        },
    }


def controller(kind: str, name: str, version: str = "apps/v1") -> Object:
    """Return an owner reference; uids are what the stand-in gives."""
    plural = f"{kind.lower()}s"
    uid = f"uid-of-/apis/{version}/namespaces/team-a/{plural}/{name}"
    return {"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": True}


def inference_service(name: str = "llama", uri: str = URI, **metadata: Any) -> Object:  # noqa: ANN401 - as it is
    """Return an InferenceService that nobody has touched."""
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name, "namespace": "team-a", **metadata},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "huggingface"}, "storageUri": uri}}},
    }


def workload(
    kind: str = "Deployment",
    name: str = "vllm",
    version: str = "apps/v1",
    **container: Any,  # noqa: ANN401 - as it is
) -> Object:
    """Return what makes Pods that serve a model."""
    container = {"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model", "a/private"], **container}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "team-a"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


def pod_of(owner: Object, name: str, *owners: Object, created: str = AFTER) -> Object:
    """Return a Pod as its template says."""
    template = owner["spec"]["template"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "team-a",
            "creationTimestamp": created,
            "labels": template["metadata"]["labels"],
            "ownerReferences": list(owners),
        },
        "spec": template["spec"],
    }


def owned(kind: str, name: str, owner: Object, version: str = "apps/v1") -> Object:
    """Return an object that a controller has made."""
    return {
        **workload(kind, name, version),
        "metadata": {"name": name, "namespace": "team-a", "ownerReferences": [owner]},
    }


def rolled_out(revision: str) -> list[Object]:
    """Return what KServe makes of an InferenceService: a Deployment of a revision and its ReplicaSet."""
    key = "deployment.kubernetes.io/revision"
    deployment = owned(
        "Deployment",
        "llama-predictor",
        controller("InferenceService", "llama", "serving.kserve.io/v1beta1"),
    )
    replicas = owned("ReplicaSet", "llama-predictor-6d9c", controller("Deployment", "llama-predictor"))
    deployment["metadata"]["annotations"] = {key: revision}
    replicas["metadata"]["annotations"] = {key: "1"}
    return [deployment, replicas]
