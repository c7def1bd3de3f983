"""Decisions, told by Events of a real server to a stand-in of the API server."""

import json
import ssl
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes_events import KubernetesEvents
from tests.kubernetes_http import Response
from tests.server.conftest import quick_settings
from tests.server.managed import wait_for
from tests.server.running import Running
from webhook.cluster.client import Client
from webhook.cluster.events import EventStore
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.server.event_book import Limits
from webhook.server.events import Events, Pace, Sending
from webhook.settings import TlsSettings

NAMESPACE = "team-a"
QUICK = Limits(gather=0.01, again=0.01)
PACE = Pace(batch=0, first_pause=0.01, longest_pause=0.05, after_a_bug=0.01)
LONG = Limits(gather=600, again=600)
"""So long that a test which waits for it fails."""
OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "llama", "uid": "1", "controller": True}

Start = Callable[..., Running]


@pytest.fixture
def start(
    eventful: KubernetesEvents, tls_files: TlsSettings, trust: ssl.SSLContext, tmp_path: Path
) -> Iterator[Start]:
    """Start servers that send Events to the stand-in; they are stopped at the end."""
    started: list[Running] = []
    access = from_kubeconfig([eventful.kubeconfig(tmp_path)])

    @asynccontextmanager
    async def store() -> AsyncGenerator[EventStore, None]:
        async with Client(access, seconds=60) as client:
            yield EventStore(client)

    def start_one(
        limits: Limits = QUICK,
        *,
        store: Any = store,  # noqa: ANN401 - a test breaks it
        pace: Pace = PACE,
        queue: int = 1000,
        **settings: Any,  # noqa: ANN401
    ) -> Running:
        sending = Sending(store, limits, pace, queue)
        running = Running(
            replace(quick_settings(tls_files), **settings),
            trust,
            make_teller=lambda signs: Events(sending, signs),
        )
        started.append(running)
        running.start()
        return running

    yield start_one
    for running in started:
        running.end()


@pytest.fixture
def pod(review: dict[str, Any]) -> dict[str, Any]:
    """A Pod of a ReplicaSet that gets a token, in `team-a`."""
    request = review["request"]
    request["namespace"] = NAMESPACE
    request["object"]["metadata"]["ownerReferences"] = [OWNER]
    return review


