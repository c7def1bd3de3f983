"""Events, as kubectl shows them: on the InferenceService, on the Pod's controller, and how many."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.api import Api, Object
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.team import INJECTED, TOKEN, Team
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "release")

PODS = 40
REPLICAS = 2
ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture(scope="module")
def replicas() -> int:
    """Two, which count in one Event."""
    return REPLICAS


@pytest.fixture
def no_events(team: Team) -> Iterator[str]:
    """A policy of the cluster that refuses Events in the team's namespace, and what it says."""
    name, sentence = f"no-events-{team.namespace}", "nobody tells anything here"
    only_here = {"matchLabels": {"kubernetes.io/metadata.name": team.namespace}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["events"], "operations": ["CREATE"]}
    policy = {
        "matchConstraints": {"namespaceSelector": only_here, "resourceRules": [rule]},
        "validations": [{"expression": "false", "message": sentence, "reason": "Forbidden"}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    for kind, spec in (
        ("ValidatingAdmissionPolicy", policy),
        ("ValidatingAdmissionPolicyBinding", binding),
    ):
        version = "admissionregistration.k8s.io/v1"
        team.api.create({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec})
    probe = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "probe-"},
        "involvedObject": {"namespace": team.namespace},
    }
    until(
        lambda: sentence in team.api.post(probe, team.namespace, dryRun="All").message,
        "the API server has seen the policy",
    )
    yield sentence
    for plural in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        team.api.ok(team.api.request("DELETE", f"{ADMISSION}/{plural}/{name}"))


def ours(api: Api, namespace: str, name: str = "") -> list[Object]:
    """Return our Events, of one object where it is named."""
    return [
        event
        for event in api.list("Event", namespace)
        if event["source"].get("component") == NAME and name in {"", event["involvedObject"]["name"]}
    ]


def described(kubectl: Kubectl, kind: str, name: str, namespace: str) -> str:
    """Return what `kubectl describe` shows of Events."""
    return kubectl("describe", kind, name, "-n", namespace).partition("\nEvents:")[2]


