"""`doctor` for people who may not read everything: what is not seen is told, and the rest is looked at."""

from tests.cli.doctor.conftest import NAME, TOKEN, RunDoctor, found, pod, secret
from tests.kubernetes_objects import KubernetesObjects
from webhook.cluster import resources
from webhook.cluster.resources import Resource

PLURALS = {one.plural for one in vars(resources).values() if isinstance(one, Resource)}


def test_each_missing_right_is_told_and_the_rest_is_looked_at(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """A refusal is a warning, and none of them is the end."""
    for verb, plural, check, words in (
        ("list", "pods", "pods-without-token", "Pods of namespace team-a"),
        ("get", "secrets", "secrets", "Secret hf-secret of namespace team-a"),
        ("list", "deployments", "server", f"Deployments of namespace {NAME}"),
        ("create", "pods", "webhook-answers", "you may not create Pods"),
        ("list", "mutatingwebhookconfigurations", "webhook-order", "MutatingWebhookConfigurations"),
        ("get", "configmaps", "webhook-configuration", "defaults are assumed"),
    ):
        installed.forbidden = {(verb, plural)}
        result = doctor("--output=json")
        left = found(doctor)
        assert result.exit_code == 0, (verb, plural, left)
        assert words in str(left[check])


def test_without_rights_nothing_is_well_and_each_thing_is_told_once(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    installed.forbidden = {(verb, plural) for verb in ("get", "list", "create") for plural in PLURALS}
    result = doctor()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.startswith("✓")] == []
    told = [line for line in lines if "Not looked at: " in line]
    assert len(told) == len(set(told))
    assert f"  ! Not looked at: Pods of namespace {NAME} (you may not read them)." in told
    assert "docs/doctor.md#rights" in result.stdout
    assert " in 16 checks (16 not looked at in full), " in lines[-1]
    assert lines[-1].endswith(f"over namespace {NAME}, whose label you may not read.")


def test_a_configuration_that_may_be_listed_alone_is_looked_at(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """And so is what it leads to."""
    installed.forbidden = {("get", "mutatingwebhookconfigurations")}
    installed.remove("Deployment", NAME, NAME)
    left = found(doctor)
    assert "has no Deployment of the webhook" in left["server"][0]["sentence"]
    assert set(left) == {"server", "webhook-configuration"}
    installed.remove("MutatingWebhookConfiguration", f"mutating-{NAME}")
    assert found(doctor)["webhook-configuration"][0]["sentence"].startswith("does not exist")


def test_much_that_may_not_be_read_is_cut_unless_all_is_asked_for(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """And of namespaces whose label may not be read, none is said to have opted in."""
    installed.forbidden = {("get", "namespaces")}
    chosen = ("--check=namespace-labels", *(f"--namespace=team-{number:02}" for number in range(22)))
    result = doctor(*chosen)
    assert "    and 2 more, with --verbose\n" in result.stdout
    assert result.stdout.endswith("over 22 namespaces whose labels you may not read.\n")
    assert "Namespace team-21 (you may not" in doctor("--verbose", *chosen).stdout


def test_where_namespaces_may_not_be_listed_the_kubeconfigs_is_looked_at(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """Its labels may not be read either, so it is taken for one that opted in."""
    installed.forbidden = {("list", "namespaces"), ("get", "namespaces")}
    installed.add(pod(namespace=NAME, with_token=False), secret("hf-secret", NAME, token=TOKEN.encode()))
    left = found(doctor)
    assert (
        f"all Namespaces but {NAME}, which your kubeconfig names" in left["namespace-labels"][0]["sentence"]
    )
    assert left["pods-without-token"][0]["subject"] == {"kind": "Pod", "namespace": NAME, "name": "llama"}
