"""The whole story with no server of ours: rendered policies, applied by kubectl, and the real KServe."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.api import Api, Object
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model
from tests.e2e.harness.team import CLIENT_SIDE, INJECTED, SERVER_SIDE, Reference, Team, predictor_env, tokens
from tests.e2e.harness.waiting import until
from webhook.core.policy.shapes import has_token

pytestmark = pytest.mark.usefixtures("kserve", "policies")

NAME = "llama"
SECRET = Reference("hf-secret", "token")
LOOKS_LIKE_A_TOKEN = "hf_" + "aB3dEfG7hJkLmN9pQrStUvWx2zYcVbN4mK"
_TABLE = Path(__file__).parents[1] / "cases" / "policy" / "literal-tokens.txt"
_PROGRAM = Path(sys.executable).parent / "hf-token-injector"


@pytest.fixture(scope="module")
def policies(cluster: Cluster, kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The policies, from the command line to kubectl; gone after the module."""
    config = tmp_path_factory.mktemp("policies") / "config.yaml"
    config.write_text("policy: {literalTokens: deny}\n")
    command = [str(_PROGRAM), "render", "admission-policy", "--config", str(config)]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kubectl("apply", "-f", "-", stdin=rendered)
    try:
        yield
    finally:
        kubectl("delete", "--wait=true", "-f", "-", stdin=rendered)
        _await_gone(cluster.api)


def _await_gone(api: Api) -> None:
    """Wait until nothing is injected any more: whoever comes next would take it for what the webhook did."""
    metadata = {"generateName": "gone-", "labels": {"hf-token-injector.io/inject": "all"}}
    made = api.post({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    name = api.ok(made)["metadata"]["name"]

    def gone() -> bool:
        answers = [
            api.post(manifest, name, dryRun="All")
            for manifest in (download_pod(), hugging_face_model("probe"), _with_token("refused"))
        ]
        return all(
            answer.status == 201 and INJECTED not in answer.body["metadata"].get("annotations", {})
            for answer in answers
        )

    until(gone, "the policies are not in force any more")
    api.delete("Namespace", name)


def _with_token(name: str) -> Object:
    """Return a Pod with a token in clear text."""
    pod = download_pod(name)
    pod["spec"]["containers"][1]["args"] = [LOOKS_LIKE_A_TOKEN]
    return pod


def _controlled() -> Object:
    """Return such a Pod that has a controller."""
    pod = _with_token("download")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1", "controller": True}
    pod["metadata"]["ownerReferences"] = [owner]
    return pod


@pytest.fixture
def team(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Team:
    """A team whose namespace has opted in, once the policies are in force there."""
    team = Team(make_namespace("all"), cluster.api, kubectl)

    def in_force() -> bool:
        injected = team.api.post(download_pod("probe"), team.namespace, dryRun="All")
        service = team.api.post(hugging_face_model("probe"), team.namespace, dryRun="All")
        return (
            INJECTED in injected.body["metadata"].get("annotations", {})
            and INJECTED in service.body["metadata"].get("annotations", {})
            and team.api.post(_with_token("refused"), team.namespace, dryRun="All").status == 422
            and bool(team.api.post(_controlled(), team.namespace, dryRun="All").warnings)
        )

    until(in_force, "the policies are in force")
    return team


def test_what_kserve_makes_of_a_model_gets_its_token(team: Team) -> None:
    """KServe's webhook adds storage-initializer after the policy was called first."""
    team.apply(hugging_face_model(NAME))
    pod = team.predictor(NAME)
    assert tokens(pod)["storage-initializer"] == SECRET
    (entry,) = predictor_env(team.inference_service(NAME))
    assert entry["valueFrom"]["secretKeyRef"] == {"name": "hf-secret", "key": "token", "optional": True}
    noted = yaml.safe_load(pod["metadata"]["annotations"][INJECTED])
    assert noted["storage-initializer"] == {"secret": "hf-secret", "key": "token", "reason": "HubUri"}
    assert noted["kserve-container"]["reason"] == "Inherited"


@pytest.mark.parametrize("side", [CLIENT_SIDE, SERVER_SIDE], ids=["client-side", "server-side"])
def test_applying_twice_makes_no_new_revision(team: Team, side: tuple[str, ...]) -> None:
    """The manifest has a list of variables of its own."""
    manifest = hugging_face_model(NAME, env=[{"name": "A", "value": "1"}])
    team.apply(manifest, *side)
    team.predictor(NAME)
    team.await_generation(NAME)
    before = team.inference_service(NAME)
    assert [entry["name"] for entry in predictor_env(before)] == ["A", "HF_TOKEN"]
    team.apply(manifest, *side)
    after = team.inference_service(NAME)
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert predictor_env(after) == predictor_env(before)


def test_who_opts_out_gets_nothing(team: Team) -> None:
    pod = download_pod()
    pod["metadata"]["labels"] = {"hf-token-injector.io/inject": "disabled"}
    assert set(tokens(team.api.create(pod, team.namespace)).values()) == {None}


def test_an_annotation_chooses_the_secret_and_a_malformed_one_is_refused(team: Team) -> None:
    pod = download_pod()
    pod["metadata"]["annotations"] = {"hf-token-injector.io/secret": "mine"}
    assert tokens(team.api.create(pod, team.namespace))["download"] == Reference("mine", "token")
    pod["metadata"] = {"name": "malformed", "annotations": {"hf-token-injector.io/secret": "No_Name"}}
    answer = team.api.post(pod, team.namespace)
    assert answer.status == 422
    assert "hf-token-injector.io/secret must be the name of a Secret" in answer.message


def test_a_token_in_clear_text_is_refused_and_not_repeated(team: Team) -> None:
    said = team.try_apply(hugging_face_model(NAME, args=[f"--token={LOOKS_LIKE_A_TOKEN}"]))
    assert said.code == 1
    assert "a Hugging Face token stands in clear text" in said.err
    assert LOOKS_LIKE_A_TOKEN not in said.err


def test_tokens_are_told_by_their_form_as_the_webhook_tells_them(team: Team) -> None:
    """By the golden table; what only its name gives away, or is joined from variables, is not found."""
    refused = []
    for text in _TABLE.read_text().splitlines():
        line = text.replace("%TOKEN%", LOOKS_LIKE_A_TOKEN).replace("%BODY%", LOOKS_LIKE_A_TOKEN[3:])
        container = {} if line.startswith("#") else yaml.safe_load(line.rpartition(" -> ")[0]) or {}
        kept = {key: value for key, value in container.items() if key in {"args", "command", "env"}}
        pod = download_pod()
        pod["spec"]["containers"] = [{"name": "main", "image": "image", **kept}]
        answer = team.api.post(pod, team.namespace, dryRun="All")
        if answer.status == 201:
            assert not any(map(has_token, _strings(kept))), text
        elif "clear text" in answer.message:
            assert any(map(has_token, _strings(kept))), text
            refused.append(text)
    assert len(refused) > 30


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for item in [*node, *node.values()] if isinstance(node, dict) else node:
            yield from _strings(item)


def test_a_pod_that_has_a_controller_is_warned_about(team: Team) -> None:
    """Turning a rule on must not stop the rescheduling of what runs."""
    answer = team.api.post(_controlled(), team.namespace, dryRun="All")
    assert answer.status == 201
    assert "a Hugging Face token stands in clear text" in "".join(answer.warnings)
