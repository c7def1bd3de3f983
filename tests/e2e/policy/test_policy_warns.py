"""The policy as most people install it: tokens in clear text are warned about, and nothing is refused."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import Audit, MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import pod_creation
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import POLICY, Release
from tests.e2e.harness.team import Team, predictor_env
from tests.e2e.policy import offences
from tests.e2e.policy.offences import LITERAL, OFFENCES

pytestmark = pytest.mark.usefixtures("judging")

CLEAR_TEXT = "in clear text: refer to a Secret by secretKeyRef, and revoke the token"


def warnings(said: str) -> list[str]:
    """Return the warnings that kubectl printed."""
    return [line.removeprefix("Warning: ") for line in said.splitlines() if line.startswith("Warning: ")]


@pytest.mark.parametrize("kind", OFFENCES)
def test_a_token_in_clear_text_is_warned_about(team: Team, kind: str) -> None:
    """Where the author reads it, with what to change and not a byte of the token; the object is stored."""
    said = team.try_apply(OFFENCES[kind](), "--server-side")
    assert said.code == 0, said.err
    assert any(CLEAR_TEXT in warning for warning in warnings(said.err)), said.err
    assert LITERAL not in said.err
    assert LITERAL in json.dumps(team.get(kind, "offence"))


def test_a_runtime_of_the_whole_cluster_is_warned_about(judging: Release) -> None:
    """It is of no namespace, and its Pods are in any; nothing waits for a Namespace."""
    answer = judging.api.post(offences.serving_runtime("ClusterServingRuntime"), dryRun="All")
    judging.api.ok(answer)
    assert any(CLEAR_TEXT in warning for warning in answer.warnings), answer.warnings


def test_a_token_in_a_url_is_warned_about(team: Team) -> None:
    """As git takes it."""
    model = hugging_face_model("url", args=[f"--repository=https://user:{LITERAL}@huggingface.co/a/b"])
    said = team.try_apply(model, "--server-side")
    assert any("a URL" in warning for warning in warnings(said.err)), said.err
    assert LITERAL not in said.err


def test_what_kubectl_remembers_of_a_manifest_is_warned_about_too(team: Team) -> None:
    """Client-side apply keeps a copy in an annotation, which outlives the variable."""
    said = team.try_apply(offences.inference_service())
    assert any("last-applied-configuration" in warning for warning in warnings(said.err)), said.err


def test_a_workload_that_opted_out_of_injection_is_still_judged(team: Team) -> None:
    """The label says that it wants no token of ours, not that it may show its own to everybody."""
    labels = {"hf-token-injector.io/inject": "disabled"}
    said = team.try_apply(offences.inference_service(labels=labels), "--server-side")
    assert any(CLEAR_TEXT in warning for warning in warnings(said.err)), said.err


def test_namespaces_that_did_not_opt_in_are_not_asked_about(
    make_namespace: MakeNamespace, judging: Release, kubectl: Kubectl, cluster: Cluster
) -> None:
    """Neither an InferenceService nor its Pod arrives."""
    team = Team(make_namespace(None), cluster.api, kubectl)
    said = team.try_apply(offences.inference_service(), "--server-side")
    team.predictor("offence")
    assert warnings(said.err) == []
    assert judging.reviews(team.namespace, "/validate") == []


def test_what_we_inject_is_nothing_to_warn_about(team: Team, judging: Release, audit: Audit) -> None:
    """The policy sees the final object, and a reference to a Secret is no token."""
    said = team.try_apply(hugging_face_model("llama"))
    assert predictor_env(team.inference_service("llama"))
    assert warnings(said.err) == []
    team.predictor("llama")
    noted = pod_creation(audit, team.namespace)
    assert noted["controlled-pods.policy.hf-token-injector.io/outcome"] == "Accepted"


def test_a_pod_of_a_replica_set_is_warned_about_and_runs(team: Team, audit: Audit) -> None:
    """The warning reaches the controller alone; the audit log of the API server says what was found where."""
    team.apply(offences.deployment())
    pod = team.pod("app=offence")
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "ReplicaSet"
    noted = pod_creation(audit, team.namespace)
    entry = "controlled-pods.policy.hf-token-injector.io"
    assert noted[f"{entry}/outcome"] == "Warned"
    assert noted[f"{entry}/findings"].startswith("/spec/containers/0/env/0/value=Literal")
    assert not [name for name in noted if name.startswith("pods.policy.")]
    assert LITERAL not in json.dumps(noted)


def test_a_dry_run_is_warned_about_as_well(team: Team, judging: Release) -> None:
    """And stores nothing."""
    said = team.try_apply(offences.serving_runtime(), "--server-side", "--dry-run=server")
    assert any(CLEAR_TEXT in warning for warning in warnings(said.err)), said.err
    assert judging.api.find("ServingRuntime", "offence", team.namespace) is None


@pytest.mark.parametrize(
    ("where", "keys", "warning"),
    [
        ("metadata", {"annotations": {"hf-token-injector.io/secret": "mine"}}, "set it in spec.annotations"),
        ("metadata", {"labels": {"hf-token-injector.io/inject": "disabled"}}, "set it in spec.labels"),
        ("spec", {"annotations": {"hf-token-injector.io/method": "files"}}, "must be env or file"),
    ],
)
def test_the_author_of_an_llm_hears_of_keys_that_do_nothing(
    team: Team, where: str, keys: dict[str, Any], warning: str
) -> None:
    """A Pod's warnings reach only its controller; metadata of an LLMInferenceService reaches no Pod."""
    manifest = offences.llm()
    del manifest["spec"]["template"]
    manifest[where] |= keys
    said = team.try_apply(manifest, "--server-side")
    assert said.code == 0, said.err
    assert any(warning in line for line in warnings(said.err)), said.err


