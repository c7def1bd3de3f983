"""What the server knows of Namespaces while it answers, and what it says where it does not know."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes_api import KubernetesApi
from tests.server.conftest import quick_settings
from tests.server.following import awaited, following
from tests.server.managed import wait_for
from tests.server.manual_clock import ManualClock
from tests.server.running import Running
from webhook.cluster.following import Pace
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.cluster.namespaces import NAMESPACE_PERMISSIONS, NAMESPACES
from webhook.core.knowledge import Knowledge, Namespace
from webhook.server.followed import Followed, Patience
from webhook.server.known_cluster import Watches
from webhook.settings import TlsSettings

SECRET = "hf-token-injector.io/secret"
NAMESPACE = "team-a"
LONG = Patience(first_sync=600, arrival=600, fresh=600)
"""So long that a test which waits for it fails."""
QUICK = Pace(shortest_watch=0, first_pause=0.001, longest_pause=0.005, forbidden_pause=0.002)

Start = Callable[..., Running]


@pytest.fixture
def start(
    api: KubernetesApi, tls_files: TlsSettings, trust: ssl.SSLContext, tmp_path: Path
) -> Iterator[Start]:
    """Start servers that follow the stand-in's Namespaces; they are stopped at the end."""
    started: list[Running] = []
    access = from_kubeconfig([api.kubeconfig(tmp_path)])

    follow_namespaces = following(access, NAMESPACES, QUICK)

    def start_one(
        patience: Patience = LONG,
        *,
        knowledge: Knowledge | None = None,
        clock: Callable[[], float] = time.monotonic,
        follow: Callable[[Followed[Namespace]], Any] = follow_namespaces,
        **settings: Any,  # noqa: ANN401
    ) -> Running:
        running = Running(
            replace(quick_settings(tls_files), **settings),
            trust,
            watches=Watches(follow, {}, patience, clock),
            knowledge=knowledge or Knowledge(),
        )
        started.append(running)
        running.start()
        return running

    yield start_one
    for running in started:
        running.end()


@pytest.fixture
def pod(review: dict[str, Any]) -> bytes:
    """A Pod that gets a token, in `team-a`."""
    review["request"]["namespace"] = NAMESPACE
    return json.dumps(review).encode()


def ready(running: Running) -> bool:
    return running.get("/readyz").status == 200


def events(running: Running, event: str) -> list[dict[str, Any]]:
    return [line for line in running.lines if line["event"] == event]


def metric(running: Running, name: str) -> float | None:
    lines = running.get("/metrics").body.decode().splitlines()
    prefix = f"hf_token_injector_{name} "
    return next((float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)), None)


def ask(running: Running, body: bytes) -> dict[str, Any]:
    """Return the response part of an answer."""
    answer = running.post(body)
    assert answer.status == 200
    response: dict[str, Any] = answer.json["response"]
    return response


def secret(response: dict[str, Any]) -> str | None:
    """Return the Secret that a response injects; None where it injects nothing."""
    if "patch" not in response:
        return None
    for operation in json.loads(base64.b64decode(response["patch"])):
        value = operation.get("value")
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict) and entry.get("name") == "HF_TOKEN":
                return str(entry["valueFrom"]["secretKeyRef"]["name"])
    return None


