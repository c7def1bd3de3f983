"""The last mile: what the Pod's `storage-initializer` was given, run as it is against a Hub that checks it.

The arguments, the variables and the volumes are those of the Pod, the program is KServe's own. Only the Hub
is a stand-in, and `HF_ENDPOINT` names it to the process alone: on the Pod the webhook would take it for what
it is, a foreign endpoint, and give no token at all.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness import storage_initializer
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.hub import Access, Hub
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.sandbox import Sandbox
from tests.e2e.harness.team import TOKEN, Team

pytestmark = pytest.mark.usefixtures("kserve", "release")

REPOSITORY = "meta-llama/Llama-3.1-8B-Instruct"
FILES = {
    "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
    "original/params.json": b"{}",
    "model.safetensors": random.Random(5).randbytes(1 << 20),  # noqa: S311 - weights, no secret
}
ROTATED = "hf_e2eOnlyNotARealTokenEither00000000"
MODELS = "/mnt/models"

Deploy = Callable[[Team], Sandbox]
"""Applies the model in a team's namespace and returns the `storage-initializer` of its Pod."""

BOTH_KINDS = pytest.mark.parametrize("access", list(Access), ids=lambda access: access.name.lower())


@pytest.fixture
def make_team(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Callable[..., Team]:
    """A function that makes a team, whose namespace is as its arguments say."""
    return lambda *mode, **options: Team(make_namespace(*mode, **options), cluster.api, kubectl)


@pytest.fixture
def deploy(cluster: Cluster, tmp_path: Path) -> Deploy:
    """A function that applies the model and returns its `storage-initializer`."""

    def deploy(team: Team) -> Sandbox:
        team.apply(hugging_face_model("llama", f"hf://{REPOSITORY}"))
        return Sandbox(cluster.api, team.predictor("llama"), "storage-initializer", tmp_path / "root")

    return deploy


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub with the gated model, which takes the token of the teams' Secrets."""
    with Hub(REPOSITORY, FILES, {TOKEN}) as hub:
        yield hub


def start(sandbox: Sandbox, hub: Hub) -> CompletedProcess[str]:
    """Run the container to its end, and see that it wrote no token to its log."""
    home = sandbox.path("/home/kserve")
    home.mkdir(parents=True, exist_ok=True)
    ended = storage_initializer.run(sandbox.args, sandbox.environ(), home, endpoint=hub.url)
    assert not any(token in ended.stdout for token in (TOKEN, ROTATED)), "a token in the log"
    return ended


def assert_refused(sandbox: Sandbox, hub: Hub) -> None:
    """Run the container and see that the Hub gives it nothing."""
    refused = hub.refused
    ended = start(sandbox, hub)
    assert ended.returncode == 1, ended.stdout
    assert "HuggingFace authentication failed" in ended.stdout
    assert hub.refused > refused
    assert not any(sandbox.path(f"{MODELS}/{name}").exists() for name in FILES)


def assert_downloaded(sandbox: Sandbox, hub: Hub) -> None:
    """Run the container and see the model where the server will look for it, byte for byte."""
    refused = hub.refused
    ended = start(sandbox, hub)
    assert ended.returncode == 0, ended.stdout
    assert hub.refused == refused
    for name, content in FILES.items():
        assert sandbox.path(f"{MODELS}/{name}").read_bytes() == content, f"{name} is not what the Hub has"


@BOTH_KINDS
def test_without_the_webhook_the_download_is_refused(
    make_team: Callable[..., Team], deploy: Deploy, access: Access
) -> None:
    """The Secret is in the namespace, but nobody has asked for it to be used."""
    with Hub(REPOSITORY, FILES, {TOKEN}, access) as hub:
        assert_refused(deploy(make_team(None)), hub)
        assert hub.authorised == 0


@BOTH_KINDS
def test_with_the_webhook_the_files_are_on_disk(team: Team, deploy: Deploy, access: Access) -> None:
    """The same manifest in a namespace that has opted in."""
    with Hub(REPOSITORY, FILES, {TOKEN}, access) as hub:
        assert_downloaded(deploy(team), hub)
        assert hub.authorised > len(FILES)


def test_a_secret_that_comes_later_is_used_at_the_next_start(
    make_team: Callable[..., Team], deploy: Deploy, cluster: Cluster, hub: Hub
) -> None:
    """Without the Secret the container starts all the same, and its next start needs no other Pod."""
    team = make_team(secrets={"another": "token"})
    sandbox = deploy(team)
    assert_refused(sandbox, hub)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hf-secret"}}
    cluster.api.create(secret | {"stringData": {"token": TOKEN}}, team.namespace)
    assert_downloaded(sandbox, hub)


def test_a_rotated_token_reaches_a_pod_that_reads_it_from_a_file(
    make_team: Callable[..., Team], deploy: Deploy, cluster: Cluster, hub: Hub
) -> None:
    """Until kubelet has refreshed the file the old token is refused; then the same Pod downloads."""
    team = make_team(annotations={"hf-token-injector.io/method": "file"})
    sandbox = deploy(team)
    before = sandbox.environ()
    assert "HF_TOKEN" not in before
    assert Path(before["HF_TOKEN_PATH"]).parent == sandbox.path("/var/run/secrets/huggingface")
    assert_downloaded(sandbox, hub)

    sandbox.empty(MODELS)
    hub.tokens = {ROTATED}
    cluster.api.patch("Secret", "hf-secret", {"stringData": {"token": ROTATED}}, team.namespace)
    assert_refused(sandbox, hub)
    sandbox.refresh()
    assert_downloaded(sandbox, hub)
    assert sandbox.environ() == before
