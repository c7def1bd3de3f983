"""`certificates.mode: cert-manager`: its controllers issue, renew and publish; replicas serve their files."""

from typing import Any

import pytest

from tests.e2e.harness.cert_manager import start_cert_manager
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.load import load
from tests.e2e.harness.processes import Process, Processes
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.waiting import until

_EXPIRY = "hf_token_injector_certificate_expiry_timestamp_seconds"
_CERTIFICATE = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}/certificates/{NAME}"


@pytest.fixture(scope="module")
def cert_manager(cluster: Cluster, processes: Processes) -> Process:
    """cert-manager's controllers, and their CRDs."""
    return start_cert_manager(cluster, processes)


@pytest.fixture(scope="module")
def values(cert_manager: Process) -> dict[str, Any]:
    """The chart's values, on a cluster that has cert-manager."""
    cert_manager.check()
    return {"certificates": {"mode": "cert-manager"}}


@pytest.fixture(scope="module")
def replicas() -> int:
    """None at first: kubelet starts no Pod before the Secret that it mounts is there."""
    return 0


@pytest.fixture(scope="module")
def serving(release: Release, cert_manager: Process) -> Release:
    """The release, once cert-manager has issued what its Pods mount."""
    secret = until(lambda: _secret_name(release), "the Deployment mounts a Secret")

    def issued() -> bool:
        cert_manager.check()
        return bool(_data(release, secret).get("tls.crt"))

    until(issued, "cert-manager issues the certificate")
    until(lambda: _settled(release), "cert-manager has written the certificate's status")
    for _ in range(2):
        release.start_replica()
    until(lambda: all(release.bundles().values()), "cainjector fills caBundle")
    release.await_in_force()
    return release


def test_what_cert_manager_issues_is_served_and_trusted(serving: Release, namespace: str) -> None:
    """Every entry's caBundle is the issuer's, and the API server trusts both replicas by it."""
    with load(serving.api, namespace):
        pass
    assert set(serving.bundles().values()) == {_data(serving, _secret_name(serving))["ca.crt"]}


def test_a_renewal_refuses_nothing(serving: Release, namespace: str) -> None:
    """A new leaf by request, as `cmctl renew` asks for one; it is served as soon as it is mounted."""
    before = _revision(serving)
    expiry = {replica.metrics()[_EXPIRY] for replica in serving.replicas}
    issuing = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "renewed by a test",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    with load(serving.api, namespace) as running:
        certificate = serving.api.ok(serving.api.request("GET", _CERTIFICATE))
        certificate["status"]["conditions"].append(issuing)
        serving.api.ok(serving.api.request("PUT", f"{_CERTIFICATE}/status", certificate))
        until(lambda: _revision(serving) > before, "cert-manager issues anew")
        for replica in serving.replicas:
            serving.refresh_mounts(replica)
        until(
            lambda: expiry.isdisjoint({replica.metrics()[_EXPIRY] for replica in serving.replicas}),
            "both replicas serve the new leaf",
        )
        running.await_more(50)


def test_an_upgrade_leaves_the_field_to_cainjector(serving: Release, namespace: str) -> None:
    """Neither fights about it: helm renders none, cainjector applies its own."""
    before = serving.bundles()
    with load(serving.api, namespace):
        serving.upgrade({"certificates": {"mode": "cert-manager"}, "webhook": {"timeoutSeconds": 5}})
    assert serving.bundles() == before


def test_the_account_has_no_right_to_any_secret_or_configuration(release: Release) -> None:
    """What only self-managed certificates need is not given in this mode."""
    account = f"--as=system:serviceaccount:{NAMESPACE}:{NAME}"

    def given() -> str:
        rights = release.kubectl("auth", "can-i", "--list", account, "-n", NAMESPACE)
        return rights if "namespaces" in rights else ""

    rights = until(given, "the account's rights are in force")
    assert "secrets" not in rights
    assert "webhookconfigurations" not in rights


def _secret_name(release: Release) -> str:
    volumes = release.api.get("Deployment", NAME, NAMESPACE)["spec"]["template"]["spec"]["volumes"]
    return next((str(volume["secret"]["secretName"]) for volume in volumes if "secret" in volume), "")


def _data(release: Release, secret: str) -> dict[str, str]:
    found = release.api.find("Secret", secret, NAMESPACE) or {}
    return dict(found.get("data") or {})


def _settled(release: Release) -> bool:
    """Tell whether nothing more is written to the status: the Secret comes before it."""
    status = release.api.ok(release.api.request("GET", _CERTIFICATE)).get("status", {})
    conditions = {one["type"]: one["status"] for one in status.get("conditions", ())}
    return conditions == {"Ready": "True"} and "revision" in status


def _revision(release: Release) -> int:
    certificate = release.api.ok(release.api.request("GET", _CERTIFICATE))
    return int(certificate.get("status", {}).get("revision", 0))
