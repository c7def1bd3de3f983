"""A cluster of the stand-in with the webhook installed, a team's namespace, and the command about it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.kubernetes_objects import KubernetesObjects
from tests.pasted import hold_pasteable
from webhook.cli.main import cli

Explain = Callable[..., Result]

SERVICE = "hf-token-injector"
LONG_AGO = "2026-01-01T00:00:00Z"
BEFORE = "2026-02-01T00:00:00Z"
AFTER = "2026-04-01T00:00:00Z"
LABELLED = "2026-03-01T00:00:00Z"
"""When the team's namespace got its label."""


def entry(name: str, resource: str, objects: list[dict[str, Any]], path: str = "/mutate") -> dict[str, Any]:
    """Return an entry as the chart renders it."""
    group = "" if resource == "pods" else "serving.kserve.io"
    modes = ["all"] if path == "/mutate/all" else ["enabled", "all", "audit"]
    return {
        "name": name,
        "clientConfig": {"service": {"name": SERVICE, "namespace": SERVICE, "path": path}},
        "failurePolicy": "Fail",
        "rules": [
            {
                "apiGroups": [group],
                "apiVersions": ["*"],
                "resources": [resource],
                "operations": ["CREATE", "UPDATE"],
            }
        ],
        "namespaceSelector": {
            "matchExpressions": [
                {"key": "hf-token-injector.io/inject", "operator": "In", "values": modes},
                {
                    "key": "kubernetes.io/metadata.name",
                    "operator": "NotIn",
                    "values": ["kube-system", "left-out"],
                },
            ]
        },
        "objectSelector": {
            "matchExpressions": [
                *objects,
                {"key": "hf-token-injector.io/inject", "operator": "NotIn", "values": ["disabled"]},
            ]
        },
    }


ISVC = "serving.kserve.io/inferenceservice"
ENTRIES = [
    entry("inferenceservices.hf-token-injector.io", "inferenceservices", []),
    entry("inferenceservice-pods.hf-token-injector.io", "pods", [{"key": ISVC, "operator": "Exists"}]),
    entry(
        "llminferenceservice-pods.hf-token-injector.io",
        "pods",
        [
            {"key": ISVC, "operator": "DoesNotExist"},
            {"key": "app.kubernetes.io/part-of", "operator": "In", "values": ["llminferenceservice"]},
        ],
    ),
    entry(
        "all-pods.hf-token-injector.io",
        "pods",
        [
            {"key": ISVC, "operator": "DoesNotExist"},
            {"key": "app.kubernetes.io/part-of", "operator": "NotIn", "values": ["llminferenceservice"]},
        ],
        "/mutate/all",
    ),
]


class Cluster:
    """What a test puts into the stand-in."""

    def __init__(self, objects: KubernetesObjects) -> None:
        self.objects = objects
        self.groups("serving.kserve.io", "leaderworkerset.x-k8s.io", "admissionregistration.k8s.io")

    def groups(self, *names: str) -> None:
        """Install API groups."""
        self.objects.groups.update(names)

    def install(self, settings: Mapping[str, Any] | None = None, **fields: Any) -> None:  # noqa: ANN401 - of every entry
        """Install the webhook, with settings and with fields of each entry changed."""
        self.objects.add(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "MutatingWebhookConfiguration",
                "metadata": {"name": f"mutating-{SERVICE}", "creationTimestamp": LONG_AGO},
                "webhooks": [{**each, **fields} for each in ENTRIES],
            },
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": SERVICE, "namespace": SERVICE},
                "data": {"config.yaml": yaml.safe_dump(dict(settings or {}))},
            },
        )

    def namespace(self, name: str, mode: str | None = "enabled", **annotations: str) -> None:
        """Create or change a namespace; a keyword is an annotation of ours."""
        ours = {f"hf-token-injector.io/{key.replace('_', '-')}": text for key, text in annotations.items()}
        label = {} if mode is None else {"hf-token-injector.io/inject": mode}
        fields: dict[str, Any] = {"f:metadata": {"f:labels": {f"f:{key}": {} for key in label}}}
        self.objects.add(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {
                    "name": name,
                    "labels": {"kubernetes.io/metadata.name": name, **label},
                    "annotations": ours,
                    "managedFields": [{"manager": "kubectl-label", "time": LABELLED, "fieldsV1": fields}],
                },
            }
        )

    def secret(self, name: str, *keys: str, namespace: str = "team-a") -> None:
        """Create a Secret."""
        fields: dict[str, Any] = {"f:data": {".": {}, **{f"f:{key}": {} for key in keys}}}
        self.objects.add(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "managedFields": [{"manager": "kubectl", "fieldsV1": fields}],
                },
                "data": dict.fromkeys(keys, "aGZfbmV2ZXJTaG93bk5ldmVyU2hvd25OZXZlcg=="),
            }
        )


@pytest.fixture
def cluster(objects: KubernetesObjects) -> Cluster:
    """The webhook is installed, and team-a has opted in and has its Secret."""
    cluster = Cluster(objects)
    cluster.install()
    cluster.namespace("team-a")
    cluster.secret("hf-secret", "token")
    return cluster


@pytest.fixture
def explain(objects: KubernetesObjects, tmp_path: Path) -> Explain:
    """Call the command about the stand-in."""
    kubeconfig = objects.kubeconfig(tmp_path)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(cli, ["explain", f"--kubeconfig={kubeconfig}", *arguments])
        hold_pasteable(result.output)
        return result

    return run
