from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.doctor.clusters import (
    NOW,
    TEAM,
    cluster,
    injected,
    kserve_pod,
    namespace,
    rollout,
    said,
    seen,
)
from webhook.doctor.collected import SeenKey, SeenSecret
from webhook.doctor.finding import Status

CHECK = "pods-older-than-secret"
CHANGED = {
    (TEAM, "hf-secret"): SeenSecret(
        name="hf-secret", namespace=TEAM, keys={"token": SeenKey(None, NOW - timedelta(minutes=10))}
    )
}


def test_a_pod_with_the_token_as_it_was_is_told() -> None:
    found = said(cluster(secrets=CHANGED), CHECK)
    assert found == [
        (
            Status.WARN,
            (
                "Pod team-a/llama was made before Secret hf-secret changed (2026-06-01 11:50 UTC): "
                "storage-initializer has the old token."
            ),
            "hf-token-injector restart -n team-a",
        )
    ]


def test_a_younger_pod_is_well() -> None:
    pod = seen(injected(kserve_pod(age=timedelta(minutes=5))))
    assert said(cluster(pods=(pod,), secrets=CHANGED), CHECK) == []


def test_a_mounted_token_follows_its_secret() -> None:
    team = namespace(method="file")
    pod = seen(injected(kserve_pod(), team), team)
    assert said(cluster(namespaces={TEAM: team}, pods=(pod,), secrets=CHANGED), CHECK) == []


def test_a_pod_without_a_time_is_passed_over() -> None:
    pod = injected(kserve_pod())
    del pod["metadata"]["creationTimestamp"]
    assert said(cluster(pods=(seen(pod),), secrets=CHANGED), CHECK) == []


def with_status(**state: Any) -> dict[str, Any]:  # noqa: ANN401 - states as they are
    """Return a Pod of which kubelet says that of storage-initializer."""
    pod = injected(kserve_pod())
    told = [{"name": "storage-initializer", "state": state}] if state else []
    pod["status"] = {"phase": "Pending", "initContainerStatuses": told}
    return pod


def test_a_container_that_has_not_started_has_no_old_token() -> None:
    """Of a Pod that waits for a GPU, or for its Secret."""
    for pod in (with_status(), with_status(waiting={"reason": "CreateContainerConfigError"})):
        assert said(cluster(pods=(seen(pod),), secrets=CHANGED), CHECK) == []


def test_a_container_that_started_after_the_change_has_the_new_token() -> None:
    for minutes, told in ((5, 0), (15, 1)):
        start = (NOW - timedelta(minutes=minutes)).isoformat()
        pod = with_status(terminated={"startedAt": start})
        assert len(said(cluster(pods=(seen(pod),), secrets=CHANGED), CHECK)) == told


def test_a_secret_that_did_not_exist_before_is_not_said_to_have_changed() -> None:
    secrets = {place: replace(secret, made=NOW - timedelta(minutes=10)) for place, secret in CHANGED.items()}
    ((_, sentence, _),) = said(cluster(secrets=secrets), CHECK)
    assert sentence == (
        "Pod team-a/llama was made before Secret hf-secret as it is now (2026-06-01 11:50 UTC): "
        "storage-initializer has no token, or that of a Secret that had this name."
    )


def test_a_pod_that_a_rollout_replaces_is_only_waited_for() -> None:
    pod = replace(seen(injected(kserve_pod())), owners=rollout())
    ((_, sentence, fix),) = said(cluster(pods=(pod,), secrets=CHANGED), CHECK)
    assert sentence.endswith(
        "storage-initializer has the old token, "
        "and the rollout of deployment/llama, which is under way, replaces it."
    )
    assert fix == f"kubectl rollout status deployment/llama -n {TEAM}"


def test_a_pod_that_has_ended_holds_nothing() -> None:
    pod = injected(kserve_pod())
    pod["status"] = {"phase": "Succeeded"}
    assert said(cluster(pods=(seen(pod),), secrets=CHANGED), CHECK) == []
