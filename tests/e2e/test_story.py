"""The story of the README: install, label, create the Secret, apply; and what people do to it later."""

import copy
from typing import Any

import pytest

from tests.e2e.conftest import Audit
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import (
    CLIENT_SIDE,
    INJECTED,
    SERVER_SIDE,
    TOKEN,
    Reference,
    Team,
    predictor_env,
    token,
    tokens,
)
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "release")

DEFAULT = Reference("hf-secret", "token")
BOTH_WAYS = pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=["client-side", "server-side"])


def _entry(**source: dict[str, Any]) -> dict[str, Any]:
    return {"name": "HF_TOKEN", "valueFrom": source}


@BOTH_WAYS
def test_a_gated_model_gets_its_token_where_it_is_downloaded(team: Team, way: tuple[str, ...]) -> None:
    """The InferenceService shows the entry; the Pod that comes of it holds it where the download runs."""
    team.apply(hugging_face_model("llama"), *way)
    service = team.inference_service("llama")
    assert [entry["name"] for entry in predictor_env(service)] == ["HF_TOKEN"]
    assert service["metadata"]["annotations"][INJECTED]
    pod = team.predictor("llama")
    assert tokens(pod)["storage-initializer"] == DEFAULT
    owner = team.get("ReplicaSet", pod["metadata"]["ownerReferences"][0]["name"])
    assert owner["metadata"]["ownerReferences"][0]["name"] == "llama-predictor"


@BOTH_WAYS
def test_containers_that_ask_no_hub_get_no_token(team: Team, way: tuple[str, ...]) -> None:
    """A model from elsewhere is left as it is, and so is a transformer beside a model of the Hub."""
    team.apply(hugging_face_model("elsewhere", "s3://bucket/model"), *way)
    assert INJECTED not in team.inference_service("elsewhere")["metadata"].get("annotations", {})
    assert set(tokens(team.predictor("elsewhere")).values()) == {None}
    manifest = hugging_face_model("pair")
    manifest["spec"]["transformer"] = {"containers": [{"name": "kserve-container", "image": "transformer"}]}
    team.apply(manifest, *way)
    transformer = team.pod("serving.kserve.io/inferenceservice=pair,component=transformer")
    assert set(tokens(transformer).values()) == {None}


@BOTH_WAYS
def test_applying_again_changes_nothing(team: Team, way: tuple[str, ...]) -> None:
    """No new generation, no second ReplicaSet; an edit of the spec makes exactly one rollout."""
    manifest = hugging_face_model("llama", env=[{"name": "LOG_LEVEL", "value": "debug"}])
    team.apply(manifest, *way)
    team.predictor("llama")
    team.await_generation("llama")
    before = team.inference_service("llama")["metadata"]["generation"]
    for other in (way, CLIENT_SIDE, SERVER_SIDE, way):
        options = (*other, "--force-conflicts") if other == SERVER_SIDE else other
        team.apply(manifest, *options)
    team.await_generation("llama")
    assert team.inference_service("llama")["metadata"]["generation"] == before
    assert len(team.replica_sets()) == 1

    edited = copy.deepcopy(manifest)
    edited["spec"]["predictor"]["model"]["env"][0]["value"] = "info"
    team.apply(edited, *((*way, "--force-conflicts") if way else ()))
    until(lambda: len(team.replica_sets()) > 1, "the edit is rolled out")
    team.await_generation("llama")
    assert team.inference_service("llama")["metadata"]["generation"] == before + 1
    assert len(team.replica_sets()) == 2


OWN_ENTRIES = {
    "value": {"name": "HF_TOKEN", "value": "hf_of-the-team"},
    "secretKeyRef": _entry(secretKeyRef={"name": "mine", "key": "mine"}),
    "configMapKeyRef": _entry(configMapKeyRef={"name": "mine", "key": "mine"}),
    "fieldRef": _entry(fieldRef={"fieldPath": "metadata.name"}),
    "fileKeyRef": _entry(fileKeyRef={"volumeName": "mine", "path": "mine", "key": "HF_TOKEN"}),
    "resourceFieldRef": _entry(resourceFieldRef={"resource": "limits.cpu"}),
}


@pytest.mark.parametrize("kind", OWN_ENTRIES)
def test_a_token_that_the_team_adds_later_wins(team: Team, kind: str) -> None:
    """Server-side apply merges it beside ours; ours is taken out and the team's stays as it was written."""
    manifest = hugging_face_model("llama")
    team.apply(manifest, *SERVER_SIDE)
    team.predictor("llama")
    manifest["spec"]["predictor"]["model"]["env"] = [OWN_ENTRIES[kind]]
    team.apply(manifest, *SERVER_SIDE)
    service = team.inference_service("llama")
    (entry,) = predictor_env(service)
    source = entry.get("valueFrom", {})
    assert entry.get("value") == OWN_ENTRIES[kind].get("value")
    assert {key: source[key] for key in source} == _without_defaults(source, OWN_ENTRIES[kind])
    assert INJECTED not in service["metadata"]["annotations"]


def _without_defaults(source: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """Return what was written, with what the API server itself adds to a reference."""
    expected: dict[str, Any] = copy.deepcopy(written.get("valueFrom", {}))
    for kind, reference in expected.items():
        for added in ("apiVersion", "divisor", "optional"):
            if added in source.get(kind, {}):
                reference.setdefault(added, source[kind][added])
    return expected


def test_another_secret_by_annotation_is_followed(team: Team) -> None:
    """Our entry changes with the annotation, and the next Pod has the other Secret."""
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    chosen = {"hf-token-injector.io/secret": "other", "hf-token-injector.io/secret-key": "HF_TOKEN"}
    team.apply(hugging_face_model("llama", annotations=chosen))
    other = Reference("other", "HF_TOKEN")
    assert token(team.inference_service("llama")["spec"]["predictor"]["model"]) == other
    until(
        lambda: any(tokens(pod)["storage-initializer"] == other for pod in team.pods()),
        "a Pod with the other Secret",
    )


def test_opting_out_takes_our_entry_back(team: Team) -> None:
    """The label on the workload removes what we wrote and keeps new Pods free of it."""
    team.apply(hugging_face_model("llama"))
    first = team.predictor("llama")["metadata"]["name"]
    team.apply(hugging_face_model("llama", labels={"hf-token-injector.io/inject": "disabled"}))
    service = team.inference_service("llama")
    assert predictor_env(service) == []
    assert INJECTED not in service["metadata"]["annotations"]
    until(
        lambda: any(
            set(tokens(pod).values()) == {None} for pod in team.pods() if pod["metadata"]["name"] != first
        ),
        "a Pod without a token",
    )


def test_a_model_that_moves_away_from_the_hub_loses_our_entry(team: Team) -> None:
    """`hf://` becomes `s3://`: the entry goes with it."""
    team.apply(hugging_face_model("llama"))
    assert token(team.inference_service("llama")["spec"]["predictor"]["model"]) == DEFAULT
    team.apply(hugging_face_model("llama", "s3://bucket/model"))
    service = team.inference_service("llama")
    assert predictor_env(service) == []
    assert INJECTED not in service["metadata"]["annotations"]


def test_no_patch_and_no_object_ever_held_the_token(release: Release, team: Team, audit: Audit) -> None:
    """What the API server noted of the team's requests, all webhooks' patches included, has no byte of it."""
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    noted = [event for event in audit() if event.get("objectRef", {}).get("namespace") == team.namespace]
    assert any("patch.webhook.admission.k8s.io" in str(event.get("annotations")) for event in noted)
    assert TOKEN not in str(noted)
    assert all(TOKEN not in replica.process.output for replica in release.replicas)
