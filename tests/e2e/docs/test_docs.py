"""Pages that speak of an installed webhook: their lines, one after the other, as a reader pastes them."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import yaml

from tests.docs.ways import ON_A_CLUSTER, REFUSED, on_a_cluster
from tests.e2e.harness.manifests import predictor_pod
from tests.e2e.harness.pages import ROOT, TEAM, Shell, count_as_ready
from tests.e2e.harness.release import Release
from tests.e2e.harness.restarting import await_running
from tests.e2e.harness.team import TOKEN, Team
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve")

VALUES: dict[str, Any] = {
    "settings": {"cluster": {"watchSecrets": True}},
    "metadataPolicy": {"enabled": True},
}
FROM_THE_START = {"README.md", "docs/admission-policy.md", "docs/platform-engineer.md"}
"""Pages of `test_docs_from_the_start.py`."""


class Scene(NamedTuple):
    """What is there when a page begins.

    Attributes:
        label: Of the team's namespace.
        secret: Whether the team has made it.
        model: Whether the example is applied, and runs.
        pod: Name of a Pod like those of KServe.
        says: What the page's lines print, among other things.
    """

    label: str = "enabled"
    secret: bool = True
    model: bool = True
    pod: str = ""
    says: str = ""


SCENES = {
    "docs/chart.md": Scene(label="", secret=False, model=False, says="here it may be enabled, all, audit"),
    "docs/events.md": Scene(says="Injected"),
    "docs/explain.md": Scene(
        label="",
        secret=False,
        model=False,
        pod="llama-predictor-6d9c7b5f88-x2x5w",
        says="namespace team-a has not opted in",
    ),
    "docs/model-developer.md": Scene(secret=False, model=False, says="HF_TOKEN from Secret hf-secret"),
    "docs/network.md": Scene(says="kind: CiliumNetworkPolicy"),
    "docs/policy.md": Scene(model=False),
    "docs/rotation.md": Scene(says="1 done"),
    "docs/runbook.md": Scene(says="no problems"),
    "docs/secrets.md": Scene(
        secret=False,
        model=False,
        says="Warning: Secret hf-secret is missing: kubectl create secret generic hf-secret -n team-a",
    ),
}


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """What the pages say that can be switched on."""
    return VALUES


def test_every_page_is_run() -> None:
    assert FROM_THE_START | set(SCENES) == set(ON_A_CLUSTER)


@pytest.mark.parametrize("page", SCENES)
def test_the_lines_of_a_page_do_what_it_says(page: str, shell: Shell, team: Team, release: Release) -> None:
    scene, lines = SCENES[page], on_a_cluster(page)
    prepare(scene, team)
    if any(" doctor" in line for line in lines):
        count_as_ready(release)
    printed = ""
    try:
        for line in lines:
            said = shell.run(line)
            assert (said.code == 0) != (line in REFUSED), f"{line}: {said.err}{said.out}"
            printed += said.out + said.err
    finally:
        if any(line.startswith("helm ") for line in lines):
            release.upgrade(VALUES)
    assert scene.says in printed


def prepare(scene: Scene, team: Team) -> None:
    """Set the scene."""
    if scene.label:
        label = {"metadata": {"labels": {"hf-token-injector.io/inject": scene.label}}}
        team.api.patch("Namespace", TEAM, label)
        until(team.injected, "the API server knows of the label")
    if scene.pod:
        team.api.create(predictor_pod(scene.pod), TEAM)
    if scene.secret:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hf-secret"}}
        team.api.create({**secret, "stringData": {"token": TOKEN}}, TEAM)
    if scene.model:
        team.apply(yaml.safe_load((ROOT / "examples" / "hf-uri.yaml").read_text()))
        (pod,) = await_running(team, 1)
        made = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
        # Times in metadata are whole seconds: what comes next is to be later.
        until(lambda: (datetime.now(UTC) - made).total_seconds() > 1, "the Pod is older than a second")
        until(lambda: told(team, "llama"), "Events tell of the model")


def told(team: Team, name: str) -> bool:
    """Return whether an Event on this InferenceService, not on an earlier one of its name, says Injected."""
    uid = team.inference_service(name)["metadata"]["uid"]
    return any(
        event["reason"] == "Injected" and event["involvedObject"].get("uid") == uid
        for event in team.api.list("Event", team.namespace)
    )
