from typing import Any

import pytest

from tests.doctor.clusters import TEAM, cluster, injected, installed, kserve_pod, seen
from webhook.core.settings import Settings
from webhook.doctor.hub import Question
from webhook.doctor.models import models

HUB = "https://huggingface.co"
GIVEN = Question(TEAM, "hf-secret", "token", HUB, "org/model")


def asked(pod: dict[str, Any], settings: Settings | None = None) -> list[Question]:
    platform = installed(settings=settings or Settings())
    collected = cluster(pods=(seen(pod, settings=platform),), installed=platform)
    return [model.question for model in models(collected)]


def with_env(*env: dict[str, Any]) -> dict[str, Any]:
    pod = kserve_pod()
    pod["spec"]["initContainers"][0]["env"] = list(env)
    return pod


def test_a_container_asks_with_the_token_that_it_is_given() -> None:
    assert asked(kserve_pod()) == [GIVEN]
    assert asked(injected(kserve_pod())) == [GIVEN]


def test_or_with_one_of_its_own_where_it_is_known_which() -> None:
    reference = {"secretKeyRef": {"name": "mine", "key": "hf"}}
    assert asked(with_env({"name": "HF_TOKEN", "valueFrom": reference})) == [
        GIVEN._replace(secret="mine", key="hf")
    ]
    assert asked(with_env({"name": "HF_TOKEN", "value": "mine"})) == []


def test_what_is_given_none_asks_without() -> None:
    pod = kserve_pod()
    pod["metadata"]["labels"]["hf-token-injector.io/inject"] = "disabled"
    assert asked(pod) == [GIVEN._replace(secret="", key="")]


def test_a_token_goes_to_no_endpoint_that_the_platform_does_not_allow() -> None:
    mirror = "https://hub.corp.example"
    pod = with_env({"name": "HF_ENDPOINT", "value": mirror})
    assert asked(pod) == []
    assert asked(pod, Settings(endpoints=frozenset({mirror}))) == [GIVEN._replace(endpoint=mirror)]
    config = {"configMapKeyRef": {"name": "hub", "key": "endpoint"}}
    assert asked(with_env({"name": "HF_ENDPOINT", "valueFrom": config})) == []


@pytest.mark.parametrize(
    ("args", "revision"),
    [
        (["hf://org/model:v1.2", "/mnt/models"], "v1.2"),
        (["hf://org/model", "/mnt/models", "--revision", "abc"], "abc"),
        (["hf://org/model", "/mnt/models", "--revision=abc"], "abc"),
        (["hf://org/model:", "/mnt/models"], "main"),
    ],
)
def test_the_revision_is_the_one_that_the_container_names(args: list[str], revision: str) -> None:
    pod = kserve_pod()
    pod["spec"]["initContainers"][0]["args"] = args
    (question,) = asked(pod)
    assert question.revision == revision


def test_a_pod_that_has_ended_asks_nothing() -> None:
    assert asked(kserve_pod() | {"status": {"phase": "Failed"}}) == []


def test_where_the_pods_decide_the_workload_asks_nothing() -> None:
    workload = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "llm", "namespace": TEAM},
        "spec": {"model": {"uri": "hf://org/model"}},
    }
    assert list(models(cluster(pods=(), workloads=(seen(workload),)))) == []