@pytest.fixture
def service(eventful: KubernetesEvents) -> None:
    """The InferenceService of that Pod."""
    metadata = {"name": "llama", "namespace": NAMESPACE, "uid": "2"}
    eventful.add(
        {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": metadata}
    )


def send(running: Running, review: dict[str, Any]) -> None:
    """Send a review, and see that it is answered."""
    assert running.post(json.dumps(review).encode()).json["response"]["allowed"]


def results(running: Running) -> dict[str, int]:
    """Return what became of what was told; what did not happen is left out."""
    prefix = 'hf_token_injector_events_total{result="'
    lines = running.get("/metrics").body.decode().splitlines()
    found = [line.removeprefix(prefix).split('"} ') for line in lines if line.startswith(prefix)]
    assert len(found) == 5
    return {result: int(float(count)) for result, count in found if float(count)}


def queued(running: Running) -> int:
    """Return how many wait."""
    prefix = "hf_token_injector_events_queued "
    lines = running.get("/metrics").body.decode().splitlines()
    [value] = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    return int(float(value))


def logged(running: Running, event: str) -> list[dict[str, Any]]:
    return [line for line in running.lines if line["event"] == event]


def counts(api: KubernetesEvents) -> dict[tuple[str, str], int]:
    """Return kind and reason of each Event to its count."""
    return {(event["involvedObject"]["kind"], event["reason"]): event["count"] for event in api.events}


@pytest.mark.usefixtures("service")
def test_an_injected_pod_is_told_on_its_controller_and_its_inference_service(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start()
    send(running, pod)
    wait_for(lambda: len(eventful.events) == 2)
    assert counts(eventful) == {("ReplicaSet", "Injected"): 1, ("InferenceService", "Injected"): 1}
    assert {event["involvedObject"]["uid"] for event in eventful.events} == {"1", "2"}
    [message] = {event["message"] for event in eventful.events}
    assert "HF_TOKEN from Secret hf-secret, key token" in message
    wait_for(lambda: results(running) == {"sent": 2})


@pytest.mark.usefixtures("service")
def test_a_hundred_pods_of_a_controller_are_one_event_with_a_count(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start(Limits(gather=1, again=1))
    for _ in range(100):
        send(running, pod)
    wait_for(lambda: list(counts(eventful).values()) == [100, 100])
    assert len(eventful.events) == 2
    wait_for(lambda: sum(results(running).values()) == 200)
    found = results(running)
    wait_for(lambda: queued(running) == 0)
    assert found["aggregated"] > found["sent"]


def test_a_dry_run_tells_nothing(eventful: KubernetesEvents, start: Start, pod: dict[str, Any]) -> None:
    running = start()
    pod["request"]["dryRun"] = True
    send(running, pod)
    pod["request"]["dryRun"] = False
    pod["request"]["object"]["metadata"]["ownerReferences"] = [{**OWNER, "name": "wet"}]
    send(running, pod)
    wait_for(lambda: results(running) == {"sent": 1, "absent": 1})
    assert [event["involvedObject"]["name"] for event in eventful.events] == ["wet"]


def test_what_needs_nothing_and_what_cannot_be_named_tells_nothing(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start(LONG)
    request = pod["request"]
    request["object"]["metadata"] = {"generateName": "llama-"}
    running.post(json.dumps(pod).encode(), "/mutate/all")
    request["object"] = {"metadata": {"name": "plain"}, "spec": {"containers": [{"name": "main"}]}}
    running.post(json.dumps(pod).encode(), "/mutate/all")
    request["operation"], request["object"] = "DELETE", None
    send(running, pod)
    assert queued(running) == 0


def test_a_full_queue_drops_and_counts(start: Start, pod: dict[str, Any]) -> None:
    running = start(queue=0)
    send(running, pod)
    assert results(running) == {"dropped": 2}


def test_what_there_is_no_room_for_is_dropped_and_counted(start: Start, pod: dict[str, Any]) -> None:
    running = start(LONG._replace(series=1))
    send(running, pod)
    wait_for(lambda: results(running) == {"dropped": 1})
    assert queued(running) == 1


@pytest.mark.usefixtures("service")
def test_an_api_server_that_refuses_is_counted_and_logged_once_and_serving_goes_on(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    eventful.forbidden.add(("create", "events"))
    running = start()
    send(running, pod)
    wait_for(lambda: results(running) == {"failed": 2})
    send(running, pod)
    wait_for(lambda: results(running) == {"failed": 4})
    [line] = logged(running, "events cannot be sent")
    assert "403: events is forbidden" in line["why"]
    eventful.forbidden.clear()
    send(running, pod)
    wait_for(lambda: results(running) == {"failed": 4, "sent": 2})
    assert set(counts(eventful).values()) == {1}


@pytest.mark.parametrize("where", ["ending", "gone"])
@pytest.mark.usefixtures("service")
def test_a_namespace_that_goes_is_counted_and_not_tried_again(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any], where: str
) -> None:
    getattr(eventful, where).add(NAMESPACE)
    running = start()
    send(running, pod)
    wait_for(lambda: results(running) == {"absent": 2})
    assert queued(running) == 0
    assert len(eventful.asked("POST")) == 2
    assert logged(running, "events cannot be sent") == []


@pytest.mark.usefixtures("service")
def test_an_api_server_that_is_away_is_waited_for(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any], tmp_path: Path
) -> None:
    running = start()
    eventful.stop()
    for _ in range(10):
        send(running, pod)
    wait_for(lambda: logged(running, "events cannot be sent") != [])
    assert results(running) == {}
    assert queued(running) == 20
    eventful.start(tmp_path)
    wait_for(lambda: queued(running) == 0)
    assert counts(eventful) == {("ReplicaSet", "Injected"): 10, ("InferenceService", "Injected"): 10}
    assert len(logged(running, "events cannot be sent")) == 1


def test_an_api_server_in_distress_is_tried_again(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    eventful.faults.extend(Response.of(status, "not now") for status in (429, 500, 503, 401))
    running = start()
    send(running, pod)
    wait_for(lambda: results(running) == {"sent": 1, "absent": 1})


def test_what_could_not_be_sent_for_long_is_dropped(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start(QUICK._replace(patience=0))
    eventful.stop()
    send(running, pod)
    wait_for(lambda: results(running) == {"dropped": 2})


def test_a_bug_is_logged_and_ends_nothing(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any], tmp_path: Path
) -> None:
    access = from_kubeconfig([eventful.kubeconfig(tmp_path)])

    class Broken(EventStore):
        async def write(self, *_: Any) -> Any:  # noqa: ANN401
            raise ValueError("a value that may be secret")

    @asynccontextmanager
    async def broken() -> AsyncGenerator[EventStore, None]:
        async with Client(access) as client:
            yield Broken(client)

    running = start(store=broken)
    send(running, pod)
    wait_for(lambda: results(running) == {"failed": 2})
    wait_for(lambda: len(logged(running, "sending events failed")) == 2)
    assert b"a value that may be secret" not in running.log.getvalue()
    send(running, pod)
    wait_for(lambda: results(running) == {"failed": 4})


@pytest.mark.usefixtures("service")
def test_what_waits_when_a_replica_goes_is_sent_while_it_drains(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start(LONG, drain_seconds=60)
    send(running, pod)
    running.stop()
    wait_for(lambda: set(counts(eventful).values()) == {1})
    send(running, pod)
    wait_for(lambda: set(counts(eventful).values()) == {2})


@pytest.mark.usefixtures("service")
def test_the_last_ones_are_sent_after_the_last_answer(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start(LONG, pace=PACE._replace(end=60))
    send(running, pod)
    running.stop()
    running.join()
    assert set(counts(eventful).values()) == {1}
    assert logged(running, "events dropped") == []


def test_what_cannot_be_sent_before_the_end_is_dropped_and_logged(
    eventful: KubernetesEvents, start: Start, pod: dict[str, Any]
) -> None:
    running = start(LONG, pace=PACE._replace(end=0.05))
    eventful.stop()
    send(running, pod)
    running.stop()
    running.join()
    [line] = logged(running, "events dropped")
    assert line["count"] == 2
