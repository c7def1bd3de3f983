"""helm upgrade, helm rollback and changed values, under load: the configuration is replaced beneath it."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.e2e.harness.helm import CHART
from tests.e2e.harness.load import load
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.waiting import until

ENTRIES = 11
"""Those of both configurations; without the policy's and one that mutates it was `EARLIER`."""
EARLIER = 4


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """The chart as an earlier version might have been: without policy and another entry, another timeout."""
    folder = tmp_path / "previous"
    shutil.copytree(CHART, folder)
    about = yaml.safe_load((folder / "Chart.yaml").read_text())
    about["version"] = "0.0.1"
    (folder / "Chart.yaml").write_text(yaml.safe_dump(about))
    template = folder / "templates" / "mutatingwebhookconfiguration.yaml"
    text = template.read_text()
    entry = text.index("  - name: llminferenceservice-pods.hf-token-injector.io")
    following = text.index("  {{- with .Values.settings.localModelCache.namespaces }}", entry)
    template.write_text(text[:entry] + text[following:])
    (folder / "templates" / "validatingwebhookconfiguration.yaml").unlink()
    return folder


def test_upgrade_and_rollback_keep_admitting(release: Release, namespace: str, previous: Path) -> None:
    """From the version before, to this one, and back; a new entry gets its caBundle from the replicas."""
    release.install({"webhook": {"timeoutSeconds": 10}}, chart=previous)
    assert len(release.bundles()) == EARLIER
    with load(release.api, namespace) as running:
        release.upgrade()
        running.await_more()
        until(
            lambda: len(release.bundles()) == ENTRIES and all(release.bundles().values()),
            "the new entries are filled",
        )
        release.roll()
        running.await_more()
        release.helm.run("rollback", NAME, "--namespace", NAMESPACE)
        running.await_more()
        assert len(release.bundles()) == EARLIER
        assert all(release.bundles().values())
        release.roll()
    release.install()


def test_an_upgrade_with_other_values_keeps_the_ca_bundle(release: Release, namespace: str) -> None:
    """What the replicas wrote is not helm's, and helm does not take it away."""
    before = _await_filled(release)
    with load(release.api, namespace):
        release.upgrade({"commonLabels": {"tier": "platform"}, "webhook": {"timeoutSeconds": 5}})
    assert release.bundles() == before
    release.install()


def test_a_renamed_configuration_is_filled_as_a_new_one(release: Release, namespace: str) -> None:
    """Whose name a value changes; replicas that run as the new Deployment says fill it."""
    release.upgrade({"webhook": {"name": "renamed-hf-token-injector"}})
    release.roll()

    def filled() -> bool:
        renamed = release.api.get("MutatingWebhookConfiguration", "renamed-hf-token-injector")
        return all(entry["clientConfig"].get("caBundle") for entry in renamed["webhooks"])

    until(filled, "the renamed configuration is filled")
    release.await_in_force()
    with load(release.api, namespace):
        pass
    release.install()
    release.roll()


def _await_filled(release: Release) -> dict[str, str]:
    """Wait until each of this chart's entries has its caBundle."""
    until(
        lambda: len(release.bundles()) == ENTRIES and all(release.bundles().values()),
        "each entry holds a caBundle",
    )
    return release.bundles()
