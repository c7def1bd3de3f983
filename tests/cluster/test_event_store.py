"""Events as they are written: what stands in them, and one object for what is told again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from certs.store import Permission
from tests.kubernetes_events import KubernetesEvents
from tests.kubernetes_http import Response
from webhook.cluster.client import Client, NoAnswerError, StatusError
from webhook.cluster.events import EVENT_PERMISSIONS, AbsentError, EventStore, Stored, Times
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.core.events import EventType, Involved, Told

Result = TypeVar("Result")
Write = Callable[[Callable[[EventStore], Awaitable[Stored]]], Stored]

NAMESPACE = "team-a"
REPLICA_SET = Involved("apps/v1", "ReplicaSet", NAMESPACE, "llama-6d9c", "uid-1")
SERVICE = Involved("serving.kserve.io/v1beta1", "InferenceService", NAMESPACE, "llama")
SAID = Told(EventType.NORMAL, "Injected", "storage-initializer: HF_TOKEN from Secret hf-secret, key token")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONCE = Times(1, NOON, NOON)
LATER = Times(4, NOON + timedelta(minutes=1), NOON + timedelta(minutes=2))


@pytest.fixture
def write(eventful: KubernetesEvents, tmp_path: Path) -> Write:
    """Do something with a store."""

    def run(work: Callable[[EventStore], Awaitable[Result]]) -> Result:
        async def with_client() -> Result:
            async with Client(from_kubeconfig([eventful.kubeconfig(tmp_path)])) as client:
                return await work(EventStore(client))

        return asyncio.run(with_client())

    return run


def serve(eventful: KubernetesEvents, uid: str = "uid-2", version: str = "v1beta1") -> None:
    """Let the InferenceService be there."""
    metadata = {"name": "llama", "namespace": NAMESPACE, "uid": uid}
    eventful.add(
        {"apiVersion": f"serving.kserve.io/{version}", "kind": "InferenceService", "metadata": metadata}
    )


def test_an_event_has_what_every_tool_reads(eventful: KubernetesEvents, write: Write) -> None:
    stored = write(lambda store: store.write(REPLICA_SET, SAID, ONCE))
    [event] = eventful.events
    metadata = event.pop("metadata")
    assert (metadata["name"], metadata["namespace"]) == (stored.name, NAMESPACE)
    assert event == {
        "apiVersion": "v1",
        "kind": "Event",
        "involvedObject": {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "namespace": NAMESPACE,
            "name": "llama-6d9c",
            "uid": "uid-1",
        },
        "type": "Normal",
        "reason": "Injected",
        "message": SAID.message,
        "count": 1,
        "firstTimestamp": "2026-03-01T12:00:00Z",
        "lastTimestamp": "2026-03-01T12:00:00Z",
        "source": {"component": "hf-token-injector"},
        "reportingComponent": "hf-token-injector",
    }


def test_what_is_told_again_is_counted_in_one_request(eventful: KubernetesEvents, write: Write) -> None:
    async def twice(store: EventStore) -> Stored:
        stored = await store.write(REPLICA_SET, SAID, ONCE)
        return await store.write(REPLICA_SET, SAID, LATER, stored)

    assert write(twice).total == 5
    [event] = eventful.events
    assert (event["count"], event["firstTimestamp"]) == (5, "2026-03-01T12:00:00Z")
    assert event["lastTimestamp"] == "2026-03-01T12:02:00Z"
    assert [method for method, _, _ in eventful.requests] == ["POST", "PATCH"]


def test_replicas_count_in_one_event(eventful: KubernetesEvents, write: Write) -> None:
    async def together(one: EventStore) -> Stored:
        other = one
        mine = await one.write(REPLICA_SET, SAID, ONCE)
        theirs = await other.write(REPLICA_SET, SAID, ONCE)
        assert theirs.total == 2
        return await one.write(REPLICA_SET, SAID, LATER, mine)

    assert write(together).total == 6
    [event] = eventful.events
    assert event["count"] == 6


def test_an_event_that_has_expired_begins_anew(eventful: KubernetesEvents, write: Write) -> None:
    async def twice(store: EventStore) -> Stored:
        stored = await store.write(REPLICA_SET, SAID, ONCE)
        eventful.remove("Event", stored.name, NAMESPACE)
        return await store.write(REPLICA_SET, SAID, LATER, stored)

    assert write(twice).total == 4
    assert [event["count"] for event in eventful.events] == [4]


def test_an_event_that_expires_while_it_is_read_begins_anew(eventful: KubernetesEvents, write: Write) -> None:
    eventful.faults.extend([Response.of(409, "already exists"), Response.of(404, "not found")])
    assert write(lambda store: store.write(REPLICA_SET, SAID, ONCE)).total == 1


def test_an_event_without_a_count_begins_with_ours(eventful: KubernetesEvents, write: Write) -> None:
    stored = write(lambda store: store.write(REPLICA_SET, SAID, ONCE))
    del eventful.objects[f"/api/v1/namespaces/{NAMESPACE}/events/{stored.name}"]["count"]
    assert write(lambda store: store.write(REPLICA_SET, SAID, LATER)).total == 4


def test_other_words_and_other_objects_are_other_events(eventful: KubernetesEvents, write: Write) -> None:
    for about in (REPLICA_SET, REPLICA_SET._replace(uid="uid-of-the-next-one")):
        for said in (SAID, SAID._replace(message="another")):
            write(lambda store, about=about, said=said: store.write(about, said, ONCE))  # type: ignore[misc]
    assert [event["count"] for event in eventful.events] == [1, 1, 1, 1]


@pytest.mark.parametrize("name", ["a" * 253, f"{'a' * 199}-{'b' * 50}", f"{'a' * 198}.-b"])
def test_the_name_of_an_event_is_a_name(eventful: KubernetesEvents, write: Write, name: str) -> None:
    stored = write(lambda store: store.write(REPLICA_SET._replace(name=name), SAID, ONCE))
    assert len(stored.name) <= 253
    assert all(part and part[0].isalnum() and part[-1].isalnum() for part in stored.name.split("."))


def test_the_uid_that_describe_looks_for_is_asked_for(eventful: KubernetesEvents, write: Write) -> None:
    serve(eventful)
    stored = write(lambda store: store.write(SERVICE, SAID, ONCE))
    [event] = eventful.events
    assert event["involvedObject"]["uid"] == stored.uid == "uid-2"
    _, _, headers = next(one for one in eventful.requests if one[0] == "GET")
    assert "as=PartialObjectMetadata;" in headers["Accept"]


def test_a_version_that_the_labels_do_not_tell_is_found(eventful: KubernetesEvents, write: Write) -> None:
    serve(eventful)
    older = SERVICE._replace(api_version="serving.kserve.io/v1beta2")
    assert write(lambda store: store.write(older, SAID, ONCE)).uid == "uid-2"


def test_an_object_that_was_made_anew_gets_events_of_its_own(
    eventful: KubernetesEvents, write: Write
) -> None:
    async def twice(store: EventStore) -> Stored:
        serve(eventful)
        stored = await store.write(SERVICE, SAID, ONCE)
        eventful.remove("InferenceService", "llama", NAMESPACE)
        serve(eventful, "uid-3")
        return await store.write(SERVICE, SAID, ONCE, stored)

    assert write(twice).total == 1
    assert [event["involvedObject"]["uid"] for event in eventful.events] == ["uid-2", "uid-3"]


def test_an_object_that_does_not_exist_is_not_told_of(eventful: KubernetesEvents, write: Write) -> None:
    with pytest.raises(AbsentError, match=r"InferenceService team-a/llama does not exist"):
        write(lambda store: store.write(SERVICE, SAID, ONCE))
    assert not eventful.events


@pytest.mark.parametrize("where", ["ending", "gone"])
def test_nothing_is_told_in_a_namespace_that_goes(
    eventful: KubernetesEvents, write: Write, where: str
) -> None:
    getattr(eventful, where).add(NAMESPACE)
    with pytest.raises(AbsentError, match="namespace team-a is deleted"):
        write(lambda store: store.write(REPLICA_SET, SAID, ONCE))


@pytest.mark.parametrize("details", [None, {}, {"causes": "?"}, {"causes": ["?"]}])
def test_a_refusal_without_a_cause_is_one(eventful: KubernetesEvents, write: Write, details: object) -> None:
    refused = Response.of(403, "no")
    refused.body["details"] = details
    eventful.faults.append(refused)
    with pytest.raises(StatusError, match="403: no"):
        write(lambda store: store.write(REPLICA_SET, SAID, ONCE))


def test_who_may_not_ask_for_the_uid_tells_without_it(eventful: KubernetesEvents, write: Write) -> None:
    eventful.forbidden.add(("get", "inferenceservices"))
    assert write(lambda store: store.write(SERVICE, SAID, ONCE)).uid == ""
    assert "uid" not in eventful.events[0]["involvedObject"]


@pytest.mark.parametrize(
    "about", [Involved("v1", "Pod", NAMESPACE, "alone"), SERVICE._replace(api_version="elsewhere.io/v1")]
)
def test_nothing_is_asked_of_other_kinds(eventful: KubernetesEvents, write: Write, about: Involved) -> None:
    write(lambda store: store.write(about, SAID, ONCE))
    assert {method for method, _, _ in eventful.requests} == {"POST"}


def test_a_refusal_is_told_in_the_words_of_the_api_server(eventful: KubernetesEvents, write: Write) -> None:
    eventful.forbidden.add(("create", "events"))
    with pytest.raises(StatusError, match=r"403: events is forbidden") as raised:
        write(lambda store: store.write(REPLICA_SET, SAID, ONCE))
    assert raised.value.status == 403


def test_a_reading_that_is_refused_is_told(eventful: KubernetesEvents, write: Write) -> None:
    async def twice(store: EventStore) -> Stored:
        stored = await store.write(REPLICA_SET, SAID, ONCE)
        eventful.faults.extend([Response.of(409, "x"), Response.of(403, "no")])
        return await store.write(REPLICA_SET, SAID, ONCE, stored)

    with pytest.raises(StatusError, match="403: no"):
        write(twice)


def test_a_count_that_is_refused_is_told(eventful: KubernetesEvents, write: Write) -> None:
    async def twice(store: EventStore) -> Stored:
        stored = await store.write(REPLICA_SET, SAID, ONCE)
        eventful.faults.append(Response.of(403, "no"))
        return await store.write(REPLICA_SET, SAID, ONCE, stored)

    with pytest.raises(StatusError, match="403: no"):
        write(twice)


def test_a_uid_that_is_not_answered_is_told(eventful: KubernetesEvents, write: Write) -> None:
    eventful.faults.append(Response.of(500, "no"))
    with pytest.raises(StatusError, match="500: no"):
        write(lambda store: store.write(SERVICE, SAID, ONCE))


def test_who_is_always_too_late_gives_up(eventful: KubernetesEvents, write: Write) -> None:
    async def twice(store: EventStore) -> Stored:
        stored = await store.write(REPLICA_SET, SAID, ONCE)
        eventful.faults.extend([Response.of(409, "x"), None] * 4)
        return await store.write(REPLICA_SET, SAID, ONCE, stored)

    with pytest.raises(NoAnswerError, match="again and again"):
        write(twice)


def test_the_rights_are_those_that_are_used() -> None:
    assert set(EVENT_PERMISSIONS) == {
        Permission("create", "", "events", ""),
        Permission("patch", "", "events", ""),
        Permission("get", "serving.kserve.io", "inferenceservices", ""),
        Permission("get", "serving.kserve.io", "llminferenceservices", ""),
    }
