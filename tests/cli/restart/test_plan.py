"""What is restarted by which object, and what is only named."""

import json
from typing import Any

import pytest

from tests.cli.restart.cluster import (
    ENTRY,
    NAMESPACE,
    RECORDED,
    ROTATED,
    SINCE,
    Controllers,
    Owner,
    deployment,
    inference_service,
    of_deployment,
    pod,
    secret,
    thing,
)
from tests.cli.restart.conftest import Restart
from tests.kubernetes_objects import KubernetesObjects, Object

LLM = "serving.kserve.io/v1alpha2"
LWS = "leaderworkerset.x-k8s.io/v1"
KNATIVE = "serving.knative.dev/v1"
RESTARTED_AT = "hf-token-injector.io/restarted-at"


def planned(restart: Restart, *arguments: str) -> dict[str, Object]:
    """Return what a dry run says of each workload."""
    result = restart("--dry-run", "--output=json", *arguments)
    assert result.exit_code in {0, 2}, result.output
    return {one["workload"]: one for one in json.loads(result.stdout)["workloads"]}


@pytest.fixture(autouse=True)
def rotated(objects: KubernetesObjects) -> None:
    """A Secret that was changed after the old Pods were made."""
    objects.add(secret())


def test_parts_of_an_llm_inference_service_are_told_by_the_label_of_their_pods(
    restart: Restart, objects: KubernetesObjects
) -> None:
    objects.add(thing(LLM, "LLMInferenceService", "llama", spec={"router": {"scheduler": {}}}))
    owner: Owner = (LLM, "LLMInferenceService", "llama")
    components = ("workload", "workload-prefill", "router-scheduler", "tokenizer")
    for component in components:
        label = {"app.kubernetes.io/component": f"llminferenceservice-{component}"}
        objects.add(
            *deployment(component, owner), pod(f"{component}-1", of_deployment(component), labels=label)
        )
    found = planned(restart)
    assert found["llmisvc/llama"]["components"] == ["prefill", "scheduler", "workload"]
    # No annotation of the LLMInferenceService reaches it.
    assert found["deployment/tokenizer"]["action"] == "restart"

    Controllers(objects, {"llama": [f"{one}-1" for one in components[:3]], "tokenizer": ["tokenizer-1"]})
    assert restart().exit_code == 0
    spec = objects.object("LLMInferenceService", "llama", NAMESPACE)["spec"]
    for place in (spec, spec["prefill"], spec["router"]["scheduler"]):
        assert set(place["annotations"]) == {RESTARTED_AT}


def test_leaders_and_workers_of_a_leader_worker_set_are_one_workload(
    restart: Restart, objects: KubernetesObjects
) -> None:
    templates: dict[str, Any] = {"leaderTemplate": {}, "workerTemplate": {}}
    status = {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}
    objects.add(
        thing(LWS, "LeaderWorkerSet", "llama", spec={"leaderWorkerTemplate": templates}, status=status),
        thing("apps/v1", "StatefulSet", "llama", (LWS, "LeaderWorkerSet", "llama")),
        thing("apps/v1", "StatefulSet", "llama-0", ("v1", "Pod", "llama-0")),
        pod("llama-0", ("apps/v1", "StatefulSet", "llama")),
        pod("llama-0-1", ("apps/v1", "StatefulSet", "llama-0")),
    )
    assert planned(restart)["lws/llama"]["pods"] == ["llama-0", "llama-0-1"]
    Controllers(objects, {"llama": ["llama-0", "llama-0-1"]})
    assert restart().exit_code == 0
    found = objects.object("LeaderWorkerSet", "llama", NAMESPACE)["spec"]["leaderWorkerTemplate"]
    for template in ("leaderTemplate", "workerTemplate"):
        assert set(found[template]["metadata"]["annotations"]) == {RESTARTED_AT}


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_set_is_restarted_by_its_template_unless_it_waits_for_people(
    restart: Restart, objects: KubernetesObjects, kind: str
) -> None:
    for name, strategy in (("rolling", "RollingUpdate"), ("by-hand", "OnDelete")):
        spec = {"template": {}, "updateStrategy": {"type": strategy}}
        objects.add(thing("apps/v1", kind, name, spec=spec), pod(f"{name}-0", ("apps/v1", kind, name)))
    found = planned(restart)
    word = kind.lower()
    assert found[f"{word}/rolling"]["action"] == "restart"
    assert found[f"{word}/by-hand"]["action"] == "by hand"
    assert "OnDelete" in found[f"{word}/by-hand"]["why"]


def test_a_knative_pod_leads_to_its_inference_service(restart: Restart, objects: KubernetesObjects) -> None:
    service, *_ = inference_service("llama")
    chain = [("Service", "llama"), ("Configuration", "llama"), ("Revision", "llama-1")]
    owner: Owner = ("serving.kserve.io/v1beta1", "InferenceService", "llama")
    for kind, name in chain:
        objects.add(thing(KNATIVE, kind, name, owner))
        owner = (KNATIVE, kind, name)
    objects.add(service, *deployment("llama-1", owner))
    objects.add(pod("llama-1-1", of_deployment("llama-1"), labels={"component": "predictor"}))
    assert planned(restart)["isvc/llama"]["action"] == "restart"

    objects.add(service | {"spec": {"predictor": {"canaryTrafficPercent": 10}}})
    assert "promote it first" in planned(restart)["isvc/llama"]["why"]


