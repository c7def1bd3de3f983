"""The API server as its administrator sees it: for what a test looks at, and does as no user would."""

import json
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx

from tests.e2e.harness.waiting import until
from webhook.cluster.access import Identification
from webhook.cluster.memory_file import memory_file

Object = dict[str, Any]
"""An object of the API, as it came."""

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

_PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Pod": "/api/v1/pods",
    "Secret": "/api/v1/secrets",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
    "ConfigMap": "/api/v1/configmaps",
    "Event": "/api/v1/events",
    "Deployment": "/apis/apps/v1/deployments",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "Job": "/apis/batch/v1/jobs",
    "InferenceService": "/apis/serving.kserve.io/v1beta1/inferenceservices",
    "ServingRuntime": "/apis/serving.kserve.io/v1alpha1/servingruntimes",
    "LLMInferenceService": "/apis/serving.kserve.io/v1alpha2/llminferenceservices",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "ValidatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}


class Answer(NamedTuple):
    """What the API server said to a request that may fail."""

    status: int
    body: Object
    warnings: tuple[str, ...]

    @property
    def message(self) -> str:
        """Its sentence, where it refused."""
        return str(self.body.get("message", ""))


class Api:
    """Requests with one credential.

    Kinds are named as in manifests; what is not in the table above is reached by `request`.
    """

    def __init__(self, server: str, identification: Identification) -> None:
        self.server = server
        self._client = httpx.Client(
            base_url=server,
            headers={"Authorization": f"Bearer {identification.token}"} if identification.token else {},
            verify=_context(identification),
            timeout=60,
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        parameters: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a refusal is an answer too."""
        response = self._client.request(
            method,
            path,
            params=dict(parameters or {}),
            content=None if body is None else json.dumps(body),
            headers={"Content-Type": content_type},
        )
        content = response.content
        parsed = json.loads(content) if content[:1] == b"{" else {"message": response.text}
        warnings = tuple(_warning_text(value) for value in response.headers.get_list("Warning"))
        return Answer(response.status_code, parsed, warnings)

    def create(self, manifest: Mapping[str, Any], namespace: str = "", **parameters: str) -> Object:
        """Create an object."""
        return self.ok(self.post(manifest, namespace, **parameters))

    def post(self, manifest: Mapping[str, Any], namespace: str = "", **parameters: str) -> Answer:
        """Try to create an object."""
        namespace = namespace or manifest["metadata"].get("namespace", "")
        return self.request("POST", path_of(manifest, namespace), manifest, parameters=parameters)

    def get(self, kind: str, name: str, namespace: str = "") -> Object:
        """Return an object that is there."""
        return self.ok(self.request("GET", _path(kind, namespace, name)))

    def find(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return an object, or None where there is none."""
        answer = self.request("GET", _path(kind, namespace, name))
        return None if answer.status == httpx.codes.NOT_FOUND else self.ok(answer)

    def await_cached(self, kind: str, name: str, namespace: str = "") -> None:
        """Wait until the API server's watch cache has an object as it is.

        A patch is tried, webhooks and all, on what the cache has, and once more where that was too old
        (`CacheDelegator.GuaranteedUpdate` in Kubernetes' `cache_delegator.go`).
        """
        path = _path(kind, namespace, name)

        def cached() -> bool:
            shown = self.ok(self.request("GET", path, parameters={"resourceVersion": "0"}))
            return _version(shown) == _version(self.get(kind, name, namespace))

        until(cached, f"the API server's cache has {kind}/{name} as it is")

    def list(self, kind: str, namespace: str = "", selector: str = "") -> list[Object]:
        """Return the objects of a kind."""
        parameters = {"labelSelector": selector} if selector else {}
        items: list[Object] = self.ok(self.request("GET", _path(kind, namespace), parameters=parameters))[
            "items"
        ]
        return items

    def patch(  # noqa: PLR0913 - what a PATCH consists of
        self,
        kind: str,
        name: str,
        body: object,
        namespace: str = "",
        *,
        content_type: str = MERGE_PATCH,
        subresource: str = "",
    ) -> Object:
        """Patch an object."""
        path = _path(kind, namespace, name) + (f"/{subresource}" if subresource else "")
        return self.ok(self.request("PATCH", path, body, content_type=content_type))

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        """Delete an object, at once and with what it owns; it is no error where there is none."""
        answer = self.request(
            "DELETE",
            _path(kind, namespace, name),
            {"propagationPolicy": "Background", "gracePeriodSeconds": 0},
        )
        assert answer.status in {200, 202, 404}, answer

    @staticmethod
    def ok(answer: Answer) -> Object:
        """Return the body of an answer that is no refusal."""
        assert answer.status < 300, f"{answer.status}: {answer.message or answer.body}"
        return answer.body


def path_of(manifest: Mapping[str, Any], namespace: str) -> str:
    """Return where a manifest is created, for any kind with a regular plural."""
    version = manifest["apiVersion"]
    kind = manifest["kind"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plural = kind.lower() + ("es" if kind.endswith("s") else "s")
    if kind.endswith("y"):
        plural = kind.lower()[:-1] + "ies"
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"


def _path(kind: str, namespace: str, name: str = "") -> str:
    path = _PATHS[kind]
    if namespace:
        root, _, plural = path.rpartition("/")
        path = f"{root}/namespaces/{namespace}/{plural}"
    return f"{path}/{name}" if name else path


def _version(found: Object) -> str:
    return str(found["metadata"]["resourceVersion"])


def _context(identification: Identification) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=identification.authority.decode())
    if identification.certificate:
        with memory_file(identification.certificate + b"\n" + identification.key) as path:
            context.load_cert_chain(path)
    return context


def _warning_text(header: str) -> str:
    """Return the text of a Warning header (`299 - "text"`)."""
    return header.partition('"')[2].rpartition('"')[0].replace('\\"', '"')
