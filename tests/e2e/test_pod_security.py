"""What we add breaks no rule that the API server holds Pods to: the restricted Pod Security Standard."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.manifests import download_pod
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import containers, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("release")

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.mark.parametrize("method", ["env", "file"])
def test_a_restricted_pod_stays_one(release: Release, make_namespace: MakeNamespace, method: str) -> None:
    """Enforced, with the variable and with the mounted file; the API server does not even warn."""
    namespace = make_namespace("all", annotations={"hf-token-injector.io/method": method})
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    release.api.patch("Namespace", namespace, {"metadata": {"labels": labels}})
    pod = download_pod()
    until(lambda: release.api.post(pod, namespace, dryRun="All").status == 403, "the standard is enforced")
    for container in pod["spec"]["containers"]:
        container["securityContext"] = RESTRICTED
    answer = release.api.post(pod, namespace)
    admitted = release.api.ok(answer)
    assert answer.warnings == ()
    download = containers(admitted)["download"]
    variables = {entry["name"] for entry in download["env"]}
    assert variables == ({"HF_TOKEN"} if method == "env" else {"HF_TOKEN_PATH"})
    assert tokens(admitted)["sidecar"] is None
