"""What a tool sees that compares Git with the cluster by a dry run on the server, as `kubectl diff` does."""

import json
from typing import Any

import pytest

from tests.e2e.harness.api import JSON_PATCH
from tests.e2e.harness.kubectl import Kubectl, Said
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.team import CLIENT_SIDE, INJECTED, SERVER_SIDE, Team, predictor_env
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "release")

BOTH_WAYS = pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=["client-side", "server-side"])
ENV = [{"name": "LOG_LEVEL", "value": "debug"}]


def diff(kubectl: Kubectl, manifest: dict[str, Any], team: Team, way: tuple[str, ...]) -> Said:
    """Compare; the exit code is 0 where nothing differs, 1 where something does."""
    return kubectl.try_("diff", "-n", team.namespace, "-f", "-", *way, stdin=json.dumps(manifest))


@BOTH_WAYS
@pytest.mark.parametrize("model", [{}, {"env": ENV}], ids=["without env", "with env"])
def test_what_the_webhook_wrote_is_no_difference(
    team: Team, kubectl: Kubectl, way: tuple[str, ...], model: dict[str, Any]
) -> None:
    """With the default `mutate: always`: the webhook is part of the dry run, and it writes the same again."""
    manifest = hugging_face_model("llama")
    manifest["spec"]["predictor"]["model"] |= model
    team.apply(manifest, *way)
    assert INJECTED in team.inference_service("llama")["metadata"]["annotations"]
    # KServe writes to a new object too, which is a difference where it comes in the middle of a comparison.
    until(lambda: diff(kubectl, manifest, team, way).code == 0, "nothing differs")
    manifest["spec"]["predictor"]["minReplicas"] = 2
    said = diff(kubectl, manifest, team, way)
    assert said.code == 1, said.err
    assert "HF_TOKEN" not in "".join(line for line in said.out.splitlines() if line[:1] in "+-")


@BOTH_WAYS
def test_nobody_owns_what_the_webhook_wrote(team: Team, way: tuple[str, ...]) -> None:
    """So whoever applies the manifest neither conflicts about it nor takes it away."""
    team.apply(hugging_face_model("llama", env=ENV), *way)
    service = team.inference_service("llama")
    assert {entry["name"] for entry in predictor_env(service)} == {"LOG_LEVEL", "HF_TOKEN"}
    owned = json.dumps([entry["fieldsV1"] for entry in service["metadata"]["managedFields"]])
    assert "LOG_LEVEL" in owned
    assert "HF_TOKEN" not in owned
    assert INJECTED not in owned


def test_what_is_taken_out_by_hand_is_written_again(team: Team) -> None:
    """In the same request, so no generation is lost to it."""
    team.apply(hugging_face_model("llama"))
    before = team.inference_service("llama")
    removed = [
        {"op": "remove", "path": "/spec/predictor/model/env"},
        {"op": "remove", "path": f"/metadata/annotations/{INJECTED.replace('/', '~1')}"},
    ]
    team.api.patch("InferenceService", "llama", removed, team.namespace, content_type=JSON_PATCH)
    after = team.inference_service("llama")
    assert after["spec"] == before["spec"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_a_chart_that_is_rendered_again_is_no_difference(release: Release) -> None:
    """The replicas have filled caBundle and the Secret, which nobody has to ignore.

    Nor does another manager than helm conflict with it.
    """
    assert all(release.bundles().values())
    rendered = release.helm.run("get", "manifest", NAME, "--namespace", NAMESPACE)
    # What controllers write to its objects is a difference, too, in the middle of a comparison.
    until(
        lambda: release.kubectl.try_("diff", "--server-side", "-f", "-", stdin=rendered).code == 0,
        "nothing differs",
    )
