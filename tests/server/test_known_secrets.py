"""What the server knows of Secrets while it answers: present, absent, unknown, and never a value."""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes_api import KubernetesApi
from tests.server.conftest import quick_settings
from tests.server.following import awaited, following
from tests.server.managed import wait_for
from tests.server.running import Running
from tests.server.test_namespaces import ask, events, in_a_thread, metric, ready, secret
from webhook.cluster.following import Pace
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.cluster.namespaces import NAMESPACES
from webhook.cluster.secrets import secret_permissions, secrets_named
from webhook.core.names import LAST_APPLIED, MissingSecret
from webhook.core.settings import Settings
from webhook.server.followed import Patience
from webhook.server.known_cluster import Watches
from webhook.settings import TlsSettings

NAMESPACE = "team-a"
NAME = "hf-secret"
QUICK = Pace(first_pause=0.01, longest_pause=0.02, forbidden_pause=0.01)
LONG = Patience(first_sync=600, arrival=600, fresh=600)
"""So long that a test which waits for it fails."""
COMMAND = f"kubectl create secret generic {NAME} -n {NAMESPACE} --from-literal=token=hf_..."

Start = Callable[..., Running]


@pytest.fixture
def start(
    api: KubernetesApi, tls_files: TlsSettings, trust: ssl.SSLContext, tmp_path: Path
) -> Iterator[Start]:
    """Start servers that follow the stand-in's Namespaces and Secrets; they are stopped at the end."""
    started: list[Running] = []
    access = from_kubeconfig([api.kubeconfig(tmp_path)])

    def start_one(
        missing: MissingSecret = MissingSecret.DENY,
        *,
        patience: Patience = LONG,
        names: tuple[str, ...] = (NAME,),
    ) -> Running:
        secrets = {name: following(access, secrets_named(name), QUICK) for name in names}
        watches = Watches(following(access, NAMESPACES, QUICK), secrets, patience)
        running = Running(
            quick_settings(tls_files), trust, watches=watches, platform=Settings(missing_secret=missing)
        )
        started.append(running)
        running.start()
        return running

    api.namespaces.put(NAMESPACE, inject="enabled")
    yield start_one
    for running in started:
        running.end()


@pytest.fixture
def pod(review: dict[str, Any]) -> bytes:
    """A Pod that gets a token, in `team-a`."""
    review["request"]["namespace"] = NAMESPACE
    return json.dumps(review).encode()


def test_it_is_ready_when_it_has_seen_both(api: KubernetesApi, start: Start) -> None:
    api.denied.update(secret_permissions(NAME))
    running = start()
    wait_for(lambda: len(events(running, "the cluster is known")) == 1)
    answer = running.get("/readyz")
    assert (answer.status, answer.body) == (503, b"not ready: it has not seen the Secrets hf-secret yet\n")
    api.denied.clear()
    wait_for(lambda: ready(running))
    known = events(running, "the cluster is known")
    assert [(line["what"], line.get("secret")) for line in known] == [("namespaces", None), ("secrets", NAME)]


def test_a_secret_that_is_there_is_used_and_nothing_is_said(
    api: KubernetesApi, start: Start, pod: bytes
) -> None:
    api.secrets.put(NAMESPACE, NAME)
    running = start()
    wait_for(lambda: ready(running))
    response = ask(running, pod)
    assert secret(response) == NAME
    assert "warnings" not in response
    assert "secrets" not in response["auditAnnotations"]
    assert metric(running, f'secrets_known{{secret="{NAME}"}}') == 1


@pytest.mark.parametrize("missing", [MissingSecret.OPTIONAL, MissingSecret.REQUIRE])
def test_a_missing_one_is_warned_of_with_the_command_that_mends_it(
    api: KubernetesApi, start: Start, pod: bytes, missing: MissingSecret
) -> None:
    api.secrets.put("another-team", NAME)
    running = start(missing)
    wait_for(lambda: ready(running))
    # Nothing hinges on it, so that nothing waits.
    response = ask(running, pod)
    assert secret(response) == NAME
    assert response["warnings"] == [f"Secret {NAME} is missing: {COMMAND}"]
    assert response["auditAnnotations"]["secrets"] == f"{NAME}=absent"
    assert events(running, "review")[0]["secrets"] == ["absent"]
    assert metric(running, 'missing_secret_reviews_total{secret="absent"}') == 1