def test_what_was_found_is_counted(team: Team, judging: Release) -> None:
    """By check and by what came of it."""
    metric = 'hf_token_injector_policy_findings_total{action="warn",check="literalTokens"}'
    before = sum(replica.metrics().get(metric, 0) for replica in judging.replicas)
    team.apply(offences.serving_runtime())
    assert sum(replica.metrics().get(metric, 0) for replica in judging.replicas) > before


def test_updates_that_change_nothing_of_ours_never_arrive(team: Team, judging: Release) -> None:
    """Labels and finalizers of others, and what is being deleted; a changed spec does."""
    name, namespace = "offence", team.namespace
    team.apply(offences.serving_runtime(), "--server-side")

    def reviewed_by(change: dict[str, Any]) -> int:
        judging.api.await_cached("ServingRuntime", name, namespace)
        before = len(judging.reviews(namespace, "/validate"))
        judging.api.patch("ServingRuntime", name, change, namespace)
        return len(judging.reviews(namespace, "/validate")) - before

    assert reviewed_by({"metadata": {"labels": {"team.example/stage": "b"}}}) == 0
    assert reviewed_by({"metadata": {"finalizers": ["team.example/keep"]}}) == 0
    assert reviewed_by({"spec": {"multiModel": True}}) == 1
    judging.api.delete("ServingRuntime", name, namespace)
    assert reviewed_by({"spec": {"multiModel": False}}) == 0
    assert reviewed_by({"metadata": {"finalizers": None}}) == 0


def test_while_nobody_answers_everything_goes_on_unjudged(away: Release, team: Team) -> None:
    """As nothing would have been refused; what is injected has a failure policy of its own."""
    configuration = away.api.get("ValidatingWebhookConfiguration", POLICY)
    assert {entry["failurePolicy"] for entry in configuration["webhooks"]} == {"Ignore"}
    for manifest in (offences.serving_runtime(), offences.pod()):
        said = team.try_apply(manifest, "--server-side")
        assert said.code == 0, said.err
        assert warnings(said.err) == []
