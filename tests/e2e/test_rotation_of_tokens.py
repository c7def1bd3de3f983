"""A rotated token: by `file` it is there at the next use, by `env` after `hf-token-injector restart`."""

from typing import Any

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model
from tests.e2e.harness.restarting import Restart, await_running, generations, rotate
from tests.e2e.harness.team import INJECTED, Reference, Team, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "release")

REFERENCE = Reference("hf-secret", "token")
RESTARTED_AT = "hf-token-injector.io/restarted-at"


def with_transformer(name: str) -> dict[str, Any]:
    """Return an InferenceService whose predictor downloads, and whose transformer does not."""
    manifest = hugging_face_model(name)
    transformer = {"name": "kserve-container", "image": "transformer", "args": ["--protocol=v2"]}
    manifest["spec"]["transformer"] = {"containers": [transformer]}
    return manifest


def test_an_inference_service_gets_one_new_revision_and_keeps_its_entry(team: Team, cluster: Cluster) -> None:
    team.apply(with_transformer("llama"))
    before = {pod["metadata"]["name"] for pod in await_running(team, 2)}
    service = team.inference_service("llama")
    rotate(team)

    said = Restart(cluster, team, "--dry-run").say()
    assert said.code == 0, said.err
    assert "isvc/llama" in said.out
    assert team.inference_service("llama")["metadata"]["generation"] == service["metadata"]["generation"]

    ended = Restart(cluster, team).end()
    assert ended.code == 0, ended.out + ended.err
    restarted = team.inference_service("llama")
    assert restarted["metadata"]["generation"] == service["metadata"]["generation"] + 1
    assert restarted["spec"]["predictor"].pop("annotations").keys() == {RESTARTED_AT}
    assert restarted["spec"] == service["spec"]
    assert restarted["metadata"]["annotations"] == service["metadata"]["annotations"]
    assert generations(team) == {"llama-predictor": 2, "llama-transformer": 1}
    fresh = [pod for pod in team.pods() if pod["metadata"]["name"] not in before]
    assert [tokens(pod) for pod in fresh] == [
        {"storage-initializer": REFERENCE, "kserve-container": REFERENCE}
    ]

    again = Restart(cluster, team).end()
    assert (again.code, generations(team)) == (0, {"llama-predictor": 2, "llama-transformer": 1}), again.out


def test_a_restart_of_the_deployment_alone_is_taken_back_by_kserve(team: Team, kubectl: Kubectl) -> None:
    """Which is why ours goes through the InferenceService."""
    team.apply(hugging_face_model("llama"))
    (before,) = await_running(team, 1)
    kubectl("rollout", "restart", "deployment/llama-predictor", "-n", team.namespace)
    until(lambda: generations(team)["llama-predictor"] == 2, "a rollout has begun")

    def back() -> bool:
        template = team.get("Deployment", "llama-predictor")["spec"]["template"]
        return "kubectl.kubernetes.io/restartedAt" not in template["metadata"]["annotations"]

    until(back, "KServe has written its Deployment again")
    (after,) = await_running(team, 1)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


def test_what_git_says_next_neither_takes_the_restart_back_nor_repeats_it(
    team: Team, cluster: Cluster
) -> None:
    manifest = hugging_face_model("llama")
    manifest["spec"]["predictor"]["annotations"] = {"example.com/from": "git"}
    team.apply(manifest)
    await_running(team, 1)
    rotate(team)
    assert Restart(cluster, team, "--no-wait").say().code == 0
    restarted = team.inference_service("llama")
    for way in ([], ["--server-side", "--force-conflicts"]):
        team.apply(manifest, *way)
        after = team.inference_service("llama")
        assert after["spec"] == restarted["spec"]
        assert after["metadata"]["generation"] == restarted["metadata"]["generation"]


