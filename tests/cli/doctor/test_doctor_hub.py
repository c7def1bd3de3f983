"""`doctor --hub` against a stand-in of the Hub over real sockets, and a stand-in of the API server."""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.authority import Pair
from tests.cli.doctor.conftest import NAME, RunDoctor, pod
from tests.cli.doctor.conftest import TOKEN as MADE_UP
from tests.e2e.harness.hub import Access, Hub
from tests.kubernetes_objects import KubernetesObjects
from webhook.cli.doctor.asking import Asking
from webhook.cli.doctor.hub import ask_hub
from webhook.cluster.client import Client
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.cluster.reader import Reader
from webhook.doctor.ended import Cause
from webhook.doctor.hub import Answer, Question, Sizes

REPOSITORY = "org/model"
FILES = {"config.json": b"{}", "model.safetensors": b"x" * 100}
TOKEN = "hf_madeUpForThisTestAndNothingElse"
STRANGER = "hf_madeUpForAnAccountWithoutAccess"
TEAM = "team"


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub with a gated model."""
    with Hub(REPOSITORY, FILES, {TOKEN}) as hub:
        hub.strangers = {STRANGER}
        yield hub


@pytest.fixture
def cluster(objects: KubernetesObjects) -> KubernetesObjects:
    """A cluster with a Secret of each kind."""
    values = {
        "good": TOKEN,
        "line-break": f"{TOKEN}\n",
        "stranger": STRANGER,
        "wrong": "hf_madeUpAndNobodysToken",
        "blanks": "hf_two words",
        "empty": "",
    }
    for name, value in values.items():
        data = {"token": b64encode(value.encode()).decode(), "broken": "%"}
        metadata = {"name": name, "namespace": TEAM}
        objects.add({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    return objects


class _Run:
    """Asks with the rights of the kubeconfig."""

    def __init__(self, cluster: KubernetesObjects, folder: Path) -> None:
        self._kubeconfig = cluster.kubeconfig(folder)
        self.unread: list[str] = []

    def __call__(self, *questions: Question, allowed: set[str]) -> dict[Question, Answer]:
        async def ask() -> dict[Question, Answer]:
            async with Client(from_kubeconfig((self._kubeconfig,), "")) as client:
                asking = Asking(Reader(client))
                answers = await ask_hub(asking, questions, allowed, lambda _: None)
                self.unread = [unread.what for unread in asking.unread]
                return answers

        return asyncio.run(ask())


@pytest.fixture
def run(cluster: KubernetesObjects, tmp_path: Path) -> _Run:
    """The asker."""
    return _Run(cluster, tmp_path)


def question(hub: Hub, name: str = "good", repository: str = REPOSITORY, revision: str = "main") -> Question:
    return Question(TEAM, name, "token" if name else "", hub.url, repository, revision)


@pytest.mark.parametrize(
    ("secret", "cause"),
    [
        ("good", None),
        ("line-break", None),
        ("stranger", Cause.NOT_ON_THE_LIST),
        ("wrong", Cause.REFUSED),
        ("", Cause.UNAUTHENTICATED),
    ],
)
def test_the_hub_says_what_a_token_may_read(run: _Run, hub: Hub, secret: str, cause: Cause | None) -> None:
    (answer,) = run(question(hub, secret), allowed={hub.url}).values()
    assert answer.cause is cause
    if cause in {None, Cause.NOT_ON_THE_LIST}:
        assert answer.sizes == Sizes(102, 102)


def test_a_fine_grained_token_is_told_from_a_licence(run: _Run, hub: Hub) -> None:
    hub.message = "Please enable access to public gated repositories in your fine-grained token settings"
    (answer,) = run(question(hub, "stranger"), allowed={hub.url}).values()
    assert answer.cause is Cause.FINE_GRAINED


def test_what_is_not_there_is_told_from_what_is(run: _Run, hub: Hub) -> None:
    missing, revision = question(hub, repository="org/nope"), question(hub, revision="nope")
    answers = run(missing, revision, allowed={hub.url})
    assert (answers[missing].cause, answers[revision].cause) == (Cause.NOT_FOUND, Cause.NO_REVISION)


def test_a_private_model_is_not_there_for_a_stranger(run: _Run) -> None:
    with Hub(REPOSITORY, FILES, {TOKEN}, Access.PRIVATE) as hub:
        hub.strangers = {STRANGER}
        good, stranger = question(hub), question(hub, "stranger")
        answers = run(good, stranger, allowed={hub.url})
    assert (answers[good].cause, answers[stranger].cause) == (None, Cause.NOT_FOUND)


@pytest.mark.parametrize("secret", ["blanks", "empty", "absent"])
def test_what_is_no_token_is_not_sent(run: _Run, hub: Hub, secret: str) -> None:
    """The check of Secrets says what is wrong with it."""
    assert run(question(hub, secret), allowed={hub.url}) == {}
    assert run(question(hub)._replace(key="broken"), allowed={hub.url}) == {}
    assert hub.asked == []


def test_no_token_goes_where_the_platform_does_not_allow_it(run: _Run, hub: Hub) -> None:
    assert run(question(hub), allowed={"https://huggingface.co"}) == {}
    assert hub.asked == []


def test_no_token_follows_a_redirect_to_another_host(run: _Run, hub: Hub) -> None:
    """A file is read where the Hub sends the client, without the token."""
    with Hub(REPOSITORY, FILES, {TOKEN}) as elsewhere:
        hub.moved = {f"/{REPOSITORY}/resolve/main/config.json": f"{elsewhere.url}/file"}
        (answer,) = run(question(hub), allowed={hub.url}).values()
        assert answer.cause is None
        assert elsewhere.asked == []


def test_a_repository_that_was_renamed_is_found(run: _Run, hub: Hub) -> None:
    hub.moved = {"/api/models/org/old/revision/main": f"/api/models/{REPOSITORY}/revision/main"}
    hub.moved["/org/old/resolve/main/config.json"] = f"/{REPOSITORY}/resolve/main/config.json"
    (answer,) = run(question(hub, repository="org/old"), allowed={hub.url}).values()
    assert answer == Answer(None, Sizes(102, 102))


def test_a_redirect_without_an_end_has_one(run: _Run, hub: Hub) -> None:
    path = f"/api/models/{REPOSITORY}/revision/main"
    hub.moved = {path: path}
    (answer,) = run(question(hub), allowed={hub.url}).values()
    assert answer.cause is Cause.UNKNOWN
    assert len(hub.asked) == 3


def test_a_hub_that_is_away_is_asked_once(run: _Run, hub: Hub) -> None:
    with Hub(REPOSITORY, FILES, {TOKEN}) as gone:
        pass
    questions = [question(gone, repository=f"org/model-{number}") for number in range(30)]
    answers = run(*questions, allowed={gone.url})
    assert {answer.cause for answer in answers.values()} == {Cause.NETWORK}
    assert len(answers) == 30


def test_a_certificate_that_nobody_vouches_for_is_told(
    run: _Run, leaf: Pair, authority: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is sent; with the CA in SSL_CERT_FILE it is asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = tmp_path / "hub.pem"
    pair.write_bytes(leaf.certificate + leaf.key)
    context.load_cert_chain(pair)
    with Hub(REPOSITORY, FILES, {TOKEN}, tls=context) as hub:
        (answer,) = run(question(hub), allowed={hub.url}).values()
        assert answer.cause is Cause.CERTIFICATE
        assert hub.asked == []
        bundle = tmp_path / "ca.pem"
        bundle.write_bytes(authority.certificate)
        monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        (answer,) = run(question(hub), allowed={hub.url}).values()
        assert answer.cause is None


def test_a_secret_that_may_not_be_read_is_written_down(
    run: _Run, hub: Hub, cluster: KubernetesObjects
) -> None:
    cluster.forbidden.add(("get", "secrets"))
    assert run(question(hub), question(hub, revision="v1"), allowed={hub.url}) == {}
    assert run.unread == [f"Secret good of namespace {TEAM}"]


def test_no_answer_holds_a_token(run: _Run, hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    secrets = ("good", "stranger", "wrong")
    hub.message = f"no access for {STRANGER}"
    answers = run(*(question(hub, secret) for secret in secrets), allowed={hub.url})
    printed = capfd.readouterr()
    text = f"{answers}{printed.out}{printed.err}"
    assert "hf_" not in text


def test_the_command_asks_the_platforms_mirror_and_prints_no_token(
    doctor: RunDoctor, installed: KubernetesObjects, hub: Hub
) -> None:
    """The model is larger than its volume as well."""
    hub.tokens = {MADE_UP}
    config = installed.object("ConfigMap", NAME, NAME)
    config["data"]["config.yaml"] += f"hub:\n  endpoints: ['{hub.url}']\n"
    mirrored = pod()
    initializer = mirrored["spec"]["initContainers"][0]
    initializer["env"].append({"name": "HF_ENDPOINT", "value": hub.url})
    initializer["volumeMounts"] = [{"name": "models", "mountPath": "/mnt/models"}]
    mirrored["spec"]["volumes"] = [{"name": "models", "emptyDir": {"sizeLimit": "100"}}]
    installed.add(config, mirrored)
    result = doctor("--hub", "--verbose")
    assert "may read org/model, which is 102 B large, with the token in key token" in result.stdout
    assert "✗ model-storage: 1 finding" in result.stdout
    assert result.exit_code == 1
    hub.strangers, hub.tokens = {MADE_UP}, ()
    result = doctor("--hub", "--check", "hub-access")
    assert "cannot read org/model" in result.stdout
    assert "accept the conditions on https://huggingface.co/org/model" in result.stdout
    assert MADE_UP not in result.stdout + result.stderr


def test_nothing_is_asked_unless_it_is_wanted(doctor: RunDoctor) -> None:
    result = doctor("--check", "hub-access")
    assert result.exit_code == 2
    assert "give --hub as well" in result.stderr


def test_a_namespace_that_shuts_the_hub_out_is_told(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    deny = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny", "namespace": "team-a"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
    }
    installed.add(deny)
    result = doctor("--check", "egress")
    assert result.exit_code == 1
    assert "isolates Pod llama by NetworkPolicy deny: no rule leads to DNS nor to port 443" in result.stdout
    installed.forbidden.add(("list", "networkpolicies"))
    assert "Not looked at: NetworkPolic" in doctor("--check", "egress").stdout
