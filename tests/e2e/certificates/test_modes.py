"""From self-managed certificates to the platform's own, and back: as docs/chart.md says."""

import base64
from pathlib import Path

from tests.e2e.harness.load import load
from tests.e2e.harness.pair import Pair, provided
from tests.e2e.harness.release import Release
from tests.e2e.harness.waiting import until


def test_leaving_self_managed_refuses_nothing(release: Release, namespace: str, tmp_path: Path) -> None:
    """What is published stays beside the new CA until every replica serves the new pair.

    The field belongs to the replicas, so helm takes it only with --force-conflicts.
    """
    pair = Pair(tmp_path / "pair", 100)
    pair.put(release.api)
    published = base64.b64decode(next(iter(release.bundles().values()))).decode()
    with load(release.api, namespace) as running:
        release.upgrade(provided(published, pair.authority), "--force-conflicts")
        release.roll()
        running.await_more()
        release.upgrade(provided(pair.authority))
        running.await_more(100)
    assert {base64.b64decode(bundle).decode() for bundle in release.bundles().values()} == {pair.authority}


def test_going_back_recovers_by_itself(release: Release, namespace: str, tmp_path: Path) -> None:
    """What helm wrote goes with the mode, so nothing is admitted until a replica publishes its own CA."""
    pair = Pair(tmp_path / "pair", 100)
    pair.put(release.api)
    release.upgrade(provided(pair.authority), "--force-conflicts")
    release.roll()
    release.upgrade()
    assert not any(release.bundles().values())
    release.roll()
    until(lambda: all(release.bundles().values()), "the replicas publish their CA")
    release.await_in_force()
    with load(release.api, namespace):
        pass