def test_a_knative_service_is_restarted_unless_it_names_its_revision(
    restart: Restart, objects: KubernetesObjects
) -> None:
    for name, template in (("free", {}), ("named", {"metadata": {"name": "named-v1"}})):
        objects.add(thing(KNATIVE, "Service", name, spec={"template": template}))
        objects.add(pod(f"{name}-1", (KNATIVE, "Service", name)))
    found = planned(restart)
    assert {name: one["action"] for name, one in found.items()} == {
        "ksvc/free": "restart",
        "ksvc/named": "by hand",
    }


@pytest.mark.parametrize(
    ("owner", "objects_above", "why"),
    [
        (("batch/v1", "Job", "download"), [thing("batch/v1", "Job", "download")], "a Job is not restarted"),
        (
            ("batch/v1", "Job", "download"),
            [
                thing("batch/v1", "Job", "download", ("batch/v1", "CronJob", "nightly")),
                thing("batch/v1", "CronJob", "nightly"),
            ],
            "a Job is not restarted",
        ),
        (("ray.io/v1", "RayCluster", "ray"), [], "RayCluster (ray.io) is a kind that this command does not"),
        (
            ("apps/v1", "ReplicaSet", "gone"),
            [],
            "its owner replicaset/gone is gone",
        ),
        (
            ("apps/v1", "ReplicaSet", "bare"),
            [thing("apps/v1", "ReplicaSet", "bare")],
            "nothing that this command",
        ),
        (None, [], "nothing would make the Pod anew"),
    ],
    ids=["Job", "CronJob", "another kind", "gone", "bare ReplicaSet", "bare Pod"],
)
def test_what_is_not_restarted_is_named(
    restart: Restart, objects: KubernetesObjects, owner: Owner | None, objects_above: list[Object], why: str
) -> None:
    objects.add(*objects_above, pod("one", owner))
    [found] = planned(restart).values()
    assert found["action"] == "by hand"
    assert f"older than Secret hf-secret, changed at {ROTATED}; " in found["why"]
    assert why in found["why"]
    result = restart()
    assert result.exit_code == 4
    assert objects.asked("PATCH") == []


def test_a_deployment_that_is_paused_is_named(restart: Restart, objects: KubernetesObjects) -> None:
    objects.add(*deployment("vllm", paused=True), pod("vllm-1", of_deployment("vllm")))
    assert "kubectl rollout resume" in planned(restart)["deployment/vllm"]["why"]


def test_pods_that_a_rollout_replaces_already_are_waited_for(
    restart: Restart, objects: KubernetesObjects
) -> None:
    found, replica_set = deployment("vllm")
    found["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    revision = {"status": {"updateRevision": "new"}}
    objects.add(found, replica_set, pod("vllm-1", of_deployment("vllm")))
    objects.add(thing("apps/v1", "StatefulSet", "vllm") | revision)
    labels = {"controller-revision-hash": "old"}
    objects.add(pod("vllm-0", ("apps/v1", "StatefulSet", "vllm"), labels=labels))
    found_plan = planned(restart)
    assert {one["action"] for one in found_plan.values()} == {"wait"}
    objects.remove("Pod", "vllm-1", NAMESPACE)
    objects.remove("Pod", "vllm-0", NAMESPACE)
    assert restart().exit_code == 0


def test_without_its_secret_nothing_is_restarted(restart: Restart, objects: KubernetesObjects) -> None:
    objects.remove("Secret", "hf-secret", NAMESPACE)
    objects.add(*deployment("vllm"), pod("vllm-1", of_deployment("vllm")))
    [found] = planned(restart).values()
    why = "Secret hf-secret does not exist, so a restart would give no token"
    assert (found["action"], found["why"]) == ("no secret", why)
    result = restart()
    assert result.exit_code == 0
    assert why in result.stdout
    assert result.stdout.endswith("\n1 without their Secret.\n")


def test_a_copy_of_a_config_map_s_token_is_as_old_as_that(
    restart: Restart, objects: KubernetesObjects
) -> None:
    source = {"configMapKeyRef": {"name": "team", "key": "token"}}
    recorded = {"configMap": "team", "key": "token", "reason": "HubUri"}
    objects.add(thing("v1", "ConfigMap", "team", managedFields=[{"time": SINCE, "fieldsV1": {"f:data": {}}}]))
    objects.add(*deployment("vllm"))
    objects.add(pod("vllm-1", of_deployment("vllm"), env={**ENTRY, "valueFrom": source}, recorded=recorded))
    assert "older than ConfigMap team" in planned(restart)["deployment/vllm"]["why"]
    assert planned(restart, "--secret=team") == {}


def test_times_that_say_nothing_are_unknown(restart: Restart, objects: KubernetesObjects) -> None:
    nothing = secret()
    del nothing["metadata"]["managedFields"]
    objects.add(nothing | {"metadata": {**nothing["metadata"], "creationTimestamp": "?"}})
    objects.add(*deployment("vllm"), pod("vllm-1", of_deployment("vllm")), pod("vllm-2", created="?"))
    found = planned(restart)
    assert {one["action"] for one in found.values()} == {"unknown"}
    assert RECORDED["secret"] in found["deployment/vllm"]["why"]
