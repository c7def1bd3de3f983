"""Objects of a cluster whose Secret was rotated, for tests of `restart` on a stand-in of the API server."""

import json
from typing import Any

from tests.kubernetes_objects import KubernetesObjects, Object

NAMESPACE = "team-a"
LONG_AGO, ROTATED, SINCE = "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"
"""When the old Pods were made, when the Secret was changed, and when the newer Pods were made."""

RECORDED = {"secret": "hf-secret", "key": "token", "reason": "HubUri"}
ENTRY = {
    "name": "HF_TOKEN",
    "valueFrom": {"secretKeyRef": {"name": "hf-secret", "key": "token", "optional": True}},
}
FILE = {"name": "HF_TOKEN_PATH", "value": "/var/run/secrets/huggingface/token"}
Owner = tuple[str, str, str]
"""API version, kind and name."""


def secret(name: str = "hf-secret", changed: str = ROTATED) -> Object:
    """Return the Secret, changed at that time."""
    fields: dict[str, Any] = {"f:data": {"f:token": {}}}
    managed = [{"manager": "kubectl", "operation": "Update", "time": changed, "fieldsV1": fields}]
    metadata = {"name": name, "namespace": NAMESPACE, "creationTimestamp": LONG_AGO, "managedFields": managed}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"token": "aGZfbWFkZVVw"}}


def thing(  # noqa: PLR0913 - what an object has
    api_version: str,
    kind: str,
    name: str,
    owner: Owner | None = None,
    *,
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **metadata: Any,  # noqa: ANN401 - as it is
) -> Object:
    """Return an object of the team's."""
    found: Object = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "creationTimestamp": LONG_AGO, **metadata},
        "spec": spec or {},
        "status": status or {},
    }
    if owner:
        version, owner_kind, owner_name = owner
        reference = {"apiVersion": version, "kind": owner_kind, "name": owner_name, "controller": True}
        found["metadata"]["ownerReferences"] = [reference]
    return found


def pod(  # noqa: PLR0913 - what tells Pods apart
    name: str,
    owner: Owner | None = None,
    *,
    created: str = LONG_AGO,
    labels: dict[str, str] | None = None,
    env: dict[str, Any] = ENTRY,
    recorded: dict[str, str] = RECORDED,
) -> Object:
    """Return a Pod that has its token from us."""
    containers = [{"name": "main", "env": [env]}]
    annotations = {"hf-token-injector.io/injected": json.dumps({"main": recorded})}
    metadata = {"creationTimestamp": created, "labels": labels or {}, "annotations": annotations}
    return thing(
        "v1", "Pod", name, owner, spec={"containers": containers}, status={"phase": "Running"}, **metadata
    )


ROLLED_OUT = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def deployment(name: str, owner: Owner | None = None, **spec: Any) -> list[Object]:  # noqa: ANN401
    """Return a Deployment that is rolled out, and its ReplicaSet."""
    revision = {"deployment.kubernetes.io/revision": "1"}
    spec = {"replicas": 1, "template": {}, **spec}
    return [
        thing("apps/v1", "Deployment", name, owner, spec=spec, status=ROLLED_OUT, annotations=revision),
        thing("apps/v1", "ReplicaSet", f"{name}-1", ("apps/v1", "Deployment", name), annotations=revision),
    ]


def of_deployment(name: str) -> Owner:
    """Return the owner of a Deployment's Pods."""
    return ("apps/v1", "ReplicaSet", f"{name}-1")


def inference_service(name: str, **spec: Any) -> list[Object]:  # noqa: ANN401
    """Return an InferenceService with a predictor and a transformer, and what KServe makes of them."""
    spec = {"predictor": {"model": {}}, "transformer": {"containers": []}, **spec}
    service = thing("serving.kserve.io/v1beta1", "InferenceService", name, spec=spec)
    owner = ("serving.kserve.io/v1beta1", "InferenceService", name)
    return [
        service,
        *deployment(f"{name}-predictor", owner),
        *deployment(f"{name}-transformer", owner),
    ]


class Controllers:
    """Makes the Pods anew of whatever is annotated, at once."""

    def __init__(self, objects: KubernetesObjects, pods: dict[str, list[str]]) -> None:
        """Begin.

        Args:
            objects: The stand-in.
            pods: Name of a workload to those of its Pods.
        """
        self._objects = objects
        self._pods = pods
        self.patched: list[str] = []
        objects.after.append(self._react)

    def _react(self, changed: Object) -> None:
        name = changed["metadata"]["name"]
        self.patched.append(name)
        if "observedGeneration" in changed["status"]:
            changed["status"] = {**changed["status"], "observedGeneration": changed["metadata"]["generation"]}
        for old in self._pods.get(name, []):
            self._objects.remove("Pod", old, NAMESPACE)
