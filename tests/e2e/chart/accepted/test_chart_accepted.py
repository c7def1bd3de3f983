"""A real API server takes every object, as strictly as it can: no unknown field, no value out of range."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.chart.conftest import Render, only
from tests.e2e.harness.binaries import module_folder
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.helm import CHART, Helm
from tests.e2e.harness.installing import install_crds
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.waiting import until

MONITORING = ("servicemonitors", "podmonitors", "prometheusrules")


@pytest.fixture(scope="module")
def foreign_kinds(cluster: Cluster) -> None:
    """The kinds of prometheus-operator and cert-manager, with their own schemas."""
    operator = module_folder("prometheusoperator", "github.com/prometheus-operator/prometheus-operator")
    folder = operator / "example" / "prometheus-operator-crd"
    cert_manager = module_folder("certmanager", "github.com/cert-manager/cert-manager")
    paths = [
        *(folder / f"monitoring.coreos.com_{kind}.yaml" for kind in MONITORING),
        *sorted((cert_manager / "deploy/crds").glob("*.yaml")),
    ]
    install_crds(cluster.api, [yaml.safe_load(path.read_text()) for path in paths])


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
