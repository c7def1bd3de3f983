"""Values: every one does something, none may be misspelt, and a wrong one is told in a sentence."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.e2e.chart.conftest import NAMESPACE
from tests.e2e.harness.helm import CHART, Helm

VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
TEMPLATES = "\n".join(path.read_text() for path in (CHART / "templates").rglob("*") if path.is_file())
AS_IN_KUBERNETES = {
    "affinity",
    "podSecurityContext",
    "securityContext",
    "tolerations.[]",
    "topologySpreadConstraints.[]",
    "extraEnv.[].valueFrom",
    "extraVolumes.[]",
    "extraVolumeMounts.[]",
    "networkPolicy.metricsFrom.[]",
    "networkPolicy.apiServerTo.[]",
    "resources.claims.[]",
    "global",
}
"""What the API server checks, with sentences of its own; and what is a parent chart's."""


def leaves(values: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401 - any YAML
    """Yield the dotted path of every value that is not a map of others."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, f"{path}.{key}".lstrip("."))
    else:
        yield path


def objects(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema of a map, with its path."""
    if schema.get("type") == "object":
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from objects(inner, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from objects(schema["items"], f"{path}.[]")


def test_every_value_is_read_by_a_template() -> None:
    """By its own path, or as a part of a map that is printed as it is."""
    read = set(re.findall(r"\.Values\.([A-Za-z.]+[A-Za-z])", TEMPLATES))
    whole = set(
        re.findall(r"(?:with|toYaml|deepCopy) \$?\.(?:root\.)?Values\.([A-Za-z.]+[A-Za-z])", TEMPLATES)
    )
    for leaf in leaves(VALUES):
        parts = leaf.split(".")
        above = {".".join(parts[:length]) for length in range(1, len(parts))}
        assert leaf in read or above & whole, f"no template reads {leaf}"


def test_every_value_that_a_template_reads_is_there() -> None:
    """A misspelt one renders nothing, without a word."""
    known = {
        ".".join(leaf.split(".")[:length])
        for leaf in leaves(VALUES)
        for length in range(1, leaf.count(".") + 2)
    }
    read = set(re.findall(r"\.Values\.([A-Za-z.]+[A-Za-z])", TEMPLATES))
    assert not read - known


def test_the_schema_knows_every_map() -> None:
    """A key that it does not know is refused, but in maps of labels and where the API server checks."""
    for path, schema in objects(SCHEMA):
        if path in AS_IN_KUBERNETES:
            continue
        closed = schema.get("additionalProperties")
        of_texts = isinstance(closed, dict) and "properties" not in schema
        assert closed is False or of_texts, f"{path} is open"


def test_the_schema_has_the_values_and_no_others() -> None:
    """One that is only in the schema could be set, and would do nothing."""

    def compare(values: dict[str, Any], schema: dict[str, Any], path: str) -> None:
        known = schema.get("properties")
        if known is None or path in {"resources", "updateStrategy"}:
            return
        assert set(known) - {"global"} == set(values), path
        for name, value in values.items():
            if isinstance(value, dict):
                compare(value, known[name], f"{path}.{name}".lstrip("."))

    compare(VALUES, SCHEMA, "")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"replicas": 3}, "additional properties 'replicas' not allowed"),
    ({"webhook": {"failurePolicy": "fail"}}, "value must be one of 'Fail', 'Ignore'"),
    ({"webhook": {"timeoutSeconds": 30}}, "'/webhook/timeoutSeconds': maximum: got 30, want 10"),
    ({"policyWebhook": {"failurePolicy": "Deny"}}, "value must be one of '', 'Fail', 'Ignore'"),
    (
        {"policyWebhook": {"namespaceSelector": {"matchLabels": {"a": "b"}}}},
        "additional properties 'matchLabels' not allowed",
    ),
    ({"settings": {"policy": {"literalTokens": "refuse"}}}, "value must be one of 'allow', 'warn', 'deny'"),
    ({"webhook": {"excludedNamespaces": ["kube_system"]}}, "'/webhook/excludedNamespaces/0'"),
    ({"settings": {"methd": "file"}}, "'/settings': additional properties 'methd' not allowed"),
    ({"settings": {"method": "files"}}, "value must be one of 'env', 'file'"),
    ({"settings": {"server": {"port": 1}}}, "additional properties 'port' not allowed"),
    ({"settings": {"rules": [{"repository": "a/b"}]}}, "missing property 'secret'"),
    ({"settings": {"secret": {"name": "Hub"}}}, "'/settings/secret/name': 'Hub' does not match pattern"),
    ({"certificates": {"mode": "certmanager"}}, "must be one of 'self-managed', 'cert-manager', 'provided'"),
    ({"podDisruptionBudget": {"maxUnavailable": 0}}, "minimum: got 0, want 1"),
    ({"podDisruptionBudget": {"minAvailable": 2}}, "additional properties 'minAvailable' not allowed"),
    ({"image": {"digest": "0123"}}, "'/image/digest'"),
    ({"extraEnv": [{"name": "A", "value": True}]}, "got boolean, want string"),
    (
        {"commonLabels": {"app.kubernetes.io/name": "x"}},
        "commonLabels has app.kubernetes.io/name, which the chart sets",
    ),
    ({"settings": {"missingSecret": "deny"}}, "nobody looks whether a Secret is missing"),
    ({"settings": {"cluster": {"kubeconfig": "x"}}}, "additional properties 'kubeconfig' not allowed"),
    ({"certificates": {"mode": "provided"}}, "name the Secret with your certificate"),
    (
        {"certificates": {"provided": {"secretName": "mine"}}},
        "certificates.provided is set, and certificates.mode is self-managed",
    ),
    (
        {"certificates": {"mode": "provided", "provided": {"secretName": "mine", "caBundle": "LS0tLS1"}}},
        "caBundle is no PEM",
    ),
    (
        {
            "certificates": {
                "mode": "provided",
                "provided": {
                    "secretName": "mine",
                    "caBundle": "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----",
                },
            }
        },
        "holds a private key",
    ),
    (
        {"certificates": {"certManager": {"issuerRef": {"name": "ca"}}}},
        "certificates.certManager.issuerRef is set, and certificates.mode is self-managed",
    ),
    ({"ports": {"https": 8080}}, "ports.https and ports.ops are both 8080"),
    ({"autoscaling": {"enabled": True, "minReplicas": 6}}, "minReplicas is 6, above autoscaling.maxReplicas"),
    (
        {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
        "every replica would be scraped twice",
    ),
    (
        {"metrics": {"serviceMonitor": {"enabled": True}, "service": {"enabled": False}}},
        "the Service that it looks for is not",
    ),
    (
        {"settings": {"localModelCache": {"namespaces": ["kube-system"]}}},
        "has kube-system, whose Pods are never touched",
    ),
    ({"extraEnv": [{"name": "POD_NAME", "value": "x"}]}, "extraEnv has POD_NAME, which the chart sets"),
]


@pytest.mark.parametrize(("values", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_wrong_value_is_told(offline_helm: Helm, values: dict[str, Any], sentence: str) -> None:
    """Before anything is sent to a cluster."""
    said = offline_helm.try_("template", "release", str(CHART), "--namespace", NAMESPACE, values=values)
    assert said.code != 0
    assert sentence in said.err


def test_a_release_in_kube_system_is_refused(offline_helm: Helm) -> None:
    """Where a failing webhook could keep itself from starting."""
    said = offline_helm.try_("template", "release", str(CHART), "--namespace", "kube-system")
    assert "use a namespace of its own" in said.err


def test_an_old_kubernetes_is_refused(offline_helm: Helm) -> None:
    """`matchConditions` and ValidatingAdmissionPolicy are stable since 1.30."""
    arguments = ("template", "release", str(CHART), "--namespace", NAMESPACE, "--kube-version")
    assert "kubeVersion" in offline_helm.try_(*arguments, "1.29.9").err
    assert offline_helm.try_(*arguments, "1.30.0-gke.1").code == 0
