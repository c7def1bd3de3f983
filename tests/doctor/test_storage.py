from typing import Any

import pytest

from webhook.doctor.storage import Limit, limits

GIB = 1024**3
PROVISION = {"name": "kserve-provision-location", "mountPath": "/mnt/models"}


def limited(size: str) -> dict[str, Any]:
    return {"resources": {"limits": {"ephemeral-storage": size}}}


def kserve(volume: dict[str, Any], server: dict[str, Any] | None = None, **init: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a container
    """Return a Pod of KServe's, with the volume that models are put on."""
    initializer = {
        "name": "storage-initializer",
        "args": ["hf://org/model", "/mnt/models"],
        "volumeMounts": [PROVISION],
        **init,
    }
    spec = {
        "initContainers": [initializer],
        "containers": [{"name": "kserve-container", **(server or {})}],
        "volumes": [{"name": "other", "emptyDir": {}}, {"name": "kserve-provision-location", **volume}],
    }
    return {"spec": spec}


def of_initializer(pod: dict[str, Any]) -> list[Limit]:
    return limits(pod, "storage-initializer", "org/model")


def test_nothing_limits_what_has_no_limit() -> None:
    assert of_initializer(kserve({"emptyDir": {}})) == []


def test_a_volume_that_is_no_empty_dir_is_not_on_the_node() -> None:
    volume = {"persistentVolumeClaim": {"claimName": "models"}}
    assert of_initializer(kserve(volume, limited("1Gi"), **limited("1Gi"))) == []


def test_the_volumes_own_limit_and_the_pods_apply() -> None:
    found = of_initializer(kserve({"emptyDir": {"sizeLimit": "20Gi"}}, limited("10Gi")))
    assert [limit.size for limit in found] == [20 * GIB, 10 * GIB]
    assert found[0].what == "sizeLimit of emptyDir kserve-provision-location"
    assert found[1].what == "resources.limits.ephemeral-storage of the Pod's containers"


def test_memory_is_no_storage_of_the_node() -> None:
    pod = kserve({"emptyDir": {"medium": "Memory", "sizeLimit": "20Gi"}}, limited("10Gi"))
    assert [limit.size for limit in of_initializer(pod)] == [20 * GIB]


def test_a_pods_limit_is_the_sum_of_its_containers_or_the_largest_of_an_init_container() -> None:
    (limit,) = of_initializer(kserve({"emptyDir": {}}, limited("2Gi"), **limited("5Gi")))
    assert limit.size == 5 * GIB
    pod = kserve({"emptyDir": {}}, limited("2Gi"), **limited("5Gi"))
    pod["spec"]["initContainers"].append({"name": "sidecar", "restartPolicy": "Always", **limited("4Gi")})
    (limit,) = of_initializer(pod)
    assert limit.size == 6 * GIB


def server(**container: Any) -> list[Limit]:  # noqa: ANN401 - fields of a container
    """Return the limits of a server that has a cache on a volume, and a layer of its own of 1 GiB."""
    mounts = [{"name": "cache", "mountPath": "/root/.cache/"}, {"name": "data", "mountPath": "/data"}]
    spec = {
        "containers": [{"name": "vllm", "volumeMounts": mounts, **limited("1Gi"), **container}],
        "volumes": [
            {"name": "cache", "emptyDir": {"sizeLimit": "30Gi"}},
            {"name": "data", "emptyDir": {"sizeLimit": "40Gi"}},
        ],
    }
    return limits({"spec": spec}, "vllm")


@pytest.mark.parametrize(
    ("container", "size"),
    [
        ({}, 30),
        ({"args": ["--download-dir", "/data/models"]}, 40),
        ({"args": ["--download-dir=/data"]}, 40),
        ({"env": [{"name": "HF_HOME", "value": "/data/hf"}]}, 40),
        ({"env": [{"name": "HF_HOME", "value": "/elsewhere"}]}, 1),
        ({"volumeMounts": []}, 1),
    ],
)
def test_a_server_downloads_where_it_says_or_to_its_cache(container: dict[str, Any], size: int) -> None:
    assert server(**container)[0].size == size * GIB


def test_the_own_layer_is_limited_by_the_container_and_by_the_pod() -> None:
    first, second = server(volumeMounts=[])
    assert first.what == "resources.limits.ephemeral-storage of vllm"
    assert second.what.endswith("of the Pod's containers")


def test_a_mount_that_nothing_is_known_of_limits_nothing() -> None:
    pod = kserve({"emptyDir": {"sizeLimit": "1Gi"}})
    pod["spec"]["volumes"] = []
    assert of_initializer(pod) == []
    assert limits({"spec": {}}, "absent") == []
