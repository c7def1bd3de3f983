from datetime import timedelta

from tests.doctor.clusters import NOW, TEAM, cluster, injected, kserve_pod, namespace, said, seen
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
