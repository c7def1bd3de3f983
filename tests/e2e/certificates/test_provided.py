"""`certificates.mode: provided`: the platform brings the pair, and changes it under load."""

from typing import Any

import pytest

from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.load import load
from tests.e2e.harness.pair import Pair, provided
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.waiting import until

_EXPIRY = "hf_token_injector_certificate_expiry_timestamp_seconds"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair]:
    """The pair of today and the one of tomorrow, each of a CA of its own."""
    folder = tmp_path_factory.mktemp("pairs")
    return Pair(folder / "first", 100), Pair(folder / "second", 200)


@pytest.fixture(scope="module")
def values(cluster: Cluster, pairs: tuple[Pair, Pair]) -> dict[str, Any]:
    """The chart's values for the first pair, which lies in its Secret."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    cluster.api.create(namespace)
    pairs[0].put(cluster.api)
    return provided(pairs[0].authority)


def test_a_pair_that_changes_refuses_nothing(
    release: Release, namespace: str, pairs: tuple[Pair, Pair]
) -> None:
    """Both CAs are published first, then the Secret changes, then the old CA goes."""
    first, second = pairs
    before = {replica.metrics()[_EXPIRY] for replica in release.replicas}
    with load(release.api, namespace) as running:
        release.upgrade(provided(first.authority, second.authority))
        second.put(release.api)
        for replica in release.replicas:
            release.refresh_mounts(replica)
        until(
            lambda: before.isdisjoint({replica.metrics()[_EXPIRY] for replica in release.replicas}),
            "both replicas serve the second pair",
        )
        running.await_more()
        release.upgrade(provided(second.authority))
        running.await_more(100)


def test_the_account_has_no_right_to_any_secret_or_configuration(release: Release) -> None:
    """What only self-managed certificates need is not given in this mode."""
    rights = release.kubectl(
        "auth", "can-i", "--list", f"--as=system:serviceaccount:{NAMESPACE}:{NAME}", "-n", NAMESPACE
    )
    assert "namespaces" in rights
    assert "secrets" not in rights
    assert "webhookconfigurations" not in rights
