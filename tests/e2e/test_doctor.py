"""`doctor` on a real cluster: all is well, then one thing after another is broken, and it names that one.

No kubelet runs, so a test says of our Deployment's Pods that they are ready. What the webhook answers, what
the API server calls, Secrets, rights and Pods are real.
"""

import base64
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from certs.authority import issue_authority
from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.api import JSON_PATCH, Object
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.doctor import Doctor, say_ready
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model, predictor_pod
from tests.e2e.harness.release import CONFIGURATION, NAME, NAMESPACE, Release
from tests.e2e.harness.team import TOKEN, Team
from tests.e2e.harness.waiting import until
from tests.e2e.policy import offences

pytestmark = pytest.mark.usefixtures("kserve", "release")

INJECT = "hf-token-injector.io/inject"
MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


@pytest.fixture
def doctor(cluster: Cluster, release: Release) -> Doctor:
    """The command, as an administrator, on a release whose replicas count as ready."""
    say_ready(release, ready=True)
    return Doctor(cluster.kubeconfig)


@pytest.fixture
def configured(release: Release, team: Team) -> Iterator[Object]:
    """Our configuration, which is as it was before, and in force, when the test has ended."""
    before = release.configuration()
    yield before
    now = release.configuration()
    again = {
        **before,
        "metadata": {**before["metadata"], "resourceVersion": now["metadata"]["resourceVersion"]},
    }
    release.api.ok(release.api.request("PUT", f"{MUTATING}/{CONFIGURATION}", again))
    until(team.injected, "the API server has seen the configuration of before")


def test_a_cluster_in_which_all_is_well_is_well(doctor: Doctor, team: Team) -> None:
    """With an InferenceService and its Pod; and for people it is one line a check."""
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    found = doctor("-n", team.namespace)
    assert (found.wrong, found.code) == (set(), 0), found.document
    done = doctor.text("-n", team.namespace)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert all(line.startswith("✓ ") for line in lines[: len(found.statuses)])
    assert lines[-1] == (
        f"no problems and no warnings in {len(found.statuses)} checks, over 1 namespace that opted in."
    )
    assert TOKEN not in done.stdout + done.stderr + str(found.document)


def test_all_namespaces_are_looked_at_unless_one_is_named(
    doctor: Doctor, make_namespace: MakeNamespace
) -> None:
    one, other = make_namespace(), make_namespace("all")
    assert {one, other} <= set(doctor("--check=namespace-labels").document["namespaces"])


def test_namespaces_that_are_being_deleted_are_left_out_unless_one_is_named(
    doctor: Doctor, make_namespace: MakeNamespace, cluster: Cluster
) -> None:
    """A finalizer keeps this one, with a label that opts nothing in."""
    name = make_namespace("true")
    metadata = {"name": "keeper", "finalizers": ["example.com/keep"]}
    cluster.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, name)
    cluster.api.delete("Namespace", name)
    try:
        assert name not in doctor("--check=namespace-labels").document["namespaces"]
        (said,) = doctor("-n", name).said("namespace-labels")
        assert (
            f"is being deleted: nothing is created in it any more. => kubectl describe namespace {name}"
            in said
        )
        assert "it is being deleted" in doctor("-n", name).said("secrets")[0]
    finally:
        cluster.api.patch("ConfigMap", "keeper", {"metadata": {"finalizers": None}}, name)


