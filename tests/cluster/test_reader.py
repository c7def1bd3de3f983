"""Objects, read as commands read them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.kubernetes_objects import KubernetesObjects
from webhook.cluster.client import Client, StatusError
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.cluster.reader import PAGE, Reader
from webhook.cluster.resources import DEPLOYMENT, LLM_INFERENCE_SERVICE, POD, SECRET

Result = TypeVar("Result")
Read = Callable[[Callable[[Reader], Awaitable[Any]]], Any]


@pytest.fixture
def read(objects: KubernetesObjects, tmp_path: Path) -> Read:
    """Read something from the stand-in."""

    def run(work: Callable[[Reader], Awaitable[Result]]) -> Result:
        async def with_client() -> Result:
            async with Client(from_kubeconfig((objects.kubeconfig(tmp_path),), "")) as client:
                return await work(Reader(client))

        return asyncio.run(with_client())

    return run


def pod(name: str, namespace: str = "team-a", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {}}


def test_a_long_list_comes_page_by_page(read: Read, objects: KubernetesObjects) -> None:
    objects.add(*(pod(f"pod-{number:04}") for number in range(PAGE + 1)), pod("another", "team-b"))
    found = read(lambda reader: reader.list_all(POD, "team-a"))
    assert len({one["metadata"]["name"] for one in found}) == PAGE + 1
    assert {(one["kind"], one["apiVersion"]) for one in found} == {("Pod", "v1")}
    assert len(objects.asked("GET")) == 2


def test_selectors_are_the_api_server_s(read: Read, objects: KubernetesObjects) -> None:
    objects.add(pod("one", team="a"), pod("two"))
    found = read(lambda reader: reader.list_all(POD, label_selector="team=a"))
    assert [one["metadata"]["name"] for one in found] == ["one"]
    found = read(lambda reader: reader.list_all(POD, field_selector="metadata.name=two"))
    assert [one["metadata"]["name"] for one in found] == ["two"]


def test_what_is_not_there_or_not_installed_is_nothing(read: Read) -> None:
    assert read(lambda reader: reader.get(DEPLOYMENT, "none", "team-a")) is None
    assert read(lambda reader: reader.list_all(LLM_INFERENCE_SERVICE)) == []


def test_an_older_version_is_read_where_there_is_no_newer_one(read: Read, objects: KubernetesObjects) -> None:
    older = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService"}
    objects.add(older | {"metadata": {"name": "llama", "namespace": "team-a"}})
    found = read(lambda reader: reader.get(LLM_INFERENCE_SERVICE, "llama", "team-a"))
    assert found["apiVersion"] == "serving.kserve.io/v1alpha1"


def test_metadata_of_a_secret_comes_without_its_value(read: Read, objects: KubernetesObjects) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hf-secret", "namespace": "team-a"}}
    objects.add(secret | {"data": {"token": "aGZfbWFkZVVw"}})
    found = read(lambda reader: reader.get(SECRET, "hf-secret", "team-a", metadata_only=True))
    assert "data" not in found
    [(_, _, headers)] = objects.requests
    assert headers["Accept"] == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


def test_a_refusal_is_told(read: Read, objects: KubernetesObjects) -> None:
    objects.forbidden.add(("list", "pods"))
    with pytest.raises(StatusError, match=r"403: pods is forbidden.*cannot list resource"):
        read(lambda reader: reader.list_all(POD, "team-a"))
