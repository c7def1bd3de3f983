"""How a Pod without a token comes to be made anew: by a command, or by a rollout that runs already."""

import pytest

from tests.cli.explain.conftest import AFTER, BEFORE, Cluster, Explain
from tests.cli.explain.said import HEADING, RESTART, first, missing
from tests.cli.explain.workloads import (
    controller,
    inference_service,
    pod_of,
    predictor_pod,
    rolled_out,
    workload,
)


def test_a_pod_that_nothing_makes_anew(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "all")
    pod = pod_of(workload(), "lonely", created=BEFORE)
    cluster.objects.add(pod)
    assert first(explain, "pod", "lonely", "-n", "team-a")[1] == (
        "  kubectl get pod lonely -n team-a -o yaml | kubectl replace --force -f -"
    )


@pytest.mark.parametrize(
    ("kind", "version", "command"),
    [
        ("StatefulSet", "apps/v1", "kubectl rollout restart statefulset/vllm -n team-a"),
        ("DaemonSet", "apps/v1", "kubectl rollout restart daemonset/vllm -n team-a"),
        ("ReplicaSet", "apps/v1", "kubectl delete pod vllm-0 -n team-a"),
        ("Job", "batch/v1", "kubectl delete pod vllm-0 -n team-a"),
    ],
)
def test_each_kind_is_made_anew_in_its_way(
    cluster: Cluster, explain: Explain, kind: str, version: str, command: str
) -> None:
    cluster.namespace("team-a", "all")
    owner = workload(kind, "vllm", version)
    cluster.objects.add(owner, pod_of(owner, "vllm-0", controller(kind, "vllm", version), created=BEFORE))
    assert first(explain, f"{kind}/vllm", "-n", "team-a")[1] == f"  {command}"


def test_while_a_rollout_replaces_a_pod_it_is_waited_for(cluster: Cluster, explain: Explain) -> None:
    newer = predictor_pod("newer", ours=True)
    newer["metadata"]["ownerReferences"] = [controller("ReplicaSet", "llama-predictor-7f00")]
    cluster.objects.add(inference_service(), *rolled_out("2"), predictor_pod(created=BEFORE), newer)
    clause = "storage-initializer has no token: the rollout of deployment/llama-predictor, which is under way"
    status = "  kubectl rollout status deployment/llama-predictor -n team-a"
    assert first(explain) == [f"{HEADING}{clause}, replaces it.", status]
    assert first(explain, "isvc/llama", "-n", "team-a") == [
        f"InferenceService llama in namespace team-a: in 1 of 2 Pods {clause}, replaces it.",
        status,
    ]


def test_what_the_newer_pod_lacks_is_told_before_that(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    cluster.objects.add(inference_service(), *rolled_out("2"), predictor_pod(created=BEFORE))
    cluster.objects.add(predictor_pod("newer", ours=True))
    assert first(explain, "isvc/llama", "-n", "team-a")[0].endswith("Secret hf-secret does not exist.")


def test_a_rollout_helps_nobody_where_the_namespace_has_not_opted_in(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.namespace("team-a", None)
    cluster.objects.add(inference_service(), *rolled_out("2"), predictor_pod())
    assert first(explain) == [
        missing("namespace team-a has not opted in"),
        "  kubectl label namespace team-a hf-token-injector.io/inject=enabled",
        RESTART,
    ]


def test_a_restart_that_was_asked_for_is_not_proposed_again(cluster: Cluster, explain: Explain) -> None:
    """KServe has not come to it; and whoever may read nothing between them is told the same."""
    service = inference_service()
    service["spec"]["predictor"]["annotations"] = {"hf-token-injector.io/restarted-at": AFTER}
    cluster.objects.add(service, *rolled_out("1"), predictor_pod(created=BEFORE))
    said = [
        missing("a restart of isvc/llama was asked for and has not come to it yet"),
        "  kubectl describe isvc/llama -n team-a",
    ]
    assert first(explain) == said
    cluster.objects.forbidden = {("get", "deployments"), ("get", "replicasets")}
    assert first(explain) == said
