"""A platform that refuses tokens in clear text, and containers that ask the Hub without a token."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import Audit, MakeNamespace
from tests.e2e.harness.api import MERGE_PATCH
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import pod_creation
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model
from tests.e2e.harness.release import POLICY, Release
from tests.e2e.harness.team import Team, tokens
from tests.e2e.harness.waiting import until
from tests.e2e.policy import offences
from tests.e2e.policy.conftest import await_judging
from tests.e2e.policy.offences import LITERAL, OFFENCES

pytestmark = pytest.mark.usefixtures("judging")

DENY = {"literalTokens": "deny", "requireToken": "deny"}
OPTED_OUT = {"hf-token-injector.io/inject": "disabled"}


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """The chart's values."""
    return settings()


def settings(**policy: str) -> dict[str, Any]:
    """Return the values of this platform, which also follows whether Secrets exist."""
    return {"settings": {"policy": DENY | policy, "cluster": {"watchSecrets": True}}}


def restart(release: Release, values: dict[str, Any]) -> None:
    """Let the platform have other values, and wait until they are in force."""
    release.stop()
    release.upgrade(values)
    release.start_replica()
    await_judging(release)


@pytest.mark.parametrize("kind", OFFENCES)
def test_a_token_in_clear_text_is_refused(team: Team, kind: str) -> None:
    """With a sentence that says what to change, and not a byte of the token; nothing is stored."""
    said = team.try_apply(OFFENCES[kind](), "--server-side")
    assert said.code != 0
    assert "policy.hf-token-injector.io" in said.err
    assert "refer to a Secret by secretKeyRef, and revoke the token" in said.err
    assert LITERAL not in said.err
    assert team.api.find(kind, "offence", team.namespace) is None


def test_a_runtime_of_the_whole_cluster_is_refused(judging: Release) -> None:
    """It is of no namespace."""
    answer = judging.api.post(offences.serving_runtime("ClusterServingRuntime"), dryRun="All")
    assert answer.status == 422
    assert "clusterservingruntimes.policy.hf-token-injector.io" in answer.message


def test_a_dry_run_is_refused_as_well(team: Team) -> None:
    """So that a pipeline hears of it before it applies."""
    said = team.try_apply(offences.serving_runtime(), "--dry-run=server")
    assert "revoke the token" in said.err


def test_opting_out_of_injection_opens_no_way(team: Team) -> None:
    """It is the platform that says what is judged."""
    said = team.try_apply(offences.inference_service(labels=OPTED_OUT))
    assert said.code != 0
    assert "revoke the token" in said.err


def test_a_refusal_is_in_the_audit_log(team: Team, audit: Audit) -> None:
    """With its reason and its place."""
    team.try_apply(offences.inference_service(), "--server-side")
    [noted] = [
        event["annotations"]
        for event in audit()
        if event.get("objectRef", {}).get("namespace") == team.namespace
        and event["objectRef"]["resource"] == "inferenceservices"
    ]
    entry = "inferenceservices.policy.hf-token-injector.io"
    assert noted[f"{entry}/outcome"] == "Denied"
    assert noted[f"{entry}/findings"].startswith("/spec/predictor/model/env/0/value=Literal")
    assert noted[f"{entry}/findings"].endswith(":deny")


def test_what_asks_the_hub_passes_with_the_token_that_it_is_given(team: Team, audit: Audit) -> None:
    """The policy sees what injection has made of the object; who opts out of it and has none is refused."""
    team.apply(hugging_face_model("llama"))
    assert tokens(team.predictor("llama"))["storage-initializer"]
    noted = pod_creation(audit, team.namespace)
    assert noted["controlled-pods.policy.hf-token-injector.io/outcome"] == "Accepted"
    said = team.try_apply(hugging_face_model("without", labels=OPTED_OUT))
    assert said.code != 0
    assert "without a token" in said.err


