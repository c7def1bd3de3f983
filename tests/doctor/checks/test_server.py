from typing import Any

from tests.doctor.clusters import cluster, deployment, installed, said
from webhook.doctor.finding import Status

CHECK = "server"


def pod(version: str, **metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of metadata as they are
    """Return a replica's Pod."""
    return {"metadata": {"name": version, "labels": {"app.kubernetes.io/version": version}, **metadata}}


def test_replicas_that_are_not_ready_are_told() -> None:
    for replicas, ready, expected, words in (
        (2, 1, Status.WARN, "has 1 of 2 replicas ready"),
        (2, 0, Status.FAIL, "has none of 2 replicas ready"),
        (0, 0, Status.FAIL, "is scaled to 0"),
    ):
        broken = installed(deployment=deployment(replicas=replicas, ready=ready))
        ((status, sentence, fix),) = said(cluster(installed=broken), CHECK)
        assert (status, words in sentence) == (expected, True)
        assert fix.startswith("kubectl ")


def waiting(reason: str, image: str = "example.com/injector:1", deleted: str = "") -> dict[str, Any]:
    """Return a replica's Pod whose container waits."""
    container = {"name": "webhook", "image": image, "state": {"waiting": {"reason": reason}}}
    status = {"phase": "Pending", "containerStatuses": [container]}
    return pod("1", deletionTimestamp=deleted or None) | {"status": status}


def test_why_replicas_wait_is_told_once_with_the_image() -> None:
    pods = (
        waiting("ImagePullBackOff"),
        waiting("ImagePullBackOff"),
        waiting("CrashLoopBackOff", "old:1"),
        waiting("ContainerCreating"),
        waiting("CreateContainerConfigError", deleted="2026-06-01T12:00:00Z"),
    )
    told = "(CrashLoopBackOff: old:1; ImagePullBackOff: example.com/injector:1)"
    for ready, expected in (
        (0, f"has none of 2 replicas ready {told}: nothing answers the API server."),
        (1, f"has 1 of 2 replicas ready {told}."),
    ):
        broken = installed(deployment=deployment(ready=ready), pods=pods)
        ((_, sentence, _),) = said(cluster(installed=broken), CHECK)
        assert sentence == f"Deployment hf-token-injector/hf-token-injector {expected}"


def test_replicas_that_are_ready_do_not_wait() -> None:
    assert said(cluster(installed=installed(pods=(waiting("CrashLoopBackOff"),))), CHECK) == []


def test_what_an_image_says_is_redacted() -> None:
    token = "hf_" + "a" * 34
    pods = (waiting("ErrImagePull", f"example.com/{token}:1"),)
    broken = installed(deployment=deployment(ready=0), pods=pods)
    ((_, sentence, _),) = said(cluster(installed=broken), CHECK)
    assert "ErrImagePull: example.com/" in sentence
    assert token not in sentence


def test_a_missing_deployment_is_told() -> None:
    ((status, sentence, _),) = said(cluster(installed=installed(deployment=None)), CHECK)
    assert (status, "has no Deployment of the webhook" in sentence) == (Status.FAIL, True)


def test_several_versions_at_once_are_told_but_not_those_of_pods_that_go() -> None:
    pods = (pod("1"), pod("2"))
    ((status, sentence, _),) = said(cluster(installed=installed(pods=pods)), CHECK)
    assert (status, "(1, 2)" in sentence) == (Status.WARN, True)
    leaving = (pod("1"), pod("2", deletionTimestamp="2026-06-01T12:00:00Z"))
    assert said(cluster(installed=installed(pods=leaving)), CHECK) == []


def test_a_program_of_another_version_is_told() -> None:
    ((status, sentence, _),) = said(cluster(installed=installed(deployment=deployment(version="2"))), CHECK)
    assert (status, "is of version 2 and this program of 1" in sentence) == (Status.WARN, True)