def test_a_webhook_that_is_away_is_told_and_a_foreign_ca_bundle_too(
    doctor: Doctor, release: Release, team: Team
) -> None:
    """While no replica runs, nobody mends `caBundle`; the one that starts again does."""
    doctor("-n", team.namespace)
    release.stop()
    try:
        found = doctor("-n", team.namespace)
        assert found.code == 1
        ((said),) = found.said("webhook-answers")
        assert (
            "can create no Pods, as the webhook does not answer: Internal error occurred: failed calling"
            in said
        )
        _break(release, "add", "/webhooks/0/clientConfig/caBundle", _foreign())
        found = doctor("-n", team.namespace, "--check=webhook-certificate")
        (said,) = found.said("webhook-certificate")
        assert f"does not verify the certificate of Secret {NAMESPACE}/{NAME}-tls tls.crt" in said
        _break(release, "remove", "/webhooks/0/clientConfig/caBundle")
        (said,) = doctor("--check=webhook-certificate").said("webhook-certificate")
        assert "has no caBundle in its entry inferenceservices.hf-token-injector.io" in said
    finally:
        release.start_replica()
        until(lambda: all(release.bundles().values()), "the replica has filled caBundle again")
        release.await_in_force()
        probe = hugging_face_model("probe")
        until(
            lambda: team.api.post(probe, team.namespace, dryRun="All").status == 201,
            "the entry that was broken is in force as it is now",
        )
    assert doctor("-n", team.namespace).wrong == set()


def test_replicas_that_are_not_ready_are_told(doctor: Doctor, release: Release) -> None:
    say_ready(release, ready=False)
    found = doctor("--check=server")
    assert "none of 2 replicas ready" in found.said("server")[0]
    assert found.code == 1


@pytest.mark.usefixtures("configured")
def test_an_entry_that_is_missing_is_told(doctor: Doctor, release: Release) -> None:
    _break(release, "remove", "/webhooks/1")
    found = doctor("--check=webhook-configuration")
    assert "has no entry inferenceservice-pods.hf-token-injector.io" in found.said("webhook-configuration")[0]


@pytest.mark.usefixtures("configured")
def test_selectors_that_do_not_match_what_was_labelled_are_told(
    doctor: Doctor, release: Release, team: Team
) -> None:
    """The Pod's dry run comes back without a token, and nothing fails."""
    assert doctor("--check=webhook-selectors").wrong == set()
    for index in range(len(release.configuration()["webhooks"])):
        _break(release, "add", f"/webhooks/{index}/objectSelector/matchLabels", {"nobody": "has-this"})
    until(
        lambda: "came back without a token" in str(doctor("-n", team.namespace).said("webhook-answers")),
        "the API server has seen the configuration",
    )
    said = doctor("--check=webhook-selectors").said("webhook-selectors")
    assert "does not match InferenceServices in namespaces labelled enabled" in said[0]


@pytest.mark.usefixtures("configured")
def test_a_condition_that_somebody_added_is_told_and_that_it_may_be_why(
    doctor: Doctor, cluster: Cluster, release: Release, team: Team
) -> None:
    """`explain` says the same of a Pod that the API server kept away by it."""
    condition = {"name": "nobody", "expression": "request.namespace == 'nobody'"}
    for index in range(len(release.configuration()["webhooks"])):
        _break(release, "add", f"/webhooks/{index}/matchConditions/-", condition)
    until(
        lambda: "came back without a token" in str(doctor("-n", team.namespace).said("webhook-answers")),
        "the API server has seen the configuration",
    )
    said = doctor("--check=webhook-configuration").said("webhook-configuration")
    assert "has matchCondition nobody in its entry inferenceservices.hf-token-injector.io" in said[0]
    _later_than(cluster.api.get("Namespace", team.namespace)["metadata"]["creationTimestamp"])
    cluster.api.create(predictor_pod("kept-away"), team.namespace)
    said = doctor("-n", team.namespace, "--check=pods-without-token").said("pods-without-token")
    assert "or kept away by matchCondition nobody, which is not evaluated here." in said[0]
    explained = doctor.text("pod/kept-away", "-n", team.namespace, command=("explain",))
    assert (
        "has no token: matchCondition nobody of the webhook's configuration may keep it" in explained.stdout
    )


