"""What holds for every object, whatever the values are."""

import re
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.chart.conftest import NAMESPACE, Manifest, Render, only
from tests.e2e.harness.helm import CHART, Helm
from webhook import __version__

CLUSTER_WIDE = {
    "ClusterRole",
    "ClusterRoleBinding",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
}
LABELS = {
    "helm.sh/chart",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/component",
}


def pod_specs(manifests: list[Manifest]) -> list[dict[str, Any]]:
    """Return every PodSpec."""
    return [
        manifest["spec"]["template"]["spec"] if manifest["kind"] == "Deployment" else manifest["spec"]
        for manifest in manifests
        if manifest["kind"] in {"Deployment", "Pod"}
    ]


def test_two_renders_are_equal_byte_for_byte(offline_helm: Helm, some_values: Path) -> None:
    """Argo CD and Flux render again and again: nothing may be drawn by lot, looked up or dated."""
    command = ("template", "release", str(CHART), "--namespace", NAMESPACE, "--values", str(some_values))
    assert offline_helm.run(*command) == offline_helm.run(*command)


def test_no_template_asks_the_cluster_the_clock_or_chance() -> None:
    """Two renders in the same second would not show it."""
    forbidden = re.compile(
        r"\b(lookup|genCA|genSignedCert|genSelfSignedCert|genPrivateKey|rand\w+|now|uuidv4)\b"
    )
    for path in (CHART / "templates").rglob("*"):
        if path.is_file():
            code = re.findall(r"\{\{(?!-? ?/\*).*?\}\}", path.read_text(), re.DOTALL)
            code = [re.sub(r'"(\\.|[^"])*"', "", part) for part in code]
            assert not [part for part in code if forbidden.search(part)], path


def test_every_object_has_the_labels_of_the_convention(render: Render, some_values: Path) -> None:
    """https://helm.sh/docs/chart_best_practices/labels."""
    for manifest in render(some_values):
        labels = manifest["metadata"]["labels"]
        assert labels.keys() >= LABELS, manifest["kind"]
        assert labels["app.kubernetes.io/version"] == __version__


def test_every_object_says_where_it_lives(render: Render, some_values: Path) -> None:
    """`helm template | kubectl apply` puts it there as well."""
    for manifest in render(some_values):
        wide = manifest["kind"] in CLUSTER_WIDE
        assert manifest["metadata"].get("namespace") == (None if wide else NAMESPACE), manifest["kind"]


def test_no_object_comes_twice(render: Render, some_values: Path) -> None:
    """Neither by a condition nor by a name that was cut."""
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in render(some_values)]
    assert len(names) == len(set(names))


def test_a_long_name_is_cut_so_that_all_others_fit(render: Render) -> None:
    """A Service and a label have 63 characters."""
    values = {"fullnameOverride": "a" * 63, "certificates": {"mode": "cert-manager"}}
    for manifest in render(values):
        assert len(manifest["metadata"]["name"]) <= 63


def test_no_service_has_a_type(render: Render, some_values: Path) -> None:
    """Who made it another one by hand would meet a conflict at the next upgrade."""
    services = [manifest for manifest in render(some_values) if manifest["kind"] == "Service"]
    assert services
    assert not [service for service in services if "type" in service["spec"]]


def test_the_secret_of_the_certificates_has_no_data(render: Render, some_values: Path) -> None:
    """The replicas fill it; an upgrade must not empty it."""
    assert only(render(some_values), "Secret").keys() == {"apiVersion", "kind", "metadata", "type"}


def test_a_ca_bundle_is_rendered_only_where_the_platform_brings_one(
    render: Render, some_values: Path
) -> None:
    """Else it would fight with whoever fills it."""
    brought = yaml.safe_load(some_values.read_text()) or {}
    brought = brought.get("certificates", {}).get("provided", {}).get("caBundle")
    for manifest in render(some_values):
        for entry in manifest.get("webhooks", ()):
            assert ("caBundle" in entry["clientConfig"]) == bool(brought)


def test_pods_keep_the_restricted_pod_security_standard(render: Render, some_values: Path) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards, hostNetwork aside."""
    for pod in pod_specs(render(some_values)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["securityContext"].get("runAsUser") != 0
        assert "hostPID" not in pod
        assert "hostIPC" not in pod
        assert not pod.get("hostNetwork") or some_values.name == "host-network-values.yaml"
        assert all("hostPath" not in volume for volume in pod.get("volumes", ()))
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "hostPort" not in str(container.get("ports", ""))


def test_the_test_pod_is_not_behind_the_service(render: Render, some_values: Path) -> None:
    """Nor among what the Deployment and the PodDisruptionBudget count."""
    manifests = render(some_values)
    [pod] = [manifest for manifest in manifests if manifest["kind"] == "Pod"]
    selectors = [
        manifest["spec"]["selector"]
        for manifest in manifests
        if manifest["kind"] in {"Deployment", "Service", "PodDisruptionBudget"}
    ]
    assert len(selectors) >= 3
    for selector in selectors:
        labels = selector.get("matchLabels", selector)
        assert not labels.items() <= pod["metadata"]["labels"].items()


def test_helm_lint_has_nothing_to_say(offline_helm: Helm, some_values: Path) -> None:
    """Not even a warning."""
    offline_helm.run("lint", "--strict", str(CHART), "--values", str(some_values))


def test_the_server_may_change_no_workload(render: Render, some_values: Path) -> None:
    """Restarting is done with the rights of whoever asks for it: `hf-token-injector restart`."""
    roles = [one for one in render(some_values) if one["kind"] in {"ClusterRole", "Role"}]
    may_write = {
        resource
        for role in roles
        for rule in role["rules"]
        if not {"get", "list", "watch"}.issuperset(rule["verbs"])
        for resource in rule["resources"]
    }
    assert roles
    assert may_write <= {
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "secrets",
        "events",
    }
