"""How a Pod comes to be made anew: what its objects say of a rollout that runs, and the command otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from webhook.core.owners import belongs_to
from webhook.core.renewal import left_behind, renewal

ISVC = "serving.kserve.io/v1beta1"
LLM = "serving.kserve.io/v1alpha2"
LABELS = {"serving.kserve.io/inferenceservice": "llama", "component": "predictor"}
RESTARTED_AT = "hf-token-injector.io/restarted-at"
KUBECTLS = "kubectl.kubernetes.io/restartedAt"
EARLIER, LATER = "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"
DELETE = "kubectl delete pod x -n team-a"


class Above(NamedTuple):
    """An owner."""

    kind: str
    group: str
    name: str
    word: str
    found: Mapping[str, Any] | None


def above(kind: str, name: str, group: str = "apps", **found: Any) -> Above:  # noqa: ANN401 - as it is
    word = {"InferenceService": "isvc", "LLMInferenceService": "llmisvc", "LeaderWorkerSet": "lws"}.get(
        kind, kind.lower()
    )
    return Above(kind, group, name, f"{word}/{name}", found or None)


def pod(
    labels: Mapping[str, str] | None = None,
    carried: Mapping[str, str] | None = None,
    *,
    controlled: bool = True,
) -> dict[str, Any]:
    owners = [{"kind": "ReplicaSet", "name": "x", "controller": True}] if controlled else []
    metadata = {"name": "x", "namespace": "team-a", "ownerReferences": owners}
    return {"metadata": {**metadata, "labels": labels or {}, "annotations": carried or {}}}


def rolled_out(revision: str = "1", **deployment: Any) -> tuple[Above, Above]:  # noqa: ANN401 - as it is
    """Return a ReplicaSet of the first revision, and its Deployment of the given one."""
    key = "deployment.kubernetes.io/revision"
    return (
        above("ReplicaSet", "vllm-1", metadata={"annotations": {key: "1"}}),
        above("Deployment", "vllm", metadata={"annotations": {key: revision}}, **deployment),
    )


def template(**annotations: str) -> dict[str, Any]:
    return {"template": {"metadata": {"annotations": annotations}}}


def stamped(target: str, place: str) -> str:
    """Return the command that writes the time into an annotation of a part."""
    now = """{"annotations": {"hf-token-injector.io/restarted-at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}}"""
    return f"""kubectl patch {target} -n team-a --type merge -p '{{"spec": {{"{place}": {now}}}}}'"""


@pytest.mark.parametrize(
    ("labels", "owners", "command"),
    [
        (
            LABELS,
            rolled_out(),
            stamped("isvc/llama", "predictor"),
        ),
        (
            {**LABELS, "component": "transformer"},
            (),
            stamped("isvc/llama", "transformer"),
        ),
        (
            {"app.kubernetes.io/component": "llminferenceservice-workload-prefill"},
            [*rolled_out(), above("LLMInferenceService", "chat", "serving.kserve.io")],
            stamped("llmisvc/chat", "prefill"),
        ),
        (
            {"app.kubernetes.io/component": "llminferenceservice-tokenizer"},
            [above("LLMInferenceService", "chat", "serving.kserve.io")],
            DELETE,
        ),
        ({}, rolled_out(), "kubectl rollout restart deployment/vllm -n team-a"),
        ({}, [above("StatefulSet", "vllm")], "kubectl rollout restart statefulset/vllm -n team-a"),
        ({}, [above("DaemonSet", "vllm")], "kubectl rollout restart daemonset/vllm -n team-a"),
        ({}, [above("StatefulSet", "x", spec={"updateStrategy": {"type": "OnDelete"}})], DELETE),
        ({}, [above("ReplicaSet", "vllm-1"), above("Rollout", "vllm", "argoproj.io")], DELETE),
        ({}, [above("Job", "nightly-1", "batch"), above("CronJob", "nightly", "batch")], ""),
        ({"leaderworkerset.sigs.k8s.io/name": "set"}, (), DELETE),
    ],
)
def test_each_kind_is_made_anew_in_its_way(
    labels: dict[str, str], owners: Sequence[Above], command: str
) -> None:
    assert renewal(pod(labels), owners) == ("", "", command)


def test_a_pod_that_nothing_controls_is_replaced_whatever_its_labels_say() -> None:
    said = renewal(pod(LABELS, controlled=False), ())
    assert said.anew == "kubectl get pod x -n team-a -o yaml | kubectl replace --force -f -"


def test_a_pod_that_belongs_to_nothing_that_is_known_stands_for_itself() -> None:
    assert str(belongs_to(pod(), [above("Rollout", "vllm", "argoproj.io")])) == "pod/x -n team-a"
    named = {"app.kubernetes.io/part-of": "llminferenceservice", "app.kubernetes.io/name": "chat"}
    assert str(belongs_to(pod(named), ())) == "llmisvc/chat -n team-a"


def test_a_rollout_that_runs_is_waited_for_and_not_begun_again() -> None:
    said = renewal(pod(LABELS), rolled_out("2"))
    assert said.running == "the rollout of deployment/vllm, which is under way, replaces it"
    assert said.look == "kubectl rollout status deployment/vllm -n team-a"


MESSAGES = (
    """kubectl get deployment/vllm -n team-a """
    """-o jsonpath='{range .status.conditions[*]}{.message}{"\\n"}{end}'"""
)


@pytest.mark.parametrize(
    ("deployment", "why", "look"),
    [
        ({"spec": {"paused": True}}, "is paused", "kubectl rollout resume deployment/vllm -n team-a"),
        (
            {"status": {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}},
            "makes no progress",
            MESSAGES,
        ),
        (
            {"status": {"conditions": [{"type": "Available"}, {"type": "ReplicaFailure", "status": "True"}]}},
            "cannot create its Pods",
            MESSAGES,
        ),
    ],
)
def test_a_rollout_that_stands_still_is_told_with_the_way_to_see_why(
    deployment: dict[str, Any], why: str, look: str
) -> None:
    said = renewal(pod(), rolled_out("2", **deployment))
    assert said.running == f"the rollout of deployment/vllm, which is to replace it, {why}"
    assert said.look == look


def test_a_stateful_set_leaves_behind_what_is_not_of_its_latest_revision() -> None:
    def behind(**status: str) -> bool:
        of = pod({"controller-revision-hash": "a"})
        return left_behind(of, [above("StatefulSet", "vllm", status=status)]) is not None

    assert [behind(updateRevision="b"), behind(updateRevision="a"), behind(observed="a")] == [
        True,
        False,
        False,
    ]


def test_what_is_not_known_leaves_nothing_behind() -> None:
    replicas, deployment = rolled_out("2")
    assert left_behind(pod(), [replicas._replace(found=None), deployment._replace(found=None)]) is None
    assert left_behind(pod(), [deployment]) is None


def isvc(part: dict[str, Any], **annotations: str) -> Above:
    metadata = {"annotations": annotations}
    return above(
        "InferenceService", "llama", "serving.kserve.io", metadata=metadata, spec={"predictor": part}
    )


@pytest.mark.parametrize(
    ("carried", "owner", "asked"),
    [
        ({}, isvc({"annotations": {RESTARTED_AT: LATER}}), True),
        ({RESTARTED_AT: EARLIER}, isvc({"annotations": {RESTARTED_AT: LATER}}), True),
        ({RESTARTED_AT: LATER}, isvc({"annotations": {RESTARTED_AT: LATER}}), False),
        ({}, isvc({}, **{RESTARTED_AT: LATER}), True),
        # The component's annotation beats the object's, so that a later one there has no effect.
        (
            {RESTARTED_AT: EARLIER},
            isvc({"annotations": {RESTARTED_AT: EARLIER}}, **{RESTARTED_AT: LATER}),
            False,
        ),
        ({RESTARTED_AT: EARLIER}, isvc({}), False),
    ],
)
def test_a_restart_that_has_not_come_to_a_pod_is_told_by_the_time_that_it_carries(
    carried: dict[str, str], owner: Above, *, asked: bool
) -> None:
    said = renewal(pod(LABELS, carried), [*rolled_out(), owner])
    assert bool(said.running) is asked
    if asked:
        assert said.running == "a restart of isvc/llama was asked for and has not come to it yet"
        assert said.look == "kubectl describe isvc/llama -n team-a"


def test_a_restart_that_kubectl_asked_for_counts_as_well() -> None:
    owner = above("DaemonSet", "vllm", spec=template(**{KUBECTLS: LATER}))
    said = renewal(pod(), [owner])
    assert said.running == "a restart of daemonset/vllm was asked for and has not come to it yet"
    assert said.look == "kubectl rollout status daemonset/vllm -n team-a"
    assert not renewal(pod(carried={KUBECTLS: LATER}), [owner]).running


def test_a_pod_of_a_leader_worker_set_is_of_either_template() -> None:
    templates = {
        "leaderTemplate": {"metadata": {"annotations": {RESTARTED_AT: EARLIER}}},
        "workerTemplate": {"metadata": {"annotations": {RESTARTED_AT: LATER}}},
    }
    group = "leaderworkerset.x-k8s.io"
    owner = above("LeaderWorkerSet", "set", group, spec={"leaderWorkerTemplate": templates})
    asked = [
        bool(renewal(pod(carried=carried), [owner]).running)
        for carried in ({RESTARTED_AT: EARLIER}, {RESTARTED_AT: LATER}, {})
    ]
    assert asked == [False, False, True]


def test_where_no_annotation_reaches_a_pod_none_is_looked_for() -> None:
    """Such as a tokenizer of an LLMInferenceService."""
    owner = above(
        "LLMInferenceService",
        "chat",
        "serving.kserve.io",
        spec={"annotations": {RESTARTED_AT: LATER}},
    )
    labels = {"app.kubernetes.io/component": "llminferenceservice-tokenizer"}
    assert not renewal(pod(labels), [owner]).running
    labels = {"app.kubernetes.io/component": "llminferenceservice-workload"}
    assert renewal(pod(labels), [owner]).running
