"""`hf-token-injector certs`, as people call it."""

import asyncio
import json
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from certs.authority import Pair, issue_authority, issue_leaf
from certs.rotation import Rotation
from certs.store import PERMISSIONS, Kind, Permission
from tests.kubernetes_api import SECRET, KubernetesApi
from tests.server.managed import HOST, NAMES, identity
from tests.server.manual_clock import ManualClock
from tests.server.running import Running
from webhook.cli.main import cli
from webhook.cluster.certificate_store import CertificateStore
from webhook.cluster.client import Client
from webhook.cluster.kubeconfig import from_kubeconfig

Invoke = Callable[..., Result]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["certs", *arguments])


@pytest.fixture
def run(api: KubernetesApi, tmp_path: Path) -> Invoke:
    """Call a command about the stand-in."""
    kubeconfig = api.kubeconfig(tmp_path)

    def run_one(command: str, *arguments: str) -> Result:
        return invoke(command, f"--kubeconfig={kubeconfig}", *arguments)

    return run_one


class Replica:
    """A replica that steps when it is told."""

    def __init__(self, api: KubernetesApi, folder: Path) -> None:
        self._access = from_kubeconfig([api.kubeconfig(folder)])
        self.clock = ManualClock()
        self._client = Client(self._access)
        self._rotation = Rotation(
            CertificateStore(self._client, NAMES), identity=identity(), clock=self.clock
        )
        self._loop = asyncio.new_event_loop()

    def step(self, times: int = 1) -> None:
        """Step, 10 s apart."""
        for _ in range(times):
            self.clock.advance(10)
            self._loop.run_until_complete(self._rotation.step())

    def end(self) -> None:
        """Close its connections."""
        self._loop.run_until_complete(self._client.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


@pytest.fixture
def replica(api: KubernetesApi, tmp_path: Path) -> Any:  # noqa: ANN401 - a generator
    """One replica, which has founded."""
    replica = Replica(api, tmp_path)
    replica.step()
    yield replica
    replica.end()


def described(result: Result) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(result.stdout)["certificates"]
    return parsed


def test_issued_files_fit_together_and_keys_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    more = ("192.0.2.1", "2001:db8::1", "*.example.com")
    made = invoke(
        "issue",
        f"--folder={folder}",
        "--name=192.0.2.1",
        "--name=2001:db8::1",
        "--name=*.example.com",
        "--days=10",
    )
    assert made.exit_code == 0
    assert made.stdout.split() == [str(folder / name) for name in ("ca.crt", "ca.key", "tls.crt", "tls.key")]
    for name in ("ca.key", "tls.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    seen = invoke(
        "inspect",
        f"--cert-file={folder / 'tls.crt'}",
        f"--key-file={folder / 'tls.key'}",
        f"--ca-file={folder / 'ca.crt'}",
        "-o",
        "json",
    )
    assert seen.exit_code == 0
    [leaf] = described(seen)
    assert (leaf["keyMatches"], leaf["verified"], leaf["days"], leaf["problems"]) == (True, True, 9, [])
    assert {HOST, *more} <= set(leaf["names"])


@pytest.mark.parametrize("option", ["--name=bad name", "--service=ä", "--cluster-domain=", "--name=a..b"])
def test_issue_takes_names_and_addresses_only(tmp_path: Path, option: str) -> None:
    refused = invoke("issue", f"--folder={tmp_path}", option)
    assert refused.exit_code == 2
    assert "is neither a DNS name nor an address." in refused.stderr
    assert not list(tmp_path.iterdir())


def test_issue_overwrites_only_when_it_is_told_to(tmp_path: Path) -> None:
    assert invoke("issue", f"--folder={tmp_path}").exit_code == 0
    before = (tmp_path / "ca.key").read_bytes()
    refused = invoke("issue", f"--folder={tmp_path}")
    assert refused.exit_code == 2
    assert "ca.crt exists; --force overwrites." in refused.stderr
    assert (tmp_path / "ca.key").read_bytes() == before
    assert invoke("issue", f"--folder={tmp_path}", "--force").exit_code == 0
    assert (tmp_path / "ca.key").read_bytes() != before
    assert not list(tmp_path.glob(".*"))


def test_inspect_says_what_is_wrong_with_files(tmp_path: Path, leaf: Pair) -> None:
    now = datetime.now(UTC)
    other = issue_authority("other", now=now - timedelta(days=4))
    expired = issue_leaf(other, ["x"], now=now - timedelta(days=3), lifetime=timedelta(days=1))
    (tmp_path / "c").write_bytes(expired.certificate)
    (tmp_path / "k").write_bytes(leaf.key)
    (tmp_path / "a").write_bytes(leaf.certificate)
    result = invoke(
        "inspect",
        f"--cert-file={tmp_path / 'c'}",
        f"--key-file={tmp_path / 'k'}",
        f"--ca-file={tmp_path / 'a'}",
    )
    assert result.exit_code == 4
    assert result.stdout.splitlines()[1].split()[-2:] == ["NO", "NO"]
    assert "belongs to another certificate" in result.stderr
    assert "expired on" in result.stderr
    assert "issued the certificate" in result.stderr
    assert b"PRIVATE" not in result.stdout_bytes


def test_inspect_asks_a_running_server(server: Running, leaf: Pair, authority: Pair, tmp_path: Path) -> None:
    (tmp_path / "ca").write_bytes(authority.certificate)
    connect = f"--connect=127.0.0.1:{server.port('https')}"
    good = invoke("inspect", connect, "--server-name=localhost", f"--ca-file={tmp_path / 'ca'}", "-o", "json")
    assert (good.exit_code, described(good)[0]["verified"]) == (0, True)
    wrong = invoke("inspect", connect)
    assert wrong.exit_code == 4
    assert "The certificate is not for hf-token-injector.hf-token-injector.svc" in wrong.stderr


@pytest.mark.parametrize("connect", ["127.0.0.1", "127.0.0.1:1", "a:b", "127.0.0.1:99999"])
def test_a_server_that_cannot_be_asked_is_told(connect: str) -> None:
    result = invoke("inspect", f"--connect={connect}")
    assert result.exit_code == 2
    assert result.stderr.startswith("hf-token-injector: ")


def test_inspect_shows_secret_and_entries(run: Invoke, replica: Replica) -> None:
    result = run("inspect")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["WHAT", "SUBJECT", "NAMES", "ISSUER", "DAYS", "KEY", "VERIFIED"]
    assert [line.split("   ")[0].strip() for line in lines[1:]] == [
        "Secret ca.crt",
        "Secret tls.crt",
        *(f"{kind}/{name}.example.com" for kind in Kind for name in ("one", "two")),
    ]


def test_inspect_finds_an_entry_that_does_not_trust_the_leaf(
    api: KubernetesApi, run: Invoke, replica: Replica
) -> None:
    api.cluster.set_bundle(Kind.VALIDATING, 1, None)
    result = run("inspect", "-o", "json")
    assert result.exit_code == 4
    assert [one["verified"] for one in described(result)] == [None, False, True, True, True, False]
    assert "validatingwebhookconfigurations/two.example.com: It has no caBundle" in result.stderr


def test_where_there_is_no_leaf_nothing_is_said_to_be_verified(
    api: KubernetesApi, run: Invoke, replica: Replica
) -> None:
    """The chart's Secret is empty until a replica runs: an entry without `caBundle` verifies nothing."""
    assert api.cluster.secret
    api.cluster.secret.data.clear()
    api.cluster.set_bundle(Kind.VALIDATING, 1, None)
    result = run("inspect")
    assert result.exit_code == 4
    assert [line.split()[-1] for line in result.stdout.splitlines()[1:]] == ["-", "-", "-", "NO"]
    shown = run("inspect", "-o", "json")
    assert [one["verified"] for one in described(shown)] == [None, None, None, False]


def test_a_file_that_holds_no_certificate_is_not_said_to_be_verified(tmp_path: Path, authority: Pair) -> None:
    (tmp_path / "tls.crt").write_text("nothing")
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    files = (f"--cert-file={tmp_path / 'tls.crt'}", f"--ca-file={tmp_path / 'ca.crt'}")
    result = invoke("inspect", *files, "-o", "json")
    assert (result.exit_code, described(result)[0]["verified"]) == (4, None)


def test_without_a_secret_inspect_says_so(run: Invoke) -> None:
    result = run("inspect")
    assert result.exit_code == 2
    assert f"There is no Secret hf-token-injector/{SECRET}" in result.stderr


def test_a_rotation_is_asked_for_and_watched_to_its_end(
    run: Invoke, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.cli.certs.rotate._LOOK_SECONDS", 0.01)
    results: list[Result] = []
    assert run("rotate", "--no-wait").stdout == "The replicas do the rest.\n"
    watching = threading.Thread(target=lambda: results.append(run("rotate")))
    watching.start()
    while not results:
        replica.step()
        watching.join(0.1)
    watching.join()
    [result] = results
    assert (result.exit_code, result.stdout) == (0, "The new CA is in use.\n")
    told = result.stderr.splitlines()
    assert told[0] == "A rotation is under way."
    assert any(line.startswith("Waiting: ") for line in told)


def test_watching_ends_after_a_while_and_can_be_taken_up_again(
    run: Invoke, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.cli.certs.rotate._LOOK_SECONDS", 0.3)
    result = run("rotate", "--timeout=1")
    assert result.exit_code == 2
    assert "Asked for a new CA." in result.stderr
    assert "Publishing: 4 of 4 entries lack the new CA." in result.stderr
    assert "call it again" in result.stderr


def test_a_rotation_needs_a_secret(run: Invoke) -> None:
    result = run("rotate")
    assert result.exit_code == 2
    assert "There is no Secret yet" in result.stderr


def test_release_gives_back_what_is_ours(api: KubernetesApi, run: Invoke, replica: Replica) -> None:
    foreign = issue_authority("somebody else", now=datetime.now(UTC)).certificate
    api.cluster.set_bundle(Kind.MUTATING, 0, foreign)
    result = run("release")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "mutatingwebhookconfigurations/two.example.com: caBundle removed",
        "validatingwebhookconfigurations/one.example.com: caBundle removed",
        "validatingwebhookconfigurations/two.example.com: caBundle removed",
        "mutatingwebhookconfigurations/one.example.com: kept, it holds no CA of ours",
    ]
    assert api.bundles() == [foreign, b"", b"", b""]
    assert run("release", "--foreign").stdout.endswith("one.example.com: caBundle removed\n")
    assert run("release").stdout == "No entry has a caBundle.\n"


def test_who_may_not_is_told_what_it_takes(api: KubernetesApi, run: Invoke) -> None:
    api.denied.add(Permission("get", "", "secrets", "secret"))
    for command, verbs in (("inspect", "get"), ("rotate", "get and patch"), ("release", "get and patch")):
        result = run(command)
        assert result.exit_code == 2
        assert f"You need {verbs} on the Secret" in result.stderr


def test_only_what_writes_may_have_happened_without_an_answer(api: KubernetesApi, run: Invoke) -> None:
    api.stop()
    for command, may_have in (("inspect", False), ("rotate", True)):
        result = run(command)
        assert result.exit_code == 2
        assert ("Whether it happened is not known" in result.stderr) is may_have


def test_the_commands_need_no_right_that_the_server_does_not_need(
    api: KubernetesApi, run: Invoke, replica: Replica
) -> None:
    api.cluster.calls.clear()
    run("rotate", "--no-wait")
    run("inspect")
    run("release")
    assert set(api.cluster.calls) <= set(PERMISSIONS)


def test_a_context_that_is_not_there_is_told(run: Invoke) -> None:
    result = run("inspect", "--context=nowhere")
    assert result.exit_code == 2
    assert "no context 'nowhere'; it has here" in result.stderr
