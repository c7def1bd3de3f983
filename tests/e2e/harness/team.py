"""A team and its namespace: what it applies, what comes of it, and which tokens that holds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from tests.e2e.harness.api import Api, Object
from tests.e2e.harness.kubectl import Kubectl, Said
from tests.e2e.harness.manifests import predictor_pod
from tests.e2e.harness.waiting import until

SERVER_SIDE = ("--server-side",)
CLIENT_SIDE = ()
INJECTED = "hf-token-injector.io/injected"

TOKEN = "hf_e2eOnlyNotARealTokenAtAll0000000000"
"""What the teams' Secrets hold; no request for a Pod or an InferenceService may ever contain it."""


class Reference(NamedTuple):
    """Where a container's token comes from: a key of a Secret."""

    secret: str
    key: str


class Team:
    """What one team does in its namespace."""

    def __init__(self, namespace: str, api: Api, kubectl: Kubectl) -> None:
        self.namespace = namespace
        self.api = api
        self._kubectl = kubectl

    def apply(self, manifest: Mapping[str, Any], *options: str) -> str:
        """`kubectl apply` a manifest, and return what kubectl printed."""
        return self._kubectl.apply(manifest, self.namespace, *options)

    def try_apply(self, manifest: Mapping[str, Any], *options: str) -> Said:
        """`kubectl apply` a manifest that may be refused."""
        return self._kubectl.try_apply(manifest, self.namespace, *options)

    def get(self, kind: str, name: str) -> Object:
        """Return an object of the team's."""
        return self.api.get(kind, name, self.namespace)

    def inference_service(self, name: str) -> Object:
        """Return an InferenceService."""
        return self.get("InferenceService", name)

    def pods(self, selector: str = "") -> list[Object]:
        """Return the team's Pods that are not being deleted."""
        pods = self.api.list("Pod", self.namespace, selector)
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def pod(self, selector: str) -> Object:
        """Wait for a Pod with these labels, and return it."""
        return until(lambda: self.pods(selector), f"a Pod with {selector} in {self.namespace}")[0]

    def predictor(self, name: str) -> Object:
        """Wait for the predictor's Pod of an InferenceService."""
        return self.pod(f"serving.kserve.io/inferenceservice={name},component=predictor")

    def injected(self) -> bool | None:
        """Return whether a dry run of a KServe Pod comes back with a token; None where it is refused."""
        answer = self.api.post(predictor_pod("probe"), self.namespace, dryRun="All")
        if answer.status >= httpx.codes.MULTIPLE_CHOICES:
            return None
        return INJECTED in answer.body["metadata"].get("annotations", {})

    def replica_sets(self, selector: str = "") -> list[Object]:
        """Return the team's ReplicaSets."""
        return self.api.list("ReplicaSet", self.namespace, selector)

    def await_generation(self, name: str) -> None:
        """Wait until KServe and the Deployment's controller have dealt with an InferenceService as it is."""

        def settled() -> bool:
            deployment = self.api.find("Deployment", f"{name}-predictor", self.namespace)
            if deployment is None:
                return False
            observed = deployment.get("status", {}).get("observedGeneration")
            service = self.inference_service(name)
            seen = service.get("status", {}).get("observedGeneration")
            return bool(
                observed == deployment["metadata"]["generation"] and seen == service["metadata"]["generation"]
            )

        until(settled, f"the controllers have dealt with {name}")


def containers(pod: Mapping[str, Any]) -> dict[str, Object]:
    """Return the containers of a Pod or PodSpec by name; a name that stands twice fails."""
    spec = pod.get("spec", pod)
    every = [*spec.get("initContainers", ()), *spec["containers"]]
    named = {container["name"]: container for container in every}
    assert len(named) == len(every), f"a name stands twice: {[one['name'] for one in every]}"
    return named


def entries(container: Mapping[str, Any], name: str = "HF_TOKEN") -> list[Object]:
    """Return the variables of that name."""
    return [entry for entry in container.get("env") or () if entry["name"] == name]


def token(container: Mapping[str, Any]) -> Reference | None:
    """Return where a container's HF_TOKEN comes from; None where it has none.

    Fails where it has two, or one that is no reference to a Secret.
    """
    found = entries(container)
    if not found:
        return None
    (entry,) = found
    reference = entry["valueFrom"]["secretKeyRef"]
    return Reference(reference["name"], reference["key"])


def tokens(pod: Mapping[str, Any]) -> dict[str, Reference | None]:
    """Return where the token of each container of a Pod comes from."""
    return {name: token(container) for name, container in containers(pod).items()}


def predictor_env(service: Mapping[str, Any]) -> list[Object]:
    """Return the variables of an InferenceService's model."""
    env: list[Object] = service["spec"]["predictor"]["model"].get("env", [])
    return env
