"""The arguments, what cannot be answered, and what may not be seen."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.explain.conftest import Cluster, Explain
from tests.cli.explain.workloads import controller, inference_service, owned, pod_of, predictor_pod, workload
from webhook.cli.explain.targets import parse
from webhook.cli.main import cli
from webhook.cluster.resources import DEPLOYMENT, INFERENCE_SERVICE, NAMESPACE, POD


def headings(output: str) -> list[str]:
    """Return of each block what it is about."""
    return [block.partition(":")[0] for block in output.split("\n\n") if ":" in block]


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        (["isvc/llama"], [(INFERENCE_SERVICE, "llama")]),
        (["isvc", "llama", "other"], [(INFERENCE_SERVICE, "llama"), (INFERENCE_SERVICE, "other")]),
        (["isvc/llama", "Pod/x"], [(INFERENCE_SERVICE, "llama"), (POD, "x")]),
        (["deployments.apps/x"], [(DEPLOYMENT, "x")]),
        (["inferenceservices.serving.kserve.io", "x"], [(INFERENCE_SERVICE, "x")]),
        (["po,deploy"], [(POD, ""), (DEPLOYMENT, "")]),
        (["ns/team-a"], [(NAMESPACE, "team-a")]),
    ],
)
def test_arguments_are_those_of_kubectl(words: list[str], targets: list[object]) -> None:
    assert parse(words) == targets


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "What is to be explained?"),
        (["svc/x"], "svc is no kind that can be explained. Those are pod, ns, "),
        (["pod.apps/x"], "pod.apps is no kind that can be explained"),
        (["llama"], "llama is no kind that can be explained. Is isvc/llama meant? Those are pod, ns, "),
        (["isv", "llama"], "isv is no kind that can be explained. Those are pod, ns, "),
        (["deploymnet/x"], "deploymnet is no kind that can be explained. Did you mean 'deployment'? Those"),
        (["isvc/x", "y"], "y is not TYPE/NAME"),
        (["isvc/x", "-A"], "none can be named"),
        (["ns"], "Which namespace?"),
        (["clusterservingruntime", "-A"], "that kind is in none"),
        (["isvc/x", "-f", "-"], "-f is about manifests"),
        (["isvc/x", "-R"], "--recursive is only for -f."),
        (["isvc/x", "--inject-mode", "all"], "--inject-mode is only for -f."),
        (["-f", "-", "--context", "x"], "--context is only for cluster."),
    ],
)
def test_a_command_line_that_means_nothing_is_told(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(cli, ["explain", *arguments], standalone_mode=False)
    assert sentence in str(result.exception)


def test_kinds_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = {
        "_HF_TOKEN_INJECTOR_COMPLETE": "bash_complete",
        "COMP_WORDS": "hf-token-injector explain is",
        "COMP_CWORD": "2",
    }
    for name, value in complete.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli, [], prog_name="hf-token-injector")
    assert result.stdout == "plain,isvc/\n"


def test_what_is_not_there_gets_a_sentence(cluster: Cluster, explain: Explain) -> None:
    for arguments, sentence in (
        (["isvc/none", "-n", "team-a"], "There is no InferenceService none in namespace team-a.\n"),
        (["ns/none"], "There is no namespace none.\n"),
        (["clusterservingruntime/none", "-n", "team-a"], "There is no ClusterServingRuntime none.\n"),
    ):
        result = explain(*arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", sentence)


def test_one_that_is_not_there_does_not_hide_the_others(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(inference_service())
    result = explain("isvc/none", "isvc/llama", "-n", "team-a")
    assert result.exit_code == 2
    assert result.stdout.startswith("InferenceService llama")


def test_a_cluster_without_kserve_is_told(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.groups.remove("serving.kserve.io")
    result = explain("isvc/llama", "-n", "team-a")
    assert result.exit_code == 2
    assert result.stderr == "The cluster knows no inferenceservices: KServe is not installed.\n"
    cluster.namespace("team-a", "all")
    cluster.objects.add(workload())
    assert "vllm gets HF_TOKEN" in explain("ns/team-a").stdout


def test_a_cluster_that_is_away_is_told(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.stop()
    result = explain("isvc/llama")
    assert result.exit_code == 2
    assert "cannot be reached" in result.stderr


def test_a_kubeconfig_that_is_missing_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["explain", f"--kubeconfig={tmp_path / 'none'}", "-A"])
    assert result.exit_code == 2
    assert result.stderr.startswith("hf-token-injector: ")


def test_an_object_that_may_not_be_read_is_told(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.forbidden.add(("get", "inferenceservices"))
    result = explain("isvc/llama", "-n", "team-a")
    assert result.exit_code == 2
    assert "cannot get resource" in result.stderr


@pytest.mark.parametrize(
    ("right", "unseen", "still"),
    [
        (
            ("list", "pods"),
            "Not seen in namespace team-a, as user someone may not list pods.",
            "its Pods cannot be seen",
        ),
        (("get", "secrets"), "may not get secrets.", "as env, Secret not seen"),
        (("get", "namespaces"), "may not get namespaces.", "has opted in cannot be seen"),
        (("get", "mutatingwebhookconfigurations"), "defaults are assumed", "BeforeLabel"),
        (("get", "configmaps"), "defaults are assumed", "BeforeLabel"),
    ],
)
def test_what_may_not_be_read_is_told_and_the_rest_is_shown(
    cluster: Cluster, explain: Explain, right: tuple[str, str], unseen: str, still: str
) -> None:
    cluster.objects.add(inference_service(), predictor_pod(created="2026-02-01T00:00:00Z"))
    cluster.objects.forbidden.add(right)
    result = explain("isvc/llama", "-n", "team-a")
    assert result.exit_code == 0
    assert unseen in result.stderr
    described = explain("isvc/llama", "-n", "team-a", "-o", "json").stdout
    assert still in result.stdout + described


def test_kinds_of_a_namespace_that_may_not_be_listed_are_told_once(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.objects.add(inference_service(), predictor_pod(ours=True))
    cluster.objects.forbidden |= {("list", "deployments"), ("list", "replicasets"), ("get", "secrets")}
    result = explain("ns/team-a")
    assert result.exit_code == 0
    assert result.stderr == (
        "Not seen in namespace team-a, as user someone may not get secrets; list deployments, replicasets.\n"
    )
    assert "storage-initializer has HF_TOKEN" in result.stdout


def test_namespaces_that_may_not_be_listed_are_told(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.forbidden.add(("list", "namespaces"))
    result = explain("-A")
    assert result.exit_code == 2
    assert 'cannot list resource "namespaces"' in result.stderr


def test_all_namespaces_are_those_with_our_label_and_the_others_are_not_asked(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.namespace("team-b", None)
    cluster.namespace("team-c", "True")
    cluster.namespace("team-d")
    cluster.objects.objects["/api/v1/namespaces/team-d"]["metadata"]["deletionTimestamp"] = (
        "2026-05-01T00:00:00Z"
    )
    cluster.objects.add(inference_service())
    result = explain("-A")
    assert headings(result.stdout) == [
        "Namespace team-a",
        "InferenceService llama in namespace team-a",
        "Namespace team-c",
    ]
    asked = "\n".join(cluster.objects.asked("GET"))
    assert "team-a/pods" in asked
    assert "namespaces/team-b" not in asked
    assert "namespaces/team-c" not in asked


def test_all_namespaces_may_be_asked_about_one_kind(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(inference_service(), workload())
    result = explain("isvc", "-A", "-o", "json")
    assert [one["name"] for one in json.loads(result.stdout)["objects"]] == ["llama"]


def test_nothing_at_all_is_told(explain: Explain, cluster: Cluster) -> None:
    result = explain("isvc", "-n", "team-a")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "There is nothing to explain.\n"


def test_the_namespace_of_the_kubeconfig_is_meant_where_none_is_said(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.namespace("hf-token-injector")
    assert "There is no Pod x in namespace hf-token-injector." in explain("pod/x").stderr


def test_pods_of_a_namespace_are_shown_with_what_made_them(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "all")
    deployment, cron, plain = workload(), workload("CronJob", "nightly", "batch/v1"), workload(name="idle")
    cron["spec"] = {"schedule": "@daily", "jobTemplate": {"spec": {"template": cron["spec"]["template"]}}}
    plain["spec"]["template"]["spec"]["containers"][0]["args"] = []
    job = owned("Job", "nightly-1", controller("CronJob", "nightly", "batch/v1"), "batch/v1")
    nightly = pod_of(job, "nightly-1-a", controller("Job", "nightly-1", "batch/v1"))
    nightly["metadata"]["labels"] = {"batch.kubernetes.io/job-name": "nightly-1"}
    cluster.objects.add(
        deployment,
        owned("ReplicaSet", "vllm-1", controller("Deployment", "vllm")),
        workload("ReplicaSet", "alone"),
        cron,
        job,
        plain,
        pod_of(deployment, "vllm-1-a", controller("ReplicaSet", "vllm-1")),
        nightly,
        pod_of(deployment, "ray-1", controller("RayCluster", "ray", "ray.io/v1")),
    )
    result = explain("ns/team-a")
    assert headings(result.stdout) == [
        "Namespace team-a",
        "Deployment vllm in namespace team-a",
        "Pod vllm-1-a",
        "ReplicaSet alone in namespace team-a",
        "CronJob nightly in namespace team-a",
        "Pod nightly-1-a",
        "Pod ray-1 in namespace team-a",
    ]
    assert result.stdout.endswith(
        "\n1 workload that asks the Hub for nothing not shown; "
        "`hf-token-injector explain deployment/idle -n team-a` shows it.\n"
    )
    cluster.objects.add(workload(name="other", image="busybox", args=[]))
    assert "explain deployment/idle -n team-a` shows one, `-o json` all.\n" in explain("ns/team-a").stdout
    alone = explain("cronjob/nightly", "-n", "team-a").stdout
    assert "\nPod nightly-1-a:" in alone


def test_an_llm_and_a_leader_worker_set_have_their_pods_by_label(cluster: Cluster, explain: Explain) -> None:
    llm = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "chat", "namespace": "team-a"},
        "spec": {"model": {"uri": "hf://a/private"}},
    }
    pod = predictor_pod("chat-kserve-1", created="2026-02-01T00:00:00Z")
    pod["metadata"]["labels"] = {
        "app.kubernetes.io/part-of": "llminferenceservice",
        "app.kubernetes.io/name": "chat",
        "app.kubernetes.io/component": "llminferenceservice-workload",
    }
    cluster.objects.add(llm, pod)
    said = explain("llmisvc/chat", "-n", "team-a").stdout
    assert "storage-initializer has no token: it was created before" in said
    assert '  kubectl patch llmisvc/chat -n team-a --type merge -p \'{"spec":' in said
    assert "storage-initializer   its Pods   PodDecides" in said
    assert "LLMInferenceService chat" in explain("ns/team-a").stdout
    cluster.namespace("team-a", "all")
    template = workload()["spec"]["template"]
    leader = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "set", "namespace": "team-a"},
        "spec": {"leaderWorkerTemplate": {"workerTemplate": template}},
    }
    worker = pod_of(workload(), "set-0-1")
    worker["metadata"]["labels"] = {"leaderworkerset.sigs.k8s.io/name": "set"}
    cluster.objects.add(leader, worker)
    assert "\nPod set-0-1:" in explain("lws/set", "-n", "team-a").stdout


def test_a_runtime_is_judged_as_a_pod_like_it_would_be(cluster: Cluster, explain: Explain) -> None:
    runtime = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "vllm"},
        "spec": {"containers": [{"name": "kserve-container", "args": ["vllm", "serve", "a/private"]}]},
    }
    cluster.objects.add(runtime)
    said = explain("clusterservingruntime/vllm", "-n", "team-a").stdout
    assert "kserve-container gets HF_TOKEN from Secret hf-secret, key token.\n" in said
