"""Replicas come and go while people apply: stopped as kubelet stops them, or killed."""

import time

from tests.e2e.harness.load import Load, load
from tests.e2e.harness.release import Release
from tests.e2e.harness.waiting import until

PAUSES = (5, 95)
"""Seconds without a request: servers' common keep-alive, and longer than the API server keeps connections."""


def test_a_replica_that_is_stopped_loses_no_admission(release: Release, namespace: str) -> None:
    """SIGTERM under load: it drains, its callers move to the other, and it ends with 0."""
    first = release.replicas[0]
    with load(release.api, namespace) as running:
        assert release.stop_replica(first) == 0
        running.await_more(50)
        release.start_replica()


def test_a_replica_that_is_killed_loses_nothing_once_its_endpoint_is_gone(
    release: Release, namespace: str
) -> None:
    """What was in flight may be lost, as with any server; afterwards nothing is."""
    release.stop_replica(release.replicas[0], kill=True)
    # The API server finds out about its dead connection by using it.
    until(lambda: Load(release.api, namespace).once(), "a Pod is admitted again")
    with load(release.api, namespace) as running:
        running.await_more(50)
    release.start_replica()


def test_idle_pauses_lose_no_admission(release: Release, namespace: str) -> None:
    """The API server reuses a connection that was idle; it must not find it closed on our side."""
    for pause in PAUSES:
        with load(release.api, namespace):
            pass
        time.sleep(pause)  # nothing is waited for: the pause is what is tested
    with load(release.api, namespace):
        pass