def test_every_component_is_restarted_by_one_write(team: Team, cluster: Cluster) -> None:
    manifest = hugging_face_model("llama")
    for component in ("transformer", "explainer"):
        container = {"name": "kserve-container", "image": "vllm/vllm-openai", "args": ["--model=acme/model"]}
        manifest["spec"][component] = {"containers": [container]}
    manifest["spec"]["predictor"]["minReplicas"] = 2
    canary = {"name": "next", "minReplicas": 1, "model": manifest["spec"]["predictor"]["model"]}
    manifest["spec"]["canary"] = [{"trafficPercent": 50, "predictor": canary}]
    team.apply(manifest)
    await_running(team, 4)
    before = team.inference_service("llama")["metadata"]["generation"]
    rotate(team)
    ended = Restart(cluster, team).end()
    assert ended.code == 0, ended.out + ended.err
    assert team.inference_service("llama")["metadata"]["generation"] == before + 1
    assert generations(team) == {
        "llama-predictor": 2,
        "llama-next-predictor": 2,
        "llama-transformer": 2,
        "llama-explainer": 2,
    }


def test_who_was_interrupted_goes_on_without_a_second_revision(team: Team, cluster: Cluster) -> None:
    team.apply(hugging_face_model("llama"))
    await_running(team, 1)
    rotate(team)
    first = Restart(cluster, team)
    until(lambda: generations(team)["llama-predictor"] == 2, "the first restart has begun")
    ended = first.interrupt()
    assert ended.code == 130, ended.err
    assert "call it again to go on" in ended.err

    planned = Restart(cluster, team, "--dry-run", "--output=json").say()
    assert planned.workloads["isvc/llama"]["action"] == "wait"
    ended = Restart(cluster, team).end()
    assert ended.code == 0, ended.err
    assert generations(team) == {"llama-predictor": 2}


def test_a_deployment_is_restarted_and_what_cannot_be_is_named(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    team = Team(make_namespace("all"), cluster.api, kubectl)
    labels = {"app": "vllm"}
    container = {"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model=meta-llama/Llama-3.1-8B"]}
    team.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "vllm"},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
    )
    team.apply(download_pod())
    await_running(team, 2)
    rotate(team)
    ended = Restart(cluster, team).end()
    assert ended.code == 4, ended.out + ended.err
    assert "deployment/vllm: done" in ended.out
    assert "pod/download" in ended.out
    assert generations(team) == {"vllm": 2}
    (pod,) = team.pods("app=vllm")
    assert tokens(pod) == {"vllm": REFERENCE}


def test_a_file_needs_no_restart_and_what_does_not_read_one_says_so(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    file = {"hf-token-injector.io/method": "file"}
    team = Team(make_namespace(annotations=file), cluster.api, kubectl)
    team.apply(hugging_face_model("llama"))
    embeddings = {
        "name": "kserve-container",
        "image": "ghcr.io/huggingface/text-embeddings-inference:1.8",
        "args": ["--model-id=acme/embeddings"],
    }
    custom = {"predictor": {"containers": [embeddings]}}
    team.apply(hugging_face_model("embeddings") | {"spec": custom})
    await_running(team, 2)
    assert INJECTED not in team.inference_service("llama")["metadata"]["annotations"]

    llama = team.predictor("llama")
    (downloads,) = llama["spec"]["initContainers"]
    paths = [entry for entry in downloads["env"] if entry["name"] == "HF_TOKEN_PATH"]
    assert paths == [{"name": "HF_TOKEN_PATH", "value": "/var/run/secrets/huggingface/token"}]
    (mount,) = [
        one for one in downloads["volumeMounts"] if one["mountPath"] == "/var/run/secrets/huggingface"
    ]
    (volume,) = [one["secret"] for one in llama["spec"]["volumes"] if one["name"] == mount["name"]]
    assert (volume["secretName"], volume["optional"]) == ("hf-secret", True)
    assert tokens(llama)["storage-initializer"] is None
    assert tokens(team.predictor("embeddings")) == {"kserve-container": REFERENCE}

    rotate(team)
    ended = Restart(cluster, team, "--output=json").end()
    assert ended.code == 0, ended.err
    assert ended.workloads["isvc/llama"]["action"] == "keep"
    assert "file" in ended.workloads["isvc/llama"]["why"]
    assert ended.workloads["isvc/embeddings"]["result"] == "done"
    assert generations(team) == {"llama-predictor": 1, "embeddings-predictor": 2}
