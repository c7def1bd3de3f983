"""`doctor` on a real cluster, for people who may not read everything."""

from collections.abc import Callable, Iterator

import pytest

from tests.docs.rights import RIGHTS
from tests.e2e.harness.api import Object
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.doctor import Doctor, say_ready
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import predictor_pod
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import Team
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "release")

INJECT = "hf-token-injector.io/inject"

WithRights = Callable[..., Doctor]
"""Makes a person with these rights, in a namespace or everywhere, and gives back their doctor."""


@pytest.fixture
def doctor(cluster: Cluster, release: Release) -> Doctor:
    """The command, as an administrator, on a release whose replicas count as ready."""
    say_ready(release, ready=True)
    return Doctor(cluster.kubeconfig)


@pytest.fixture
def with_rights(cluster: Cluster, kubectl: Kubectl) -> Iterator[WithRights]:
    """A function that makes people; their rights end with the test."""
    made: list[str] = []
    api = cluster.api

    def create(path: str, manifest: Object) -> None:
        api.ok(api.request("POST", path, manifest))
        made.append(f"{path}/{manifest['metadata']['name']}")

    def make(name: str, rules: list[Object], namespace: str = "") -> Doctor:
        group = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
        kind = "Role" if namespace else "ClusterRole"
        within = "/apis/rbac.authorization.k8s.io/v1" + (f"/namespaces/{namespace}" if namespace else "")
        create(
            "/api/v1/namespaces/default/serviceaccounts",
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
        )
        create(f"{within}/{kind.lower()}s", {**group, "kind": kind, "rules": rules})
        create(
            f"{within}/{kind.lower()}bindings",
            {
                **group,
                "kind": f"{kind}Binding",
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
            },
        )
        if rules:
            # They are in force together: the role is one object.
            first = rules[0]
            resource = ".".join(filter(None, [first["resources"][0], first["apiGroups"][0]]))
            until(
                lambda: kubectl.may(f"default:{name}", first["verbs"][0], resource, namespace),
                "the API server knows of the rights",
            )
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = api.request("POST", f"/api/v1/namespaces/default/serviceaccounts/{name}/token", asked)
        return Doctor(cluster.write_kubeconfig(name, {"token": api.ok(answer)["status"]["token"]}))

    yield make
    for path in made:
        api.request("DELETE", path)


def test_a_developer_with_rights_in_one_namespace_is_helped(team: Team, with_rights: WithRights) -> None:
    """What may not be read is told once, and the rest is looked at."""
    team.apply(predictor_pod("late"))
    rules = [
        {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list", "create"]},
        {"apiGroups": ["serving.kserve.io"], "resources": ["*"], "verbs": ["*"]},
    ]
    found = with_rights("developer", rules, team.namespace)("-n", team.namespace)
    assert found.code == 0, found.document
    assert found.statuses["secrets"] == "ok"
    assert found.statuses["pods-without-token"] == "ok"
    assert found.statuses["workload-annotations"] == "ok"
    assert found.statuses["webhook-answers"] == "ok"
    (said,) = found.said("namespace-labels")
    assert f"Not looked at: Namespace {team.namespace} (you may not read them)" in said


def test_a_support_engineer_who_may_read_but_no_secrets_is_helped(
    doctor: Doctor, team: Team, with_rights: WithRights
) -> None:
    """Of a Secret nothing is guessed; and without the right to create Pods, none is tried."""
    assert doctor("-n", team.namespace).wrong == set()
    rules = [
        {"apiGroups": [""], "resources": ["namespaces", "pods", "configmaps"], "verbs": ["get", "list"]},
        {
            "apiGroups": ["apps", "serving.kserve.io", "admissionregistration.k8s.io", "networking.k8s.io"],
            "resources": ["*"],
            "verbs": ["get", "list"],
        },
    ]
    found = with_rights("support", rules)("-n", team.namespace)
    assert "Not looked at: Secret hf-secret of namespace" in found.said("secrets")[0]
    assert "(you may not create Pods)" in found.said("webhook-answers")[0]
    assert found.wrong == {"webhook-answers", "webhook-certificate", "secrets", "pods-older-than-secret"}
    assert found.code == 0


def test_without_any_rights_nothing_is_well(doctor: Doctor, team: Team, with_rights: WithRights) -> None:
    assert doctor("-n", team.namespace).wrong == set()
    nobody = with_rights("nobody", [])
    found = nobody("-n", team.namespace)
    assert (found.wrong, found.code) == (set(found.statuses), 0)
    last = nobody.text("-n", team.namespace).stdout.splitlines()[-1]
    assert last.endswith(f"over namespace {team.namespace}, whose label you may not read.")


def test_the_rights_of_the_page_are_enough(
    doctor: Doctor, team: Team, with_rights: WithRights, cluster: Cluster
) -> None:
    """Also where the label says `all`, and for all namespaces at once."""
    assert doctor("-n", team.namespace).wrong == set()
    cluster.api.patch("Namespace", team.namespace, {"metadata": {"labels": {INJECT: "all"}}})
    for arguments in (("-n", team.namespace), ()):
        found = with_rights(f"reader-{len(arguments)}", RIGHTS)(*arguments)
        assert "Not looked at" not in str(found.document)
        assert "Not tried" not in str(found.document)
