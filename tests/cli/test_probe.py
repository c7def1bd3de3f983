"""`hf-token-injector probe`, as `helm test` runs it."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from certs.authority import Pair
from certs.store import Kind
from tests.kubernetes_api import NAMESPACE, KubernetesApi
from tests.kubernetes_http import Response
from tests.server.managed import SERVICE, Managed, wait_for
from webhook.cli.main import cli

Probe = Callable[..., Result]


def entry(name: str, path: str) -> dict[str, Any]:
    """Return an entry as the chart renders it."""
    service = {"name": SERVICE, "namespace": NAMESPACE, "path": path, "port": 8443}
    return {"name": name, "clientConfig": {"service": service}}


@pytest.fixture
def server(api: KubernetesApi, tmp_path: Path) -> Iterator[Managed]:
    """A replica that has published its CA."""
    api.cluster.configurations[Kind.MUTATING] = [
        entry("pods.example.com", "/mutate"),
        entry("all.example.com", "/mutate/all"),
    ]
    api.cluster.configurations[Kind.VALIDATING] = [entry("policy.example.com", "/mutate/all")]
    managed = Managed(api, tmp_path)
    managed.start()
    wait_for(lambda: managed.ready)
    yield managed
    managed.end()


@pytest.fixture
def entries(api: KubernetesApi, server: Managed) -> list[dict[str, Any]]:
    """The entries of the configuration, which a test may change and the replica may not."""
    with api.lock:
        api.denied.update(right for right in api.cluster.calls if right.verb == "patch")
        return api.cluster.configurations[Kind.MUTATING]


@pytest.fixture
def probe(api: KubernetesApi, server: Managed, tmp_path: Path) -> Probe:
    """Call the command about the stand-in and the replica."""
    kubeconfig = api.kubeconfig(tmp_path)

    def run(*arguments: str, port: int | None = None) -> Result:
        connect = f"127.0.0.1:{port or server.port('https')}"
        return CliRunner().invoke(
            cli,
            ["probe", f"--kubeconfig={kubeconfig}", *arguments],
            env={"HF_TOKEN_INJECTOR_PROBE_CONNECT": connect},
        )

    return run


def test_every_entry_is_asked_and_its_certificate_verified(probe: Probe) -> None:
    result = probe()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "pods.example.com: answers, Injected",
        "all.example.com: answers, Injected",
        "policy.example.com: answers, NotNeeded",
    ]


def test_only_the_configurations_are_read(probe: Probe, api: KubernetesApi, server: Managed) -> None:
    server.end()
    api.requests.clear()
    probe()
    assert [(method, target.rpartition("/")[2]) for method, target, _headers in api.requests] == [
        ("GET", "mutating-hf-token-injector"),
        ("GET", "validating-hf-token-injector"),
    ]


def test_a_policy_that_is_off_is_asked_nothing(probe: Probe, api: KubernetesApi, server: Managed) -> None:
    assert "policy.example.com" not in probe("--validating-configuration=").output
    server.end()
    api.requests.clear()
    probe("--validating-configuration=")
    [(_method, target, _headers)] = api.requests
    assert target.rpartition("/")[2] == "mutating-hf-token-injector"


def test_a_validating_configuration_may_be_missing_unless_it_is_named(
    probe: Probe, api: KubernetesApi
) -> None:
    del api.cluster.configurations[Kind.VALIDATING]
    assert probe().exit_code == 0
    result = probe("--validating-configuration=validating-hf-token-injector")
    assert result.exit_code == 2
    assert "There is no ValidatingWebhookConfiguration validating-hf-token-injector" in result.stderr


def test_an_entry_that_trusts_another_ca_is_told(
    probe: Probe, entries: list[dict[str, Any]], authority: Pair
) -> None:
    entries[1]["clientConfig"]["caBundle"] = b64encode(authority.certificate).decode()
    result = probe()
    assert result.exit_code == 4
    assert "pods.example.com: answers, Injected\n" in result.stdout
    assert "all.example.com" not in result.stdout
    assert result.stderr.startswith("all.example.com: caBundle does not verify the certificate: ")


@pytest.mark.parametrize(
    ("bundle", "sentence"),
    [("", "it has no caBundle yet"), ("bm9uZQ==", "its caBundle is no PEM certificate")],
)
def test_an_entry_without_a_ca_is_told(
    probe: Probe, entries: list[dict[str, Any]], bundle: str, sentence: str
) -> None:
    entries[0]["clientConfig"]["caBundle"] = bundle
    result = probe()
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_an_entry_that_calls_a_url_is_told(probe: Probe, entries: list[dict[str, Any]]) -> None:
    entries[0]["clientConfig"]["url"] = "https://example.com/mutate"
    del entries[0]["clientConfig"]["service"]
    result = probe()
    assert result.exit_code == 2
    assert "pods.example.com: it calls a URL" in result.stderr


def test_an_answer_that_is_none_is_told(probe: Probe, entries: list[dict[str, Any]]) -> None:
    entries[0]["clientConfig"]["service"]["path"] = "/elsewhere"
    result = probe()
    assert result.exit_code == 2
    assert "pods.example.com: it answers 404" in result.stderr


def test_a_service_that_nobody_serves_is_told(probe: Probe) -> None:
    result = probe(port=1)
    assert result.exit_code == 2
    assert "pods.example.com: it cannot be asked: " in result.stderr


def test_a_configuration_that_is_missing_is_told(probe: Probe, api: KubernetesApi) -> None:
    del api.cluster.configurations[Kind.MUTATING]
    result = probe()
    assert result.exit_code == 2
    assert "There is no MutatingWebhookConfiguration mutating-hf-token-injector" in result.stderr


def test_a_cluster_that_refuses_is_told(probe: Probe, api: KubernetesApi, server: Managed) -> None:
    port = server.port("https")
    server.end()
    api.faults.append(Response.of(403, "forbidden"))
    result = probe(port=port)
    assert result.exit_code == 2
    assert result.stderr.startswith("hf-token-injector: The API server answers get ")


def test_an_address_without_a_port_is_told(probe: Probe) -> None:
    result = probe("--connect=localhost")
    assert result.exit_code == 2
    assert "--connect takes HOST:PORT, not localhost." in result.stderr


def test_the_review_is_a_dry_run(probe: Probe, server: Managed) -> None:
    probe()
    lines = [json.loads(line) for line in server.log.getvalue().splitlines()]
    assert {line["dry_run"] for line in lines if "uid" in line} == {True}