def workload(name: str, pod: dict[str, Any], replicas: int) -> dict[str, Any]:
    """Return a Deployment of Pods."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {**pod["spec"], "restartPolicy": "Always"},
            },
        },
    }


def total(release: Release, result: str) -> float:
    """Return how often something became of what the replicas told."""
    name = f'hf_token_injector_events_total{{result="{result}"}}'
    return sum(replica.metrics().get(name, 0) for replica in release.replicas)


def test_describe_tells_on_the_inference_service_what_happened_to_it_and_to_its_pods(
    team: Team, kubectl: Kubectl
) -> None:
    """Both have the reason, the Secret and the container; nothing has the token."""
    team.apply(hugging_face_model("llama"))

    def told() -> str | None:
        text = described(kubectl, "isvc", "llama", team.namespace)
        expected = (
            "predictor: HF_TOKEN from Secret hf-secret, key token (HubUri:",
            "storage-initializer: HF_TOKEN from Secret hf-secret, key token (HubUri:",
        )
        return text if all(sentence in text for sentence in expected) else None

    text = until(told, "kubectl describe shows both Events")
    assert "Normal" in text
    assert "hf-token-injector" in text
    for shown in (
        text,
        kubectl("events", "-n", team.namespace),
        kubectl("get", "events", "-n", team.namespace),
    ):
        assert "Injected" in shown
        assert TOKEN not in shown
    assert "Injected" in kubectl("events", "-n", team.namespace, "--for", "inferenceservice/llama")


def test_describe_tells_on_the_controller_of_a_pod(team: Team, kubectl: Kubectl) -> None:
    """Where Kubernetes tells of Pods that could not be created."""
    team.apply(hugging_face_model("llama"))
    controller = team.predictor("llama")["metadata"]["ownerReferences"][0]
    until(
        lambda: "Injected" in described(kubectl, "replicaset", controller["name"], team.namespace),
        "kubectl describe shows the Event of the ReplicaSet",
    )


def test_a_misplaced_annotation_is_told_where_a_gitops_controller_hides_the_warning(
    team: Team, kubectl: Kubectl
) -> None:
    """It is a Warning with the sentence that `kubectl apply` prints."""
    team.apply(hugging_face_model("llama", annotations={"hf-token-injector.io/secrets": "typo"}))
    until(
        lambda: (
            "annotation hf-token-injector.io/secrets is unknown"
            in kubectl("get", "events", "-n", team.namespace, "--field-selector=type=Warning,reason=Advice")
        ),
        "the warning is an Event",
    )


def test_what_policy_has_against_a_pod_is_told_on_its_controller(
    make_namespace: MakeNamespace, release: Release, kubectl: Kubectl
) -> None:
    """By the validating webhook; a token that was written in clear text is not repeated."""
    namespace = make_namespace("all")
    pod = download_pod()
    pod["spec"]["containers"][0]["env"] = [{"name": "HUB", "value": TOKEN}]
    kubectl.apply(workload("download", pod, 1), namespace)
    [event] = until(
        lambda: [event for event in ours(release.api, namespace) if event["reason"] == "LiteralToken"],
        "the finding is an Event",
    )
    assert (event["type"], event["involvedObject"]["kind"]) == ("Warning", "ReplicaSet")
    assert TOKEN not in kubectl("get", "events", "-n", namespace, "-o", "yaml")


def test_a_deployment_of_many_pods_makes_one_event_with_a_count(
    make_namespace: MakeNamespace, release: Release, kubectl: Kubectl
) -> None:
    """Also when it grows, and although two replicas answer."""
    namespace = make_namespace("all")
    kubectl.apply(workload("download", download_pod(), PODS // 2), namespace)
    until(lambda: ours(release.api, namespace), "the first Event")
    kubectl("scale", "deployment", "download", f"--replicas={PODS}", "-n", namespace)
    until(
        lambda: [event["count"] for event in ours(release.api, namespace)] == [PODS],
        f"one Event with a count of {PODS}",
    )
    assert len(release.api.list("Pod", namespace)) == PODS


def test_a_dry_run_makes_no_event(team: Team, release: Release) -> None:
    """What comes after it does."""
    team.apply(hugging_face_model("dry"), "--dry-run=server")
    team.apply(hugging_face_model("wet"))
    until(lambda: ours(release.api, team.namespace, "wet"), "the Event of what was not a dry run")
    assert not ours(release.api, team.namespace, "dry")


def test_an_api_server_that_refuses_events_is_counted_and_admission_goes_on(
    team: Team, release: Release, no_events: str
) -> None:
    """As without the right, or where a policy of the cluster wants none: not tried again."""
    failed = total(release, "failed")
    team.apply(hugging_face_model("llama"))
    until(lambda: total(release, "failed") > failed, "the refusal is counted")
    assert team.predictor("llama")["metadata"]["annotations"][INJECTED]
    until(
        lambda: any(no_events in replica.process.output for replica in release.replicas),
        "the refusal is in the log",
    )
    assert not ours(release.api, team.namespace)


def test_switched_off_nothing_is_told_and_no_right_is_needed(team: Team, release: Release) -> None:
    """By the chart's value, with a server that runs as it then says."""
    release.stop()
    release.install({"settings": {"events": {"enabled": False}}})
    release.start_replica()
    try:
        until(lambda: not _may(release, "create"), "the API server knows that there is no right")
        team.apply(hugging_face_model("llama"))
        assert team.predictor("llama")["metadata"]["annotations"][INJECTED]
        for replica in release.replicas:
            assert not [name for name in replica.metrics() if "_events_" in name]
            assert "events are not sent" in replica.process.output
        assert not ours(release.api, team.namespace)
    finally:
        release.stop()
        release.install()
        for _ in range(REPLICAS):
            release.start_replica()
        until(lambda: _may(release, "create"), "the API server knows that there is the right again")


def _may(release: Release, verb: str) -> bool:
    """Tell whether our ServiceAccount may do something with Events."""
    return release.kubectl.may(f"{NAMESPACE}:{NAME}", verb, "events", "default")