@pytest.mark.usefixtures("configured")
def test_an_order_in_which_the_token_is_missed_is_told(doctor: Doctor, release: Release) -> None:
    late = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "zz-kserve"},
        "webhooks": [],
    }
    release.api.create(late)
    try:
        found = doctor("--check=webhook-order")
        assert (found.code, found.statuses) == (0, {"webhook-order": "warn"})
        _break(release, "replace", "/webhooks/1/reinvocationPolicy", "Never")
        assert "comes later, and gets no token" in doctor("--check=webhook-order").said("webhook-order")[0]
    finally:
        release.api.delete("MutatingWebhookConfiguration", "zz-kserve")


def test_labels_and_annotations_that_nobody_reads_are_told(
    doctor: Doctor, cluster: Cluster, make_namespace: MakeNamespace
) -> None:
    wrong = make_namespace("true", annotations={"hf-token-injector.io/secrets": "mine"})
    misspelt = make_namespace(None)
    cluster.api.patch("Namespace", misspelt, {"metadata": {"labels": {"hf-token-injector/inject": "all"}}})
    labels = doctor("--check=namespace-labels").said("namespace-labels")
    assert any(f"{INJECT}=true, which opts nothing in" in said for said in labels)
    assert any(
        f"kubectl label namespace {misspelt} hf-token-injector/inject- {INJECT}=all" in said
        for said in labels
    )
    found = doctor("-n", wrong, "--check=namespace-annotations").said("namespace-annotations")
    assert "has annotation hf-token-injector.io/secrets, which nobody reads" in found[0]


def test_the_commands_that_spell_annotations_right_do_so(
    doctor: Doctor, cluster: Cluster, make_namespace: MakeNamespace, kubectl: Kubectl
) -> None:
    """On a Namespace, on an InferenceService, and in a component of one."""
    misspelt, value = "hf-token-injector.io/secretname", "hf-secret"
    name = make_namespace("enabled", annotations={misspelt: value})
    for service in ("whole", "component"):
        model = hugging_face_model(service)
        holder = model["metadata"] if service == "whole" else model["spec"]["predictor"]
        holder["annotations"] = {misspelt: value}
        cluster.api.create(model, name)
    ask = ("-n", name, "--check=namespace-annotations", "--check=workload-annotations")
    found = doctor(*ask)
    lines = [*found.said("namespace-annotations"), *found.said("workload-annotations")]
    assert ["did you mean hf-token-injector.io/secret?" in line for line in lines] == [True] * 3
    for line in lines:
        program, *arguments = shlex.split(line.partition(" => ")[2])
        assert program == "kubectl"
        kubectl(*arguments)
    assert doctor(*ask).wrong == set()
    assert (
        cluster.api.get("Namespace", name)["metadata"]["annotations"]["hf-token-injector.io/secret"] == value
    )


def test_a_missing_secret_key_or_value_is_told(
    doctor: Doctor, cluster: Cluster, make_namespace: MakeNamespace
) -> None:
    """The commands that it gives mend it, one after another."""
    name = make_namespace(secrets={"other": "token"})
    ask = ("-n", name, "--check=secrets")
    assert f"kubectl create secret generic hf-secret -n {name}" in doctor(*ask).said("secrets")[0]
    api = cluster.api
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hf-secret"}}
    api.create({**secret, "stringData": {"HF_TOKEN": TOKEN}}, name)
    assert "has no key token" in doctor(*ask).said("secrets")[0]
    for value, words in (
        ("", "is empty"),
        ("  \n", "nothing but blanks"),
        (TOKEN + "\n", "ends with a line break"),
    ):
        api.patch("Secret", "hf-secret", {"stringData": {"token": value}}, name)
        found = doctor(*ask)
        assert words in found.said("secrets")[0]
        assert TOKEN not in str(found.document)
    api.patch("Secret", "hf-secret", {"stringData": {"token": TOKEN}}, name)
    assert doctor(*ask).wrong == set()