def test_the_author_of_an_llm_hears_of_a_secret_that_is_missing(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """With the command that makes it; the warnings of its Pods reach nobody."""
    team = Team(make_namespace(secrets={"another": "token"}), cluster.api, kubectl)
    manifest = offences.llm()
    del manifest["spec"]["template"]
    said = team.try_apply(manifest)
    assert said.code == 0, said.err
    command = f"kubectl create secret generic hf-secret -n {team.namespace} --from-literal=token=hf_..."
    assert command in said.err


def test_a_pod_that_nobody_injects_is_refused_and_one_that_somebody_does_is_not(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """In a namespace labelled `enabled` a plain Pod gets no token, in one labelled `all` it does."""
    enabled, every = (Team(make_namespace(mode), cluster.api, kubectl) for mode in ("enabled", "all"))
    assert "pods.policy.hf-token-injector.io" in enabled.try_apply(download_pod()).err
    every.apply(download_pod())


def test_a_pod_of_a_replica_set_is_still_made(team: Team) -> None:
    """Turning a rule on must not stop the rescheduling of what runs."""
    team.apply(offences.deployment())
    pod = team.pod("app=offence")
    team.api.delete("Pod", pod["metadata"]["name"], team.namespace)
    assert until(
        lambda: [one for one in team.pods("app=offence") if one["metadata"]["uid"] != pod["metadata"]["uid"]],
        "another Pod in its place",
    )


def test_a_platform_may_refuse_pods_of_controllers_too(judging: Release, team: Team) -> None:
    """Then its controller is told, and `kubectl describe` tells people."""
    restart(judging, settings(pods="deny"))
    try:
        until(
            lambda: (
                judging.api.post(offences.pod(controlled=True), team.namespace, dryRun="All").status == 422
            ),
            "Pods of controllers are refused",
        )
        team.apply(offences.deployment())

        def told() -> str | None:
            owners = team.api.list("ReplicaSet", team.namespace, "app=offence")
            conditions = [one for owner in owners for one in owner.get("status", {}).get("conditions", ())]
            return next((str(one["message"]) for one in conditions if one["type"] == "ReplicaFailure"), None)

        assert "controlled-pods.policy.hf-token-injector.io" in str(until(told, "the ReplicaSet says why"))
        assert team.pods("app=offence") == []
    finally:
        restart(judging, settings())


def test_what_was_there_before_the_rule_lives_on(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl, judging: Release
) -> None:
    """KServe's controller goes on updating it and its Pods come back; only a new spec is judged."""
    team = Team(make_namespace(None), cluster.api, kubectl)
    team.apply(offences.inference_service(), "--server-side")
    team.predictor("offence")
    team.await_generation("offence")
    kubectl("label", "namespace", team.namespace, "hf-token-injector.io/inject=enabled")
    until(lambda: team.try_apply(offences.pod(), "--dry-run=server").code != 0, "the namespace is judged")
    api = judging.api
    api.patch("InferenceService", "offence", {"metadata": {"annotations": {"a": "b"}}}, team.namespace)
    api.patch(
        "InferenceService", "offence", {"status": {"modelStatus": None}}, team.namespace, subresource="status"
    )
    path = f"/apis/serving.kserve.io/v1beta1/namespaces/{team.namespace}/inferenceservices/offence"
    scaled = {"spec": {"predictor": {"minReplicas": 2}}}
    assert api.request("PATCH", path, scaled, content_type=MERGE_PATCH).status == 422
    mended = hugging_face_model("offence")
    team.apply(mended, "--server-side")
    assert LITERAL not in json.dumps(team.inference_service("offence")["spec"])
    api.delete("InferenceService", "offence", team.namespace)
    until(
        lambda: api.find("InferenceService", "offence", team.namespace) is None,
        "its finalizers are taken away",
    )


def test_while_nobody_answers_only_what_may_be_refused_waits(away: Release, team: Team) -> None:
    """A runtime and a Pod of nobody's wait; what a controller makes goes on."""
    entries = away.api.get("ValidatingWebhookConfiguration", POLICY)["webhooks"]
    ignoring = [entry["name"] for entry in entries if entry["failurePolicy"] == "Ignore"]
    assert ignoring == ["controlled-pods.policy.hf-token-injector.io"]
    for manifest in (offences.serving_runtime(), offences.pod()):
        said = team.try_apply(manifest, "--server-side")
        assert "failed calling webhook" in said.err
    team.apply(offences.deployment())
    assert team.pod("app=offence")
