"""Which containers of a running Pod have their token from us."""

import json
from typing import Any

from webhook.core.held import Held, held_by
from webhook.core.names import Method
from webhook.core.record import Recorded

OURS = {"secretKeyRef": {"name": "hf-secret", "key": "token", "optional": True}}
RECORDED = {"secret": "hf-secret", "key": "token", "reason": "HubUri"}


def pod(record: dict[str, Any], env: list[dict[str, Any]], **labels: str) -> dict[str, Any]:
    """Return a Pod whose two containers have these variables."""
    return {
        "metadata": {
            "labels": labels,
            "annotations": {"hf-token-injector.io/injected": json.dumps(record)},
        },
        "spec": {
            "initContainers": [{"name": "storage-initializer", "env": env}],
            "containers": [{"name": "kserve-container", "env": env}, {"name": "sidecar"}],
        },
    }


def test_what_is_recorded_and_there_is_ours() -> None:
    found = held_by(pod({"storage-initializer": RECORDED}, [{"name": "HF_TOKEN", "valueFrom": OURS}]))
    assert found == [Held("storage-initializer", Recorded("hf-secret", "token"), ends=True)]


def test_a_sidecar_among_the_init_containers_does_not_end() -> None:
    sidecar = pod({"storage-initializer": RECORDED}, [{"name": "HF_TOKEN", "valueFrom": OURS}])
    sidecar["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    assert [one.ends for one in held_by(sidecar)] == [False]


def test_a_file_is_told_from_a_variable() -> None:
    path = {"name": "HF_TOKEN_PATH", "value": "/var/run/secrets/huggingface/token"}
    found = held_by(pod({"kserve-container": RECORDED | {"method": "file"}}, [path]))
    assert found == [Held("kserve-container", Recorded("hf-secret", "token", Method.FILE))]


def test_what_an_inference_service_s_record_says_is_of_its_component() -> None:
    entry = [{"name": "HF_TOKEN", "valueFrom": OURS}]
    by_component = {"predictor": RECORDED}
    assert [one.container for one in held_by(pod(by_component, entry, component="predictor"))] == [
        "kserve-container"
    ]
    assert held_by(pod(by_component, entry, component="transformer")) == []


def test_a_token_of_somebody_else_s_is_not_ours() -> None:
    theirs = [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "theirs", "key": "token"}}}]
    assert held_by(pod({"kserve-container": RECORDED}, theirs)) == []
    assert held_by(pod({"kserve-container": RECORDED}, [{"name": "HF_TOKEN", "value": "hf_madeUp"}])) == []


def test_a_pod_without_a_record_has_nothing_of_ours() -> None:
    assert held_by({"metadata": {}, "spec": {"containers": [{"name": "main", "env": "no list"}]}}) == []