def test_pods_that_were_made_before_the_label_or_are_older_than_their_secret_are_told(
    doctor: Doctor, cluster: Cluster, make_namespace: MakeNamespace, kubectl: Kubectl
) -> None:
    """The first has no token, the second an old one."""
    name = make_namespace(None)
    cluster.api.create(predictor_pod("early"), name)
    cluster.api.patch("Namespace", name, {"metadata": {"labels": {INJECT: "enabled"}}})
    ask = ("-n", name, "--check=pods-without-token", "--check=pods-older-than-secret")
    until(Team(name, cluster.api, kubectl).injected, "the webhook knows of the label")
    cluster.api.create(predictor_pod("later"), name)
    made = cluster.api.get("Pod", "later", name)["metadata"]["creationTimestamp"]
    found = doctor(*ask)
    (said,) = found.said("pods-without-token")
    assert said.startswith("fail Pod early has no token in storage-initializer")
    assert said.endswith(f"=> kubectl get pod early -n {name} -o yaml | kubectl replace --force -f -")
    assert found.said("pods-older-than-secret") == []
    _later_than(made)
    cluster.api.patch("Secret", "hf-secret", {"stringData": {"token": TOKEN[:-1] + "1"}}, name)
    # It has taken no token before kubelet starts it.
    assert doctor(*ask).said("pods-older-than-secret") == []
    running = {"running": {"startedAt": made}}
    told = {"image": "", "imageID": "", "ready": False, "restartCount": 0, "state": running}
    status = {"initContainerStatuses": [{"name": "storage-initializer", **told}]}
    cluster.api.patch("Pod", "later", {"status": status}, name, subresource="status")
    (said,) = doctor(*ask).said("pods-older-than-secret")
    assert said.startswith("warn Pod later was made before Secret hf-secret changed")
    assert said.endswith(f"=> hf-token-injector restart -n {name}")


def test_keys_and_tokens_in_workloads_are_told(
    doctor: Doctor, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """An InferenceService that was applied before the namespace opted in: nobody has looked at it yet."""
    team = Team(make_namespace(None), cluster.api, kubectl)
    literal = [{"name": "HF_TOKEN", "value": TOKEN}]
    misplaced = {"hf-token-injector.io/method": "files"}
    team.apply(hugging_face_model("llama", annotations=misplaced, env=literal))
    cluster.api.patch("Namespace", team.namespace, {"metadata": {"labels": {INJECT: "enabled"}}})
    found = doctor("-n", team.namespace, "--check=workload-annotations", "--check=literal-tokens")
    assert "is refused the next time that it comes" in found.said("workload-annotations")[0]
    assert found.said("literal-tokens")[0].startswith("warn InferenceService llama is not as it should be")
    assert TOKEN not in str(found.document)


@pytest.mark.parametrize("kind", ["Pod", "ServingRuntime"])
def test_a_token_that_the_policy_warned_about_is_found(doctor: Doctor, team: Team, kind: str) -> None:
    """Also in what gets no token from us: whoever has the alert has to find what it was about."""
    team.apply(offences.OFFENCES[kind]())
    found = doctor("-n", team.namespace, "--check=literal-tokens")
    assert found.said("literal-tokens")[0].startswith(f"warn {kind} offence is not as it should be")
    assert offences.LITERAL not in str(found.document)


def _break(release: Release, operation: str, path: str, value: Any = None) -> None:  # noqa: ANN401 - any JSON
    """Change our configuration by one operation."""
    change = {"op": operation, "path": path, "value": value}
    release.api.patch("MutatingWebhookConfiguration", CONFIGURATION, [change], content_type=JSON_PATCH)


def _foreign() -> str:
    """Return a `caBundle` of a CA that has signed nothing of ours."""
    return base64.b64encode(issue_authority("foreign", now=datetime.now(UTC)).certificate).decode()


def _later_than(moment: str) -> None:
    """Wait until a moment of the API is over: those are of whole seconds."""
    until(
        lambda: datetime.now(UTC).isoformat(timespec="seconds") > moment.replace("Z", "+00:00"),
        "a second is over",
    )
