"""`hf-token-injector restart` on a stand-in of the API server: what it restarts, and how that goes."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result

from tests.cli.restart.cluster import (
    FILE,
    LONG_AGO,
    NAMESPACE,
    RECORDED,
    ROTATED,
    SINCE,
    Controllers,
    deployment,
    inference_service,
    of_deployment,
    pod,
    secret,
)
from tests.cli.restart.conftest import Restart
from tests.kubernetes_http import Response
from tests.kubernetes_objects import KubernetesObjects, Object

RESTARTED_AT = "hf-token-injector.io/restarted-at"


def told(result: Result) -> dict[str, Object]:
    """Return what the JSON says of each workload."""
    return {one["workload"]: one for one in json.loads(result.stdout)["workloads"]}


def of_template(found: Object) -> str:
    """Return when a Deployment was restarted; "" where it never was."""
    metadata = found["spec"]["template"].get("metadata", {})
    return str(metadata.get("annotations", {}).get(RESTARTED_AT, ""))


@pytest.fixture
def vllm(objects: KubernetesObjects) -> Controllers:
    """A Deployment with one old Pod, and controllers that make it anew."""
    objects.add(secret(), *deployment("vllm"), pod("vllm-1", of_deployment("vllm")))
    return Controllers(objects, {"vllm": ["vllm-1"]})


def test_what_is_older_than_its_secret_is_restarted_once(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    result = restart()
    assert result.exit_code == 0, result.output
    assert f"restarting 1 Pod, older than Secret hf-secret, changed at {ROTATED}" in result.stdout
    assert "team-a deployment/vllm: done: after 0 s" in result.stdout
    assert result.stdout.endswith("1 done.\n")
    assert of_template(objects.object("Deployment", "vllm", NAMESPACE)) >= ROTATED
    assert objects.writers == ["hf-token-injector-restart"]
    objects.add(pod("vllm-2", of_deployment("vllm"), created=SINCE))
    assert restart().stdout == "1 as they are.\n"
    assert vllm.patched == ["vllm"]


def test_what_has_not_started_gets_the_token_as_it_is_then(
    restart: Restart, objects: KubernetesObjects
) -> None:
    """Pods that wait for a GPU, and those whose container started after the change, have no old token."""
    waits = pod("waits-1", of_deployment("waits")) | {"status": {"phase": "Pending"}}
    late = pod("late-1", of_deployment("late"))
    late["status"]["containerStatuses"] = [{"name": "main", "state": {"running": {"startedAt": SINCE}}}]
    objects.add(secret(), *deployment("waits"), waits, *deployment("late"), late)
    for options in ((), (f"--older-than={ROTATED}",)):
        result = told(restart("--dry-run", "--output=json", *options))
        assert {name: (one["action"], one["why"]) for name, one in result.items()} == {
            "deployment/late": ("keep", "it has started after that"),
            "deployment/waits": (
                "keep",
                "none of its containers that get the token has started, and each gets it as it is then",
            ),
        }


def test_what_only_ended_containers_had_can_be_left(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    initialized = pod("llm-1", of_deployment("llm"))
    initialized["spec"] = {"initContainers": initialized["spec"]["containers"]}
    objects.add(*deployment("llm"), initialized)
    found = told(restart("--skip-ended", "--dry-run", "--output=json"))
    assert found["deployment/llm"]["why"] == "only containers that have ended had the token"
    assert [one["action"] for one in found.values()] == ["keep", "restart"]
    assert told(restart("--dry-run", "--output=json"))["deployment/llm"]["action"] == "restart"


def test_a_terminal_shows_what_is_waited_for(objects: KubernetesObjects, tmp_path: Path) -> None:
    objects.add(secret(), *deployment("vllm"), pod("vllm-1", of_deployment("vllm")))
    main, terminal = os.openpty()
    command = [sys.executable, "-m", "webhook", "restart", "-n", NAMESPACE, "--timeout=1s"]
    ended = subprocess.run(
        [*command, f"--kubeconfig={objects.kubeconfig(tmp_path)}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={"TERM": "xterm", "COLUMNS": "200", "PATH": os.environ["PATH"]},
        timeout=60,
        check=False,
    )
    os.close(terminal)
    with os.fdopen(main, "rb", buffering=0) as screen:
        shown = screen.read(1 << 16).decode()
    assert ended.returncode == 2
    assert "1 of 1: team-a deployment/vllm: deployment/vllm: its controller has not seen the change" in shown
    assert b"restarting 1 Pod" in ended.stdout


def test_a_pipe_is_told_what_is_waited_for_beside_the_report(
    restart: Restart, objects: KubernetesObjects
) -> None:
    objects.add(secret(), *deployment("vllm"), pod("vllm-1", of_deployment("vllm")))
    result = restart("--timeout=1s", "--output=json")
    assert told(result)["deployment/vllm"]["result"] == "failed"
    begun, waiting, failed = result.stderr.splitlines()
    assert begun.startswith("team-a deployment/vllm: restarting 1 Pod, ")
    assert waiting == (
        "1 of 1: team-a deployment/vllm: deployment/vllm: its controller has not seen the change; "
        "1 old Pod is there"
    )
    assert failed.startswith("team-a deployment/vllm: failed: its rollout is not over within 1 s: ")


def test_a_dry_run_tells_and_writes_nothing(restart: Restart, objects: KubernetesObjects) -> None:
    objects.add(secret(), *deployment("vllm"), pod("vllm-1", of_deployment("vllm")))
    objects.add(pod("by-file", env=FILE, recorded=RECORDED | {"method": "file"}))
    objects.add(pod("fresh", created=SINCE), pod("bare"))
    result = restart("--dry-run")
    assert result.exit_code == 0, result.output
    rows = [line.split(maxsplit=3) for line in result.stdout.splitlines()[1:]]
    assert {row[1]: row[2] for row in rows} == {
        "deployment/vllm": "restart",
        "pod/bare": "by",
        "pod/by-file": "keep",
        "pod/fresh": "keep",
    }
    assert {method for method, _, _ in objects.requests} == {"GET"}


def test_no_secret_s_value_is_asked_for(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    restart()
    asked = [headers["Accept"] for _, path, headers in objects.requests if "/secrets/" in path]
    assert asked == ["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"]


def test_components_of_an_inference_service_are_restarted_in_one_write(
    restart: Restart, objects: KubernetesObjects
) -> None:
    objects.add(secret(), *inference_service("llama"))
    for component in ("predictor", "transformer"):
        labels = {"component": component}
        objects.add(pod(f"{component}-1", of_deployment(f"llama-{component}"), labels=labels))
    Controllers(objects, {"llama": ["predictor-1", "transformer-1"]})
    result = restart("--output=json")
    assert result.exit_code == 0, result.output
    assert told(result)["isvc/llama"]["components"] == ["predictor", "transformer"]
    assert told(result)["isvc/llama"]["result"] == "done"
    found = objects.object("InferenceService", "llama", NAMESPACE)
    assert found["metadata"]["generation"] == 2
    for component in ("predictor", "transformer"):
        assert set(found["spec"][component]["annotations"]) == {RESTARTED_AT}
    assert of_template(objects.object("Deployment", "llama-predictor", NAMESPACE)) == ""


def test_a_component_that_is_new_is_left_alone(restart: Restart, objects: KubernetesObjects) -> None:
    objects.add(secret(), *inference_service("llama"))
    objects.add(
        pod("predictor-1", of_deployment("llama-predictor"), labels={"component": "predictor"}),
        pod(
            "transformer-1",
            of_deployment("llama-transformer"),
            labels={"component": "transformer"},
            created=SINCE,
        ),
    )
    Controllers(objects, {"llama": ["predictor-1"]})
    assert restart().exit_code == 0
    spec = objects.object("InferenceService", "llama", NAMESPACE)["spec"]
    assert "annotations" in spec["predictor"]
    assert "annotations" not in spec["transformer"]


def test_a_write_that_meets_another_one_is_tried_again(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    conflict = Response.of(409, "the object has been modified")
    # Pods, ReplicaSet, Deployment, Secret, old Pod, Deployment; then the patch.
    objects.faults.extend([None] * 6 + [conflict])
    assert restart().exit_code == 0
    assert vllm.patched == ["vllm"]
    assert [method for method, _, _ in objects.requests].count("PATCH") == 2


def test_one_that_fails_does_not_stop_the_others(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    objects.forbidden.add(("patch", "inferenceservices"))
    objects.add(*inference_service("llama"), pod("predictor-1", of_deployment("llama-predictor")))
    result = restart()
    assert result.exit_code == 2
    assert "team-a isvc/llama (predictor): failed: the API server refuses" in result.stderr
    assert "verb patch on inferenceservices.serving.kserve.io in namespace team-a" in result.stderr
    assert vllm.patched == ["vllm"]


def test_a_rollout_that_is_not_over_in_time_is_told_and_waited_for_the_next_time(
    restart: Restart, objects: KubernetesObjects
) -> None:
    objects.add(secret(), *deployment("vllm"), pod("vllm-1", of_deployment("vllm")))
    result = restart()
    assert result.exit_code == 2
    assert "its rollout is not over within 0 s: deployment/vllm: its controller has not seen" in result.stderr
    assert "1 old Pod is there" in result.stderr
    result = restart("--output=json")
    assert told(result)["deployment/vllm"]["action"] == "wait"
    assert objects.asked("PATCH") == [objects.asked("PATCH")[0]]


def test_a_rollout_that_is_stuck_is_told_at_once(restart: Restart, objects: KubernetesObjects) -> None:
    objects.add(secret(), *deployment("vllm"), pod("vllm-1", of_deployment("vllm")))

    def give_up(changed: Object) -> None:
        condition = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
        changed["status"] = {"observedGeneration": 2, "replicas": 2, "conditions": [condition]}

    objects.after.append(give_up)
    result = restart("--timeout=1h")
    assert result.exit_code == 2
    assert "makes no progress" in result.stderr


def test_without_waiting_the_next_one_follows_at_once(restart: Restart, objects: KubernetesObjects) -> None:
    for name in ("one", "two"):
        objects.add(*deployment(name), pod(f"{name}-1", of_deployment(name)))
    objects.add(secret())
    result = restart("--no-wait")
    assert result.exit_code == 0, result.output
    assert len(objects.asked("PATCH")) == 2
    assert result.stdout.endswith("2 begun.\n")
    assert restart("--no-wait").stdout == "2 under way already.\n"


def test_only_what_has_its_token_from_that_secret_is_meant(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    other = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf-meta", "key": "token"}}}
    objects.add(secret("hf-meta"), *deployment("other"))
    recorded = RECORDED | {"secret": "hf-meta"}
    objects.add(pod("other-1", of_deployment("other"), env=other, recorded=recorded))
    result = restart("--secret=hf-meta", "--dry-run", "--output=json")
    assert told(result).keys() == {"deployment/other"}
    assert told(result)["deployment/other"]["secrets"] == ["hf-meta"]


def test_a_given_age_needs_no_right_on_secrets(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    objects.forbidden.add(("get", "secrets"))
    result = restart()
    assert result.exit_code == 2
    assert "may not be read, and --older-than would do without" in result.stdout
    assert vllm.patched == []
    objects.add(pod("vllm-2", of_deployment("vllm"), created=SINCE))
    result = restart(f"--older-than={ROTATED}", "--output=json")
    assert result.exit_code == 0, result.output
    assert told(result)["deployment/vllm"]["pods"] == ["vllm-1"]


def test_an_age_in_days_is_from_now(restart: Restart, objects: KubernetesObjects, vllm: Controllers) -> None:
    old = datetime.fromisoformat(LONG_AGO)
    days = (datetime.now(old.tzinfo) - old).days
    for age, action in ((days + 2, "keep"), (days - 2, "restart")):
        result = restart(f"--older-than={age}d", "--dry-run", "--output=json")
        assert told(result)["deployment/vllm"]["action"] == action


def test_all_namespaces_are_one_list(restart: Restart, objects: KubernetesObjects, vllm: Controllers) -> None:
    result = restart("-A", "--dry-run", "-n", "")
    assert "team-a" in result.stdout
    assert [path for path in objects.asked("GET") if "/pods?" in path] == ["/api/v1/pods?limit=500"]
    assert restart("-A").exit_code == 2


def test_where_there_is_nothing_of_ours_that_is_said(restart: Restart, objects: KubernetesObjects) -> None:
    theirs = {"name": "HF_TOKEN", "value": "hf_madeUp"}
    objects.add(pod("own", env=theirs), pod("ended") | {"status": {"phase": "Succeeded"}})
    going = pod("going")
    going["metadata"]["deletionTimestamp"] = SINCE
    objects.add(going)
    assert restart().stdout == "Nothing in namespace team-a has a token from hf-token-injector.\n"
    assert restart("-A", "-n", "").stdout == "Nothing has a token from hf-token-injector.\n"


def test_a_namespace_that_is_misspelt_is_not_one_without_old_tokens(
    restart: Restart, objects: KubernetesObjects
) -> None:
    objects.remove("Namespace", NAMESPACE)
    result = restart()
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no namespace team-a." in result.stderr
    objects.forbidden.add(("get", "namespaces"))
    assert restart().exit_code == 0


def test_pods_that_may_not_be_listed_are_a_sentence(restart: Restart, objects: KubernetesObjects) -> None:
    objects.forbidden.add(("list", "pods"))
    result = restart()
    assert result.exit_code == 2
    assert "cannot list resource" in result.stderr


def test_an_owner_that_may_not_be_read_is_told(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    objects.forbidden.add(("get", "replicasets"))
    result = restart()
    assert result.exit_code == 2
    assert "its owner cannot be read" in result.stdout
    assert vllm.patched == []


def test_a_pod_that_somebody_else_has_made_anew_meanwhile_is_not_restarted(
    restart: Restart, objects: KubernetesObjects
) -> None:
    first, second = deployment("one"), deployment("two")
    objects.add(secret(), *first, *second)
    objects.add(pod("one-1", of_deployment("one")), pod("two-1", of_deployment("two")))
    controllers = Controllers(objects, {"one": ["one-1", "two-1"]})
    assert restart().exit_code == 0
    assert controllers.patched == ["one"]


def test_colours_come_where_they_are_asked_for(
    restart: Restart, objects: KubernetesObjects, vllm: Controllers
) -> None:
    assert "\x1b[33mrestart" in restart("--dry-run", "--color=always").stdout
    assert "\x1b" not in restart("--dry-run").stdout


def test_a_wrong_time_is_told(restart: Restart) -> None:
    result = restart("--older-than=yesterday")
    assert result.exit_code == 2
    assert "neither a duration such as 24h or 7d nor a time" in result.stderr
    assert "no duration such as 90s" in restart("--timeout=soon").stderr
