"""The oldest version of Kubernetes that is supported; every other test runs on the newest."""

import json
from typing import Any

import pytest

from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import CLIENT_SIDE, INJECTED, SERVER_SIDE, Reference, Team, predictor_env, tokens
from tests.e2e.harness.waiting import until
from tests.e2e.own_control_plane import (  # noqa: F401 - fixtures
    cluster,
    control_plane,
    helm,
    kserve,
    kubectl,
    processes,
)

OLDEST = "1.34"


@pytest.fixture(scope="module")
def version() -> str:
    """What the API server is to be, by `--emulated-version`."""
    return OLDEST


@pytest.mark.usefixtures("kserve", "release")
@pytest.mark.parametrize("way", [CLIENT_SIDE, SERVER_SIDE], ids=["client-side", "server-side"])
def test_the_story_holds_on_the_oldest_version(team: Team, way: tuple[str, ...], release: Release) -> None:
    """Installed by helm, opted in, applied twice, opted out: the chart's CEL is that version's, too."""
    version = json.loads(release.kubectl("version", "-o", "json"))["serverVersion"]
    assert f"{version['emulationMajor']}.{version['emulationMinor']}" == OLDEST
    team.apply(hugging_face_model("llama"), *way)
    assert tokens(team.predictor("llama"))["storage-initializer"] == Reference("hf-secret", "token")
    team.await_generation("llama")
    team.apply(hugging_face_model("llama"), *way)
    assert team.inference_service("llama")["metadata"]["generation"] == 1
    team.apply(hugging_face_model("llama", labels={"hf-token-injector.io/inject": "disabled"}), *way)
    service = team.inference_service("llama")
    assert predictor_env(service) == []
    assert INJECTED not in service["metadata"]["annotations"]


def test_the_oldest_version_accepts_the_fence(release: Release) -> None:
    """The policy's expressions are type-checked by that version without a complaint."""

    def status() -> dict[str, Any]:
        (policy,) = release.api.request(
            "GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
        ).body["items"]
        found: dict[str, Any] = policy.get("status", {})
        return found

    until(lambda: "typeChecking" in status(), "the policy is checked")
    assert status()["typeChecking"].get("expressionWarnings", []) == []
