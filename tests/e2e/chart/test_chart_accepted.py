"""A real API server takes every object, as strictly as it can: no unknown field, no value out of range."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.chart.conftest import Render, only
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.helm import CHART, Helm
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.waiting import until

FOREIGN = {
    "monitoring.coreos.com": ("ServiceMonitor", "PodMonitor", "PrometheusRule"),
    "cert-manager.io": ("Certificate", "Issuer"),
}
"""Kinds that others bring. Their CRDs stand here without a schema, and only while none is there."""


@pytest.fixture(scope="module")
def foreign_kinds(cluster: Cluster) -> Iterator[None]:
    """The kinds of prometheus-operator and cert-manager."""
    api = cluster.api
    made = []
    for group, kinds in FOREIGN.items():
        for kind in kinds:
            name = f"{kind.lower()}s.{group}"
            if api.find("CustomResourceDefinition", name) is None:
                api.create(_crd(name, group, kind))
                made.append(name)
            until(lambda name=name: _served(cluster, name), f"{name} is served")  # type: ignore[misc]
    yield
    for name in made:
        api.delete("CustomResourceDefinition", name)


def _crd(name: str, group: str, kind: str) -> dict[str, object]:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    names = {"kind": kind, "plural": name.partition(".")[0], "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _served(cluster: Cluster, name: str) -> bool:
    plural, _, group = name.partition(".")
    return cluster.api.request("GET", f"/apis/{group}/v1/{plural}").status == 200


@pytest.fixture
def restricted(some_values: Path, cluster: Cluster) -> Iterator[str]:
    """A namespace that the restricted Pod Security Standard is enforced in, where the values allow it."""
    level = "privileged" if some_values.name == "host-network-values.yaml" else "restricted"
    name = f"accepts-{some_values.name.removesuffix('-values.yaml')}"
    labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn")}
    metadata = {"name": name, "labels": labels}
    cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    yield name
    cluster.api.delete("Namespace", name)


@pytest.mark.usefixtures("foreign_kinds")
def test_every_object_is_accepted(helm: Helm, some_values: Path, restricted: str, kubectl: Kubectl) -> None:
    """Applied server-side, as helm 4 does it, and again client-side: strictly, and without a warning."""
    manifests = helm.run("template", "accepted", CHART, "--namespace", restricted, "--values", some_values)
    try:
        for way in ("--server-side=true", "--server-side=false"):
            said = kubectl.try_("apply", "--validate=strict", "-f", "-", way, stdin=manifests)
            assert said.code == 0, said.err
            notes = [line for line in said.err.splitlines() if "last-applied-configuration" not in line]
            assert notes == []
    finally:
        kubectl("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=manifests)


def test_the_expressions_of_the_policies_fit_the_types_that_they_are_about(
    render: Render, cluster: Cluster
) -> None:
    """The controller of the policies checks them against the kinds' schemas, and would warn."""
    manifests = render({"metadataPolicy": {"enabled": True}})
    for name in ("hf-token-injector-cabundle", "hf-token-injector-metadata"):
        policy = only(manifests, "ValidatingAdmissionPolicy", name)
        policy["metadata"]["name"] += "-checked"
        path = f"/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/{name}-checked"
        cluster.api.create(policy)
        try:
            until(lambda path=path: "typeChecking" in _status(cluster, path), f"{name} is checked")  # type: ignore[misc]
            assert _status(cluster, path)["typeChecking"] == {}
        finally:
            cluster.api.request("DELETE", path)


def _status(cluster: Cluster, path: str) -> dict[str, object]:
    found: dict[str, object] = cluster.api.request("GET", path).body.get("status", {})
    return found
