"""What our ServiceAccount may do in the cluster, asked of the API server: this list and nothing else."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.harness.api import JSON_PATCH, Answer, Api
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.release import CONFIGURATION, NAME, NAMESPACE, POLICY, Release
from tests.e2e.harness.waiting import until
from webhook.cluster.access import Identification

ACCOUNT = f"system:serviceaccount:{NAMESPACE}:{NAME}"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
JUDGING = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{POLICY}"

RIGHTS = {
    ("secrets", f"{NAME}-tls", "create get patch"),
    ("namespaces", "", "list watch"),
    ("events", "", "create patch"),
    ("inferenceservices.serving.kserve.io", "", "get"),
    ("llminferenceservices.serving.kserve.io", "", "get"),
    ("mutatingwebhookconfigurations.admissionregistration.k8s.io", CONFIGURATION, "get patch watch"),
    ("validatingwebhookconfigurations.admissionregistration.k8s.io", POLICY, "get patch watch"),
}
"""Resource, name, verbs: in our own namespace. Elsewhere the Secret is not among them."""


@pytest.fixture
def account(release: Release, cluster: Cluster) -> Iterator[Api]:
    """The API server with the ServiceAccount's own token."""
    answer = release.api.request(
        "POST",
        f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{NAME}/token",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
    )
    token = release.api.ok(answer)["status"]["token"]
    api = Api(cluster.address, Identification(cluster.authority.encode(), token))
    label: list[dict[str, object]] = [{"op": "add", "path": "/metadata/labels/probe", "value": "probe"}]
    until(
        lambda: _patch(api, label, dryRun="All").status != 200,
        "the API server has seen the policy that fences the account",
    )
    yield api
    api.close()


def _patch(
    api: Api,
    operations: list[dict[str, object]],
    path: str = f"{CONFIGURATIONS}/{CONFIGURATION}",
    **parameters: str,
) -> Answer:
    return api.request("PATCH", path, operations, content_type=JSON_PATCH, parameters=parameters)


def _rights(release: Release, account: str, namespace: str) -> set[tuple[str, str, str]]:
    """Return what `kubectl auth can-i --list` says, without what says where API documents lie."""
    lines = release.kubectl("auth", "can-i", "--list", f"--as={account}", "-n", namespace, "--no-headers")
    rights = set()
    for line in lines.splitlines():
        resource, rest = line.split(" ", 1)
        if not resource:
            continue
        _urls, names, verbs = (part.strip(" []") for part in rest.split("[")[1:])
        rights.add((resource, names, " ".join(sorted(verbs.split()))))
    return rights


@pytest.mark.parametrize("namespace", [NAMESPACE, "default", "kube-system"])
def test_the_account_may_do_what_the_list_says_and_no_more(release: Release, namespace: str) -> None:
    """Compared with an account that nobody has given anything."""
    given = _rights(release, ACCOUNT, namespace) - _rights(
        release, "system:serviceaccount:default:nobody", namespace
    )
    assert given == (
        RIGHTS if namespace == NAMESPACE else {right for right in RIGHTS if right[0] != "secrets"}
    )


def test_no_secret_of_a_team_can_be_read(account: Api) -> None:
    """Neither by name nor as a list, there or everywhere."""
    for path in (
        "/api/v1/secrets",
        "/api/v1/namespaces/default/secrets",
        "/api/v1/namespaces/default/secrets/hf-secret",
        f"/api/v1/namespaces/{NAMESPACE}/secrets",
        f"/api/v1/namespaces/{NAMESPACE}/secrets/another",
    ):
        assert account.request("GET", path).status == 403, path


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"},
        {"op": "replace", "path": "/webhooks/0/clientConfig/service/name", "value": "another"},
        {"op": "replace", "path": "/webhooks/0/rules/0/resources/0", "value": "*"},
        {"op": "replace", "path": "/webhooks/1/namespaceSelector", "value": {}},
        {"op": "remove", "path": "/webhooks/0"},
        {"op": "remove", "path": "/webhooks/1/matchConditions"},
        {"op": "add", "path": "/metadata/labels/more", "value": "labels"},
        {"op": "add", "path": "/metadata/annotations", "value": {"more": "annotations"}},
        {"op": "add", "path": "/metadata/finalizers", "value": ["example.com/held"]},
        {"op": "add", "path": "/metadata/ownerReferences", "value": []},
    ],
    ids=lambda operation: f"{operation['op']} {operation['path']}",
)
def test_nothing_of_the_configuration_but_its_ca_bundle_can_be_patched(
    account: Api, release: Release, operation: dict[str, object]
) -> None:
    """RBAC cannot say which field; the ValidatingAdmissionPolicy of the chart does, with a sentence."""
    before = release.configuration()
    answer = _patch(account, [operation])
    assert release.configuration()["webhooks"] == before["webhooks"]
    if operation["path"] == "/metadata/ownerReferences":
        assert answer.status == 200, "an empty list is no change"
    else:
        assert answer.status in {403, 422}, answer
        assert "hf-token-injector" in answer.message
        assert "caBundle" in answer.message


@pytest.mark.parametrize(
    ("path", "value"), [("/webhooks/0/failurePolicy", "Fail"), ("/webhooks/0/namespaceSelector", {})]
)
def test_nothing_of_the_policys_configuration_but_its_ca_bundle_can_be_patched(
    account: Api, path: str, value: object
) -> None:
    """Whoever holds the account's token could else see every namespace's objects, or stop all of them."""
    answer = _patch(account, [{"op": "replace", "path": path, "value": value}], JUDGING)
    assert answer.status in {403, 422}, answer
    assert "may change caBundle" in answer.message
    emptied: list[dict[str, object]] = [
        {"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}
    ]
    assert _patch(account, emptied, JUDGING, dryRun="All").status == 200


def test_the_ca_bundle_can_be_patched(account: Api, release: Release) -> None:
    """Which is what the right is for; a lost one is written again within a second or two."""
    emptied: list[dict[str, object]] = [
        {"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}
    ]
    answer = _patch(account, emptied)
    assert answer.status == 200, answer.message
    until(lambda: all(release.bundles().values()), "the replica refills the caBundle", within=30)


def test_configurations_can_be_neither_made_nor_deleted(account: Api, release: Release) -> None:
    """Not ours, and nobody's."""
    answer = account.request("DELETE", f"{CONFIGURATIONS}/{CONFIGURATION}")
    assert answer.status == 403
    another = release.configuration()
    another["metadata"] = {"name": "another"}
    assert account.request("POST", CONFIGURATIONS, json.loads(json.dumps(another))).status == 403
