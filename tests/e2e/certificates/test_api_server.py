"""The API server goes away: admission cannot happen then, and goes on by itself afterwards."""

from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.load import load
from tests.e2e.harness.release import Release
from tests.e2e.harness.waiting import until


def test_a_restarted_api_server_finds_the_replicas_as_they_were(
    release: Release, control_plane: ControlPlane, namespace: str
) -> None:
    """Killed and started anew: the next Pod gets its token."""
    control_plane.restart_api_server()
    with load(release.api, namespace):
        pass
    assert all(replica.ready for replica in release.replicas)


def test_a_ca_bundle_that_is_lost_meanwhile_is_noticed_afterwards(
    release: Release, control_plane: ControlPlane, namespace: str
) -> None:
    """The watch of the configurations comes back by itself, and with it what it is for."""
    control_plane.restart_api_server()
    release.api.patch(
        "MutatingWebhookConfiguration",
        release.configuration()["metadata"]["name"],
        [{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}],
        content_type="application/json-patch+json",
    )
    until(lambda: all(release.bundles().values()), "the entry holds a caBundle again")
    with load(release.api, namespace):
        pass


def test_a_replica_that_starts_without_an_api_server_becomes_ready_by_itself(
    release: Release, control_plane: ControlPlane, namespace: str
) -> None:
    """It listens, is not ready, and says what it waits for; nobody has to restart it."""
    prepared = release.prepare()
    release.stop()
    control_plane.stop_api_server()
    replica = release.launch(prepared)
    until(lambda: "certificate trouble" in replica.process.output, "the replica says that it is alone")
    assert not replica.ready
    control_plane.start_api_server()
    release.await_ready(replica)
    with load(release.api, namespace):
        pass
