"""helm install, test, upgrade, rollback and uninstall on a real API server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.chart.conftest import NAMESPACE, Render, only
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.helm import CHART, Helm
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.release import NAME, Release
from tests.e2e.harness.waiting import until

PROGRAM = Path(sys.executable).parent / "hf-token-injector"


@pytest.fixture
def probe(release: Release, tmp_path: Path) -> Iterator[Any]:
    """Run what the Pod of `helm test` runs, with the rights that it has, against the forwarded Service."""
    hooks = [
        manifest
        for manifest in yaml.safe_load_all(release.helm.run("get", "hooks", NAME, "--namespace", NAMESPACE))
        if manifest
    ]
    pod = only(hooks, "Pod")
    for manifest in hooks:
        if manifest["kind"] != "Pod":
            release.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(manifest))
    account = pod["spec"]["serviceAccountName"]
    token = release.kubectl("create", "token", account, "--namespace", NAMESPACE).strip()
    kubeconfig = release.cluster.write_kubeconfig("helm-test", {"token": token})
    [container] = pod["spec"]["containers"]
    assert container["command"] == ["hf-token-injector"]
    asked = [f"{kind}webhookconfigurations/{kind}-{NAME}" for kind in ("mutating", "validating")]
    kubectl = Kubectl(kubeconfig)
    until(
        lambda: all(kubectl.try_("auth", "can-i", "get", one).code == 0 for one in asked),
        "the rights of the Pod are in force",
    )

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *container["args"]],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={
                "KUBECONFIG": str(kubeconfig),
                "HF_TOKEN_INJECTOR_PROBE_CONNECT": f"127.0.0.1:{release.forwarder.port}",
            },
        )

    yield run
    for manifest in hooks:
        if manifest["kind"] != "Pod":
            release.kubectl("delete", "-f", "-", stdin=yaml.safe_dump(manifest))


def test_helm_test_asks_every_entry_and_verifies_its_certificate(release: Release, probe: Any) -> None:  # noqa: ANN401
    """As the API server would call them."""
    done = probe()
    assert done.returncode == 0, done.stderr
    said = dict(line.split(": ") for line in done.stdout.splitlines())
    assert list(said) == list(release.bundles())
    for name, answer in said.items():
        assert answer == ("answers, Accepted" if ".policy." in name else "answers, Injected")


def test_helm_test_fails_where_nobody_answers(release: Release, probe: Any) -> None:  # noqa: ANN401
    """And says so for each entry."""
    release.stop()
    done = probe()
    assert done.returncode == 2
    assert len([line for line in done.stderr.splitlines() if "it cannot be asked" in line]) == len(
        release.bundles()
    )
    release.start_replica()
    assert probe().returncode == 0


def test_upgrades_and_rollbacks_leave_the_certificates_alone(release: Release) -> None:
    """The chart owns the Secret and the configuration, the replicas what is in them."""

    def kept() -> tuple[Any, dict[str, str]]:
        return release.api.get("Secret", f"{NAME}-tls", NAMESPACE)["data"], release.bundles()

    before = kept()
    assert before[0]["tls.key"]
    assert all(before[1].values())
    for values in ({"webhook": {"timeoutSeconds": 1}}, {}):
        release.helm.run("upgrade", NAME, CHART, "--namespace", NAMESPACE, values=release.values(values))
        assert kept() == before
    release.helm.run("rollback", NAME, "1", "--namespace", NAMESPACE)
    assert kept() == before


def test_a_configuration_that_was_deleted_in_an_emergency_comes_back(release: Release) -> None:
    """By the next upgrade, as docs/chart.md says; the replicas fill it again."""
    release.kubectl("delete", "mutatingwebhookconfiguration", f"mutating-{NAME}")
    release.helm.run("upgrade", NAME, CHART, "--namespace", NAMESPACE, "--reuse-values")
    until(lambda: all(release.bundles().values()), "caBundle is filled")
    assert len(release.bundles()) == 11


def test_uninstalling_leaves_nothing_behind(
    cluster: Cluster, helm: Helm, kubectl: Kubectl, render: Render
) -> None:
    """No webhook configuration above all: it would refuse Pods on behalf of nobody."""
    values = {
        "fullnameOverride": "gone",
        "metadataPolicy": {"enabled": True},
        "networkPolicy": {"enabled": True},
    }
    kinds = sorted({manifest["kind"] for manifest in render(values)})
    helm.run("install", "gone", CHART, "--namespace", "gone", "--create-namespace", values=values)

    def there() -> list[str]:
        found = kubectl(
            "get", ",".join(kinds), "--all-namespaces", "--selector=app.kubernetes.io/instance=gone",
            "--output=name",
        )  # fmt: skip
        return found.split()

    assert "mutatingwebhookconfiguration.admissionregistration.k8s.io/mutating-gone" in there()
    helm.run("uninstall", "gone", "--namespace", "gone")
    # The Pods go when the garbage collector has seen that their owners are gone.
    until(lambda: there() == [], "nothing is left behind")
    cluster.api.delete("Namespace", "gone")