def test_a_missing_one_is_skipped_or_refused_where_that_is_wanted(start: Start, pod: bytes) -> None:
    brief = LONG._replace(arrival=0.05)
    skipping, refusing = start(MissingSecret.SKIP, patience=brief), start(patience=brief)
    for running in (skipping, refusing):
        wait_for(lambda running=running: ready(running))  # type: ignore[misc]
    response = ask(skipping, pod)
    assert "patch" not in response
    assert "SecretMissing" in response["auditAnnotations"]["containers"]
    response = ask(refusing, pod)
    assert response["allowed"] is False
    assert response["status"]["message"].endswith(COMMAND)


def test_a_secret_of_the_same_apply_is_waited_for(api: KubernetesApi, start: Start, pod: bytes) -> None:
    running = start()
    wait_for(lambda: ready(running))
    waiting = in_a_thread(lambda: ask(running, pod))
    wait_for(lambda: awaited(running) == 1)
    api.secrets.put(NAMESPACE, "another-name")
    api.secrets.put(NAMESPACE, NAME)
    response = waiting()
    assert secret(response) == NAME
    assert "secrets" not in response["auditAnnotations"]


def test_one_that_is_deleted_is_absent_again(api: KubernetesApi, start: Start, pod: bytes) -> None:
    api.secrets.put(NAMESPACE, NAME)
    running = start(patience=LONG._replace(arrival=0.01))
    wait_for(lambda: ready(running))
    assert ask(running, pod)["allowed"] is True
    api.secrets.delete(NAME, NAMESPACE)
    wait_for(lambda: ask(running, pod)["allowed"] is False)


@pytest.mark.parametrize("missing", [MissingSecret.SKIP, MissingSecret.DENY])
def test_nothing_is_refused_for_what_is_unknown(
    api: KubernetesApi, start: Start, pod: bytes, missing: MissingSecret
) -> None:
    api.denied.update(secret_permissions(NAME))
    running = start(missing, patience=LONG._replace(first_sync=0.05))
    wait_for(lambda: ready(running))
    response = ask(running, pod)
    assert secret(response) == NAME
    assert response["auditAnnotations"]["secrets"] == f"{NAME}=unknown"
    assert metric(running, 'missing_secret_reviews_total{secret="unknown"}') == 1
    told = events(running, "the cluster cannot be followed")
    assert [(line["what"], line["secret"], line["cause"]) for line in told] == [
        ("secrets", NAME, "Forbidden")
    ]
    assert (metric(running, f'secrets_sync_failures_total{{cause="Forbidden",secret="{NAME}"}}') or 0) >= 1


def test_a_name_that_nobody_follows_is_unknown(api: KubernetesApi, start: Start, pod: bytes) -> None:
    running = start(names=("hf-another",))
    wait_for(lambda: ready(running))
    assert ask(running, pod)["auditAnnotations"]["secrets"] == f"{NAME}=unknown"


def test_what_is_stale_is_unknown_until_it_is_heard_of_again(
    api: KubernetesApi, start: Start, pod: bytes, tmp_path: Path
) -> None:
    running = start(patience=LONG._replace(arrival=0.01, fresh=0.3))
    wait_for(lambda: ready(running))

    def refused() -> bool:
        # A sign of life, as kube-apiserver gives one each minute.
        api.secrets.bookmark()
        return ask(running, pod)["allowed"] is False

    wait_for(refused)
    api.stop()
    wait_for(lambda: ask(running, pod)["auditAnnotations"].get("secrets") == f"{NAME}=unknown")
    api.start(tmp_path)
    wait_for(refused)


def test_values_that_kubectl_apply_has_copied_are_told_of_once_and_not_shown(
    api: KubernetesApi, start: Start
) -> None:
    copy = json.dumps({"data": {"token": "aGZfbWFkZXVwdG9rZW5mb3J0ZXN0cw=="}})
    api.secrets.put(NAMESPACE, NAME, {LAST_APPLIED: copy})
    running = start()
    wait_for(lambda: ready(running))
    api.secrets.put("team-b", NAME)
    wait_for(lambda: metric(running, f'secrets_known{{secret="{NAME}"}}') == 2)
    (told,) = events(running, "a secret is copied into its annotation")
    assert told["mend"] == f"kubectl annotate secret {NAME} -n {NAMESPACE} {LAST_APPLIED}-"
    assert metric(running, f'secrets_copied{{secret="{NAME}"}}') == 1
    assert b"aGZfbWFkZ" not in running.log.getvalue()
