"""`explain` about a real cluster: why a Pod got no token in one command, and its commands mend it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.binaries import binary
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.explain import Explain, commands, described, first
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model, predictor_pod
from tests.e2e.harness.namespaces import create_namespace
from tests.e2e.harness.restarting import Restart, await_running, generations, rotate
from tests.e2e.harness.team import TOKEN, Reference, Team, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "release")

DEFAULT = Reference("hf-secret", "token")
LABEL = "hf-token-injector.io/inject"
RESTARTED_AT = "hf-token-injector.io/restarted-at"


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """A rule that gives some repositories another Secret, and a namespace that is left out."""
    return {
        "settings": {"rules": [{"repository": "mistralai/*", "secret": "hf-mistral"}]},
        "webhook": {"excludedNamespaces": ["left-out"]},
    }


@pytest.fixture
def explain(cluster: Cluster) -> Explain:
    """The command, as the administrator."""
    return Explain(cluster.kubeconfig)


@pytest.fixture
def paste(cluster: Cluster, tmp_path: Path) -> Callable[[str], None]:
    """Do what the commands below the first line say, as a reader would, with the token filled in."""

    def run(output: str) -> None:
        path = f"{binary('kubectl').parent}:{os.environ['PATH']}"
        for command in commands(output):
            done = subprocess.run(
                ["bash", "-c", f"set -o pipefail; {command.replace('hf_...', TOKEN)}"],  # noqa: S607
                env={"PATH": path, "KUBECONFIG": str(cluster.kubeconfig), "HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{command}: {done.stderr}"

    return run


@pytest.fixture
def team_of(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Callable[..., Team]:
    """Make a team whose namespace has the given label."""
    return lambda mode="enabled", **more: Team(make_namespace(mode, **more), cluster.api, kubectl)


def test_a_newcomer_gets_from_nothing_to_a_token_by_what_is_printed(
    team_of: Callable[..., Team], explain: Explain, paste: Callable[[str], None]
) -> None:
    """No label and no Secret: the one command says both, and its commands give the next Pod its token."""
    team = team_of(None, secrets={"another": "token"})
    team.apply(hugging_face_model("llama"))
    old = team.predictor("llama")["metadata"]["name"]
    said = explain(f"pod/{old}", "-n", team.namespace)
    assert first(said) == (
        f"Pod {old} in namespace {team.namespace}: storage-initializer has no token: "
        f"namespace {team.namespace} has not opted in."
    )
    assert "hf-secret/token (default) as env, no such Secret" in said.out
    paste(said.out)
    new = until(
        lambda: [pod for pod in team.pods() if tokens(pod)["storage-initializer"] == DEFAULT],
        "a Pod with its token",
    )[0]["metadata"]["name"]
    assert first(explain("pod", new, "-n", team.namespace)) == (
        f"Pod {new} in namespace {team.namespace}: storage-initializer, kserve-container have HF_TOKEN from "
        "Secret hf-secret, key token."
    )


def test_a_pod_older_than_the_label_is_told_of_by_its_owner(
    team_of: Callable[..., Team], explain: Explain, kubectl: Kubectl, paste: Callable[[str], None]
) -> None:
    """The command lets KServe make them anew; while that goes on, it is waited for and not begun again."""
    team = team_of(None)
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    kubectl("label", "namespace", team.namespace, f"{LABEL}=enabled")
    until(team.injected, "the API server knows the label")
    said = explain("isvc/llama", "-n", team.namespace)
    assert first(said) == (
        f"InferenceService llama in namespace {team.namespace}: storage-initializer has no token: "
        f"it was created before namespace {team.namespace} got its label."
    )
    paste(said.out)
    under_way = (
        f"InferenceService llama in namespace {team.namespace}: in 1 of 2 Pods storage-initializer has no "
        "token: the rollout of deployment/llama-predictor, which is under way, replaces it."
    )
    said = until(
        lambda: (
            found if first(found := explain("isvc", "llama", "-n", team.namespace)) == under_way else None
        ),
        "explain tells of the rollout",
    )
    (command,) = commands(said.out)
    assert command == f"kubectl rollout status deployment/llama-predictor -n {team.namespace}"
    assert kubectl(*command.split()[1:], "--watch=false").startswith("Waiting for deployment")
    assert generations(team) == {"llama-predictor": 2}
    await_running(team, 1)
    assert "have HF_TOKEN from Secret hf-secret, key token" in first(
        explain("isvc/llama", "-n", team.namespace)
    )


def test_the_command_restarts_also_what_was_restarted_before(
    team_of: Callable[..., Team],
    explain: Explain,
    kubectl: Kubectl,
    cluster: Cluster,
    paste: Callable[[str], None],
) -> None:
    """KServe lets a component's annotation beat the object's, so ours stands where `restart` writes it."""
    team = team_of()
    team.apply(hugging_face_model("llama"))
    await_running(team, 1)
    rotate(team)
    assert Restart(cluster, team).end().code == 0
    kubectl("annotate", "isvc/llama", "-n", team.namespace, f"{RESTARTED_AT}=2999-01-01T00:00:00Z")
    team.await_generation("llama")
    assert generations(team) == {"llama-predictor": 2}
    kubectl("label", "namespace", team.namespace, f"{LABEL}-")
    until(lambda: team.injected() is False, "the API server knows that the label is gone")
    (pod,) = await_running(team, 1)
    team.api.delete("Pod", pod["metadata"]["name"], team.namespace)
    await_running(team, 1)
    kubectl("label", "namespace", team.namespace, f"{LABEL}=enabled")
    said = explain("isvc/llama", "-n", team.namespace)
    assert "storage-initializer has no token" in first(said)
    before = generations(team)["llama-predictor"]
    paste(said.out)
    until(lambda: generations(team)["llama-predictor"] == before + 1, "another rollout")


def test_an_llm_inference_service_answers_for_its_pods(
    kserve: KServe,
    team_of: Callable[..., Team],
    explain: Explain,
    kubectl: Kubectl,
    paste: Callable[[str], None],
) -> None:
    """Its download is not in the object, and the command reaches its Pods by its own annotations."""
    kserve.install_llm()
    team = team_of(None)
    team.apply(
        {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceService",
            "metadata": {"name": "chat"},
            "spec": {"model": {"uri": "hf://meta-llama/Llama-3.1-8B", "name": "chat"}, "replicas": 1},
        }
    )
    team.pod("app.kubernetes.io/name=chat")
    kubectl("label", "namespace", team.namespace, f"{LABEL}=enabled")
    said = explain("llmisvc/chat", "-n", team.namespace)
    assert first(said) == (
        f"LLMInferenceService chat in namespace {team.namespace}: storage-initializer has no token: "
        f"it was created before namespace {team.namespace} got its label."
    )
    assert "PodDecides" in said.out
    paste(said.out)
    until(
        lambda: any(tokens(pod).get("storage-initializer") == DEFAULT for pod in team.pods()),
        "a Pod with its token",
    )


def test_audit_and_unknown_values_are_told(team_of: Callable[..., Team], explain: Explain) -> None:
    """What the API server matches is told as the reason, with the label that mends it."""
    for mode, clause in (
        ("audit", "namespace {} is in audit mode, where nothing is changed"),
        ("true", "the label of namespace {} says true, which is none of enabled, all and audit"),
    ):
        team = team_of(mode)
        team.apply(hugging_face_model("llama"))
        team.predictor("llama")
        said = explain("isvc/llama", "-n", team.namespace)
        assert first(said).endswith(f"has no token: {clause.format(team.namespace)}.")
        assert f"kubectl label namespace {team.namespace} {LABEL}=enabled --overwrite" in said.out


def test_a_namespace_that_the_chart_leaves_out_is_told(
    cluster: Cluster, kubectl: Kubectl, explain: Explain
) -> None:
    """Its label says enabled, and the selectors of the installed configuration say otherwise."""
    create_namespace(cluster.api, "left-out", {LABEL: "enabled"})
    try:
        team = Team("left-out", cluster.api, kubectl)
        team.apply(hugging_face_model("llama"))
        team.predictor("llama")
        assert first(explain("isvc/llama", "-n", "left-out")).endswith(
            "has no token: the platform excludes namespace left-out (webhook.excludedNamespaces)."
        )
    finally:
        cluster.api.delete("Namespace", "left-out")


def test_an_opt_out_a_token_of_its_own_and_a_rule_are_told(
    team_of: Callable[..., Team], explain: Explain, paste: Callable[[str], None]
) -> None:
    """Whoever decided is named, with the Secret; and the opt-out is taken back as printed."""
    team = team_of(secrets={"hf-secret": "token", "hf-mistral": "token", "mine": "mine"})
    own = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "mine"}}}
    pod = download_pod("own")
    pod["metadata"]["labels"] = {"serving.kserve.io/inferenceservice": "own"}
    pod["spec"]["containers"][0]["env"] = [own]
    team.apply(pod)
    assert "has a token of its own (HF_TOKEN from Secret mine, key mine)" in first(
        explain("pod/own", "-n", team.namespace)
    )
    team.apply(hugging_face_model("mistral", "hf://mistralai/Mistral-7B-v0.1"))
    team.predictor("mistral")
    (service,) = described(explain("isvc/mistral", "-n", team.namespace, "-o", "json"))
    initializer = service["pods"][0]["containers"][0]
    assert initializer["holds"] == "ours"
    assert initializer["secret"] == {
        "name": "hf-mistral", "key": "token", "source": "rule", "detail": "mistralai/*",
    }  # fmt: skip
    assert initializer["from"]["keyPresent"] == "present"
    team.apply(hugging_face_model("out", labels={LABEL: "disabled"}))
    team.predictor("out")
    said = explain("isvc/out", "-n", team.namespace)
    assert "opts it out" in first(said)
    paste(said.out)
    assert LABEL not in team.inference_service("out")["metadata"].get("labels", {})


def test_a_missing_secret_and_a_missing_key_are_told(
    team_of: Callable[..., Team], explain: Explain, paste: Callable[[str], None]
) -> None:
    """The Pod holds our entry, which leads nowhere; the commands create the Secret, and the key in it."""
    team = team_of(secrets={"another": "token"})
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    said = explain("isvc/llama", "-n", team.namespace)
    assert "Secret hf-secret does not exist" in first(said)
    paste(said.out)
    assert "have HF_TOKEN from Secret hf-secret, key token" in first(
        explain("isvc/llama", "-n", team.namespace)
    )
    annotations = {"hf-token-injector.io/secret": "another", "hf-token-injector.io/secret-key": "absent"}
    team.apply(hugging_face_model("other", annotations=annotations))
    team.predictor("other")
    said = explain("isvc/other", "-n", team.namespace)
    assert "key absent is not in it" in first(said)
    paste(said.out)
    assert "have HF_TOKEN from Secret another, key absent" in first(
        explain("isvc/other", "-n", team.namespace)
    )


def test_a_pod_of_another_key_than_its_namespace_names_by_now_is_made_anew(
    team_of: Callable[..., Team], explain: Explain, kubectl: Kubectl, paste: Callable[[str], None]
) -> None:
    """The entry that came with the InferenceService is no reason to write the old key."""
    team = team_of(secrets={"hf-secret": "HF_TOKEN"})
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    assert "key token is not in it." in first(explain("isvc/llama", "-n", team.namespace))
    kubectl("annotate", "namespace", team.namespace, "hf-token-injector.io/secret-key=HF_TOKEN")
    by_now = Reference("hf-secret", "HF_TOKEN")
    probe = predictor_pod("probe")

    def given() -> Reference | None:
        answer = team.api.post(probe, team.namespace, dryRun="All")
        return tokens(team.api.ok(answer))["storage-initializer"]

    until(lambda: given() == by_now, "the webhook knows the annotation")
    said = explain("isvc/llama", "-n", team.namespace)
    assert first(said).endswith(
        "key token is not in it; a new Pod takes it from Secret hf-secret, key HF_TOKEN."
    )
    paste(said.out)
    until(
        lambda: any(tokens(pod)["storage-initializer"] == by_now for pod in team.pods()),
        "a Pod with the other key",
    )


def test_the_json_of_all_namespaces_is_the_same_until_something_is_decided_otherwise(
    team_of: Callable[..., Team], explain: Explain
) -> None:
    """Two runs are equal to the byte, though a Pod was made anew; another Secret makes a difference."""
    team = team_of("all")
    team.apply(hugging_face_model("llama"))
    name = team.predictor("llama")["metadata"]["name"]
    team.apply(download_pod())
    before = explain("-A", "-o", "json")
    team.api.delete("Pod", name, team.namespace)
    until(
        lambda: [pod for pod in team.pods("component=predictor") if pod["metadata"]["name"] != name],
        "another Pod",
    )
    assert explain("-A", "-o", "json") == before
    mine = [one for one in described(before) if team.namespace in {one["namespace"], one["name"]}]
    assert [(one["kind"], one["name"], one["answer"]["code"]) for one in mine] == [
        ("Namespace", team.namespace, "OptedIn"),
        ("InferenceService", "llama", "HasToken"),
        ("Pod", "download", "HasToken"),
    ]
    assert described(explain("ns", team.namespace, "-o", "json")) == mine
    team.apply(hugging_face_model("llama", annotations={"hf-token-injector.io/secret": "other"}))
    assert described(explain("ns", team.namespace, "-o", "json")) != mine


def test_someone_with_few_rights_is_told_what_is_not_seen(
    team_of: Callable[..., Team], cluster: Cluster, kubectl: Kubectl
) -> None:
    """With the Pods and InferenceServices of one namespace alone there is an answer all the same."""
    team = team_of(None)
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    space = ("-n", team.namespace)
    kubectl("create", "serviceaccount", "developer", *space)
    kubectl(
        "create", "role", "developer", *space, "--verb=get,list",
        "--resource=pods,inferenceservices.serving.kserve.io",
    )  # fmt: skip
    account = f"--serviceaccount={team.namespace}:developer"
    kubectl("create", "rolebinding", "developer", *space, "--role=developer", account)
    until(
        lambda: kubectl.may(f"{team.namespace}:developer", "list", "pods", team.namespace),
        "the API server knows of the rights",
    )
    token = kubectl("create", "token", "developer", *space).strip()
    kubeconfig = cluster.write_kubeconfig("developer", {"token": token})
    explain = Explain(kubeconfig)
    said = explain("isvc/llama", *space)
    assert first(said).endswith(
        f"has no token: whether namespace {team.namespace} has opted in cannot be seen."
    )
    assert "hf-secret/token (default) as env, Secret not seen" in said.out
    assert " may not get namespaces, secrets" in said.err
    assert "defaults are assumed" in said.err
    refused = explain("deploy/llama-predictor", *space)
    assert refused.code == 2
    assert 'cannot get resource "deployments"' in refused.err


def test_kinds_that_are_not_installed_and_objects_that_are_not_there_get_a_sentence(
    team_of: Callable[..., Team], explain: Explain
) -> None:
    """No trace, and exit code 2."""
    team = team_of()
    for arguments, sentence in (
        (["isvc/none"], f"There is no InferenceService none in namespace {team.namespace}.\n"),
        (["lws/none"], "The cluster knows no leaderworkersets: leaderworkerset.x-k8s.io is not installed.\n"),
        (["ns/none"], "There is no namespace none.\n"),
    ):
        said = explain(*arguments, "-n", team.namespace)
        assert (said.code, said.out, said.err) == (2, "", sentence)