def in_a_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """Begin something; returns what waits for its result."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()

    def result() -> Any:  # noqa: ANN401
        thread.join(60)
        assert results, "it did not end"
        return results[0]

    return result


def test_after_the_first_list_it_is_ready_and_namespaces_decide(
    api: KubernetesApi, start: Start, pod: bytes
) -> None:
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"}, inject="enabled")
    running = start()
    wait_for(lambda: ready(running))
    response = ask(running, pod)
    assert secret(response) == "of-team-a"
    assert "namespace" not in response["auditAnnotations"]
    assert "namespace_metadata" not in events(running, "review")[0]
    assert events(running, "the cluster is known")[0]["count"] == 1
    assert metric(running, "namespaces_known") == 1


def test_a_label_that_changes_is_seen(api: KubernetesApi, start: Start, pod: bytes) -> None:
    api.namespaces.put(NAMESPACE, inject="enabled")
    running = start()
    wait_for(lambda: ready(running))
    assert ask(running, pod)["auditAnnotations"]["outcome"] == "Injected"
    api.namespaces.put(NAMESPACE, inject="audit")
    wait_for(lambda: ask(running, pod)["auditAnnotations"]["outcome"] == "Audited")
    api.namespaces.put(NAMESPACE, inject="enabled")
    wait_for(lambda: ask(running, pod)["auditAnnotations"]["outcome"] == "Injected")


def test_before_the_first_list_it_is_not_ready_and_answers_at_once(
    api: KubernetesApi, start: Start, pod: bytes
) -> None:
    api.silent = True
    running = start()
    status = running.get("/readyz")
    assert (status.status, status.body) == (503, b"not ready: it has not seen the Namespaces yet\n")
    response = ask(running, pod)
    assert secret(response) == "hf-secret"
    assert response["auditAnnotations"]["namespace"] == "unknown"
    assert response["warnings"] == [f"namespace {NAMESPACE} is not known yet; cluster defaults were used"]
    assert events(running, "review")[0]["namespace_metadata"] == "unknown"


def test_without_an_api_server_it_is_ready_after_a_while_and_says_what_it_does_not_know(
    api: KubernetesApi, start: Start, pod: bytes
) -> None:
    api.stop()
    settings = Knowledge({"team-b": Namespace(annotations={SECRET: "of-team-b"})})
    running = start(LONG._replace(first_sync=0.05), knowledge=settings)
    wait_for(lambda: ready(running))
    assert events(running, "serving without knowing the cluster")[0]["level"] == "warning"
    assert ask(running, pod)["auditAnnotations"]["namespace"] == "unknown"
    response = ask(running, pod.replace(b'"team-a"', b'"team-b"'))
    assert secret(response) == "of-team-b"
    assert response["auditAnnotations"]["namespace"] == "stale"
    assert metric(running, 'doubted_reviews_total{namespace="unknown"}') == 1
    assert metric(running, 'doubted_reviews_total{namespace="stale"}') == 1
    assert metric(running, "namespaces_known") == 0


def test_an_api_server_that_comes_late_is_followed(
    api: KubernetesApi, start: Start, pod: bytes, tmp_path: Path
) -> None:
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"})
    api.stop()
    running = start(LONG._replace(first_sync=0.05))
    wait_for(lambda: ready(running))
    wait_for(lambda: bool(metric(running, 'namespaces_sync_failures_total{cause="Unavailable"}')))
    api.start(tmp_path)
    wait_for(lambda: len(events(running, "the cluster is known")) == 1)
    assert secret(ask(running, pod)) == "of-team-a"
    assert len(events(running, "the cluster cannot be followed")) == 1


def test_a_namespace_of_the_same_apply_is_waited_for(api: KubernetesApi, start: Start, pod: bytes) -> None:
    running = start()
    wait_for(lambda: ready(running))
    first, second = in_a_thread(lambda: ask(running, pod)), in_a_thread(lambda: ask(running, pod))
    wait_for(lambda: awaited(running) == 1)
    api.namespaces.put("another")
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"}, inject="enabled")
    for response in (first(), second()):
        assert secret(response) == "of-team-a"
        assert "namespace" not in response["auditAnnotations"]
    wait_for(lambda: awaited(running) == 0)


def test_a_namespace_that_does_not_come_is_decided_by_the_defaults(
    api: KubernetesApi, start: Start, pod: bytes
) -> None:
    running = start(LONG._replace(arrival=0.05))
    wait_for(lambda: ready(running))
    response = ask(running, pod)
    assert secret(response) == "hf-secret"
    assert response["auditAnnotations"]["namespace"] == "unknown"
    assert response["warnings"] == [f"namespace {NAMESPACE} is not known yet; cluster defaults were used"]
    # Timers of the event loop count whole milliseconds.
    assert events(running, "review")[0]["duration_ms"] > 45
    assert awaited(running) == 0


def test_a_namespace_that_comes_with_a_new_list_is_noticed(
    api: KubernetesApi, start: Start, pod: bytes
) -> None:
    running = start()
    wait_for(lambda: ready(running))
    wait_for(lambda: api.namespaces.watches == 1)
    waiting = in_a_thread(lambda: ask(running, pod))
    wait_for(lambda: awaited(running) == 1)
    with api.namespaces.lock:
        api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"})
        api.namespaces.compact()
        api.namespaces.cut()
    assert secret(waiting()) == "of-team-a"


def test_a_large_review_waits_as_well(api: KubernetesApi, start: Start, review: dict[str, Any]) -> None:
    review["request"]["namespace"] = NAMESPACE
    review["request"]["object"]["metadata"]["annotations"] = {"large": "x" * 300_000}
    running = start()
    wait_for(lambda: ready(running))
    waiting = in_a_thread(lambda: ask(running, json.dumps(review).encode()))
    wait_for(lambda: awaited(running) == 1)
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"})
    assert secret(waiting()) == "of-team-a"


def test_what_the_watch_shows_beats_the_settings(api: KubernetesApi, start: Start, pod: bytes) -> None:
    settings = Knowledge({NAMESPACE: Namespace(annotations={SECRET: "of-the-settings"})})
    running = start(knowledge=settings)
    wait_for(lambda: ready(running))
    assert secret(ask(running, pod)) == "of-the-settings"
    api.namespaces.put(NAMESPACE)
    wait_for(lambda: secret(ask(running, pod)) == "hf-secret")
    api.namespaces.delete(NAMESPACE)
    wait_for(lambda: secret(ask(running, pod)) == "of-the-settings")


def test_a_snapshot_of_which_nothing_is_heard_is_stale_and_fresh_again(
    api: KubernetesApi, start: Start, pod: bytes, tmp_path: Path
) -> None:
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"})
    running = start(LONG._replace(fresh=0.3))
    wait_for(lambda: ready(running))
    api.stop()
    wait_for(lambda: len(events(running, "what is known is stale")) == 1)
    response = ask(running, pod)
    assert (secret(response), response["auditAnnotations"]["namespace"]) == ("of-team-a", "stale")
    assert "warnings" not in response
    assert events(running, "review")[0]["namespace_metadata"] == "stale"
    # Nothing is waited for then, though a Namespace may have come.
    assert ask(running, pod.replace(b'"team-a"', b'"new"'))["auditAnnotations"]["namespace"] == "unknown"
    assert ready(running)
    api.start(tmp_path)
    wait_for(lambda: "namespace" not in ask(running, pod)["auditAnnotations"])


def test_the_age_is_the_time_since_a_sign_of_life(api: KubernetesApi, start: Start) -> None:
    clock = ManualClock()
    api.silent = True
    running = start(clock=clock.monotonic)
    clock.advance(5)
    assert metric(running, "namespaces_age_seconds") == 5
    api.silent = False
    api.stop()
    api.start(Path(running.settings.tls.cert_file).parent)
    wait_for(lambda: metric(running, "namespaces_age_seconds") == 0)
    clock.advance(7)
    assert metric(running, "namespaces_age_seconds") == 7
    api.namespaces.bookmark()
    wait_for(lambda: metric(running, "namespaces_age_seconds") == 0)


def test_a_right_that_is_missing_is_told_once(api: KubernetesApi, start: Start, pod: bytes) -> None:
    api.denied.update(NAMESPACE_PERMISSIONS)
    running = start(LONG._replace(first_sync=0.05))
    failures = 'namespaces_sync_failures_total{cause="Forbidden"}'
    wait_for(lambda: (metric(running, failures) or 0) >= 3)
    told = events(running, "the cluster cannot be followed")
    assert [(line["level"], line["cause"]) for line in told] == [("warning", "Forbidden")]
    assert "cannot list" in told[0]["why"]
    wait_for(lambda: ready(running))
    api.denied.clear()
    api.namespaces.put(NAMESPACE)
    wait_for(lambda: "namespace" not in ask(running, pod)["auditAnnotations"])
    api.namespaces.bookmark()
    wait_for(lambda: len(events(running, "the cluster is followed again")) == 1)


def test_a_connection_that_breaks_once_is_no_warning(api: KubernetesApi, start: Start, pod: bytes) -> None:
    running = start()
    wait_for(lambda: api.namespaces.watches == 1)
    api.namespaces.put("before")
    wait_for(lambda: metric(running, "namespaces_known") == 1)
    api.namespaces.cut()
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"})
    wait_for(lambda: secret(ask(running, pod)) == "of-team-a")
    # It may have come over the watch that was about to break off.
    wait_for(lambda: bool(events(running, "a watch broke off")))
    assert [line["level"] for line in events(running, "a watch broke off")] == ["info"]
    assert not events(running, "the cluster cannot be followed")


def test_a_mistake_of_ours_does_not_end_serving(start: Start, pod: bytes) -> None:
    async def broken(_known: Followed[Namespace]) -> None:
        raise RuntimeError("secret-words")

    running = start(LONG._replace(first_sync=0.05), follow=broken)
    wait_for(lambda: ready(running))
    assert secret(ask(running, pod)) == "hf-secret"
    assert events(running, "following the cluster failed")[0]["exception"] == "RuntimeError"
    assert metric(running, 'namespaces_sync_failures_total{cause="Internal"}') == 1
    assert b"secret-words" not in running.log.getvalue()


def test_while_it_drains_it_still_follows(api: KubernetesApi, start: Start, pod: bytes) -> None:
    running = start(drain_seconds=600)
    wait_for(lambda: ready(running))
    running.stop()
    wait_for(lambda: not ready(running))
    api.namespaces.put(NAMESPACE, {SECRET: "of-team-a"})
    assert secret(ask(running, pod)) == "of-team-a"
    running.stop()
    running.join()


def test_a_stop_does_not_wait_for_the_api_server(api: KubernetesApi, start: Start) -> None:
    api.silent = True
    running = start()
    wait_for(lambda: bool(api.requests))
    running.stop()
    # The request's own limit is 600 s here.
    running.join()


def test_without_a_watch_nothing_is_waited_for_and_reviews_say_so(server: Running, pod: bytes) -> None:
    response = ask(server, pod)
    assert response["auditAnnotations"]["namespace"] == "unknown"
    assert "warnings" not in response
    assert metric(server, "namespaces_age_seconds") is None
