"""Which requests of an opted-in namespace stay away all the same: the chart's CEL in a real API server."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import Team, tokens

pytestmark = pytest.mark.usefixtures("kserve", "release")

NAME = "llama"
FINALIZER = "team.example/keep"


@pytest.fixture
def team(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Team:
    """A team with an InferenceService that the controllers have dealt with."""
    team = Team(make_namespace("all"), cluster.api, kubectl)
    team.apply(hugging_face_model(NAME))
    team.predictor(NAME)
    team.await_generation(NAME)
    return team


def change(team: Team, body: dict[str, object]) -> None:
    """Patch the team's InferenceService."""
    team.api.patch("InferenceService", NAME, body, team.namespace)


def reviewed(release: Release, team: Team) -> int:
    """Return how many reviews of the team's InferenceService were answered; those of Pods may still come."""
    return sum(review["kind"] == "InferenceService" for review in release.reviews(team.namespace))


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {"team.example/note": "a"}},
        {"labels": {"team.example/stage": "b"}},
        {"finalizers": [FINALIZER]},
    ],
    ids=str,
)
def test_an_update_of_other_metadata_never_arrives(
    team: Team, release: Release, metadata: dict[str, object]
) -> None:
    """Controllers write it all the time; an answer of ours then would roll out a whole fleet."""
    before = reviewed(release, team)
    change(team, {"metadata": metadata})
    assert reviewed(release, team) == before
    change(team, {"metadata": {"finalizers": None}})


@pytest.mark.parametrize("field", ["annotations", "labels"])
def test_a_key_of_ours_arrives_when_it_comes_changes_and_goes(
    team: Team, release: Release, field: str
) -> None:
    """Though the spec is the same; more than once where the patch met a controller's write."""
    for number, value in enumerate(("one", "two", None), start=1):
        before = reviewed(release, team)
        change(team, {"metadata": {field: {"hf-token-injector.io/unknown": value}}})
        assert reviewed(release, team) > before, number


def test_what_is_being_deleted_never_arrives(team: Team, release: Release) -> None:
    """Not even when its spec changes: nothing may stand between an object and its end."""
    change(team, {"metadata": {"finalizers": [FINALIZER]}})
    team.api.delete("InferenceService", NAME, team.namespace)
    try:
        team.api.await_cached("InferenceService", NAME, team.namespace)
        before = reviewed(release, team)
        change(team, {"spec": {"predictor": {"minReplicas": 0}}})
        assert "deletionTimestamp" in team.inference_service(NAME)["metadata"]
        assert reviewed(release, team) == before
    finally:
        change(team, {"metadata": {"finalizers": None}})


def test_a_mirror_pod_never_arrives(team: Team, release: Release) -> None:
    """It is the image of a static Pod, and the API server refuses one that refers to a Secret."""
    pod = download_pod()
    pod["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "0"}
    pod["spec"]["nodeName"] = "node"
    answer = team.api.post(pod, team.namespace, dryRun="All")
    assert set(tokens(team.api.ok(answer)).values()) == {None}
    assert "MirrorPod" not in {review["outcome"] for review in release.reviews(team.namespace)}
