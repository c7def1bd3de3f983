from typing import Any

from tests.doctor.clusters import TEAM, cluster, injected, kserve_pod, said, seen
from webhook.doctor.collected import Collected
from webhook.doctor.finding import Status
from webhook.doctor.hub import Answer, Question, Sizes
from webhook.doctor.registry import examine

CHECK = "model-storage"
GIB = 1024**3
QUESTION = Question(TEAM, "hf-secret", "token", "https://huggingface.co", "org/model")


def with_limit(size: str) -> dict[str, Any]:
    pod = kserve_pod(volumes=[{"name": "models", "emptyDir": {"sizeLimit": size}}])
    pod["spec"]["initContainers"][0]["volumeMounts"] = [{"name": "models", "mountPath": "/mnt/models"}]
    return pod


def server(size: str) -> dict[str, Any]:
    limits = {"limits": {"ephemeral-storage": size}}
    container = {"name": "kserve-container", "image": "vllm/vllm-openai", "args": ["--model", "org/model"]}
    return kserve_pod(initContainers=[], containers=[container | {"resources": limits}])


def asked(pod: dict[str, Any], everything: int, least: int) -> Collected:
    answer = Answer(None, Sizes(everything * GIB, least * GIB))
    return cluster(pods=(seen(injected(pod)),), hub={QUESTION: answer})


def test_a_model_that_does_not_fit_is_told_with_the_limit_to_raise() -> None:
    ((status, sentence, fix),) = said(asked(with_limit("10Gi"), 20, 10), CHECK)
    assert status is Status.FAIL
    assert (
        "storage-initializer downloads org/model, 20.0 GiB, within sizeLimit of emptyDir models, 10.0 GiB"
        in sentence
    )
    assert sentence.endswith("; raise sizeLimit of emptyDir models above 20.0 GiB.")
    assert fix == ""


def test_a_server_that_needs_one_form_of_the_weights_may_fit() -> None:
    found = said(asked(server("15Gi"), 20, 10), CHECK)
    assert {status for status, _, _ in found} == {Status.WARN}
    assert "up to 20.0 GiB" in found[0][1]
    assert {status for status, _, _ in said(asked(server("5Gi"), 20, 10), CHECK)} == {Status.FAIL}


def test_a_model_that_fits_is_well() -> None:
    collected = asked(with_limit("30Gi"), 20, 10)
    assert said(collected, CHECK) == []
    assert "has room" in examine(collected, [CHECK])[0].findings[0].sentence


def test_without_a_size_the_limit_is_told_and_how_to_know_more() -> None:
    (result,) = examine(cluster(pods=(seen(injected(with_limit("10Gi"))),)), [CHECK])
    assert result.status is Status.OK
    assert "--hub tells whether that fits" in result.findings[0].sentence


def test_a_pod_that_was_evicted_for_it_is_told_without_asking_anybody() -> None:
    message = 'Usage of EmptyDir volume "models" exceeds the limit "10Gi".'
    status = {"phase": "Failed", "reason": "Evicted", "message": message}
    ((state, sentence, _),) = said(cluster(pods=(seen(with_limit("10Gi") | {"status": status}),)), CHECK)
    assert state is Status.FAIL
    assert sentence.endswith(f"{message.removesuffix('.')}; raise that limit, or take it away.")
    status["message"] = "The node was low on resource: memory."
    assert said(cluster(pods=(seen(with_limit("10Gi") | {"status": status}),)), CHECK) == []
