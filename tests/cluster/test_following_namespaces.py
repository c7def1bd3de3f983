"""Following Namespaces over real connections, whatever the API server does."""

# ruff: noqa: D102 - the protocol says what a method of the listener does

import asyncio
import tracemalloc
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.kubernetes_api import KubernetesApi
from tests.kubernetes_http import Response
from webhook.cluster.access import Access
from webhook.cluster.causes import Cause, Failure
from webhook.cluster.client import Client
from webhook.cluster.following import Follower, Pace
from webhook.cluster.namespaces import NAMESPACE_PERMISSIONS, NAMESPACES
from webhook.core.knowledge import Namespace

LABEL = "hf-token-injector.io/inject"
SECRET = "hf-token-injector.io/secret"
QUICK = Pace(shortest_watch=0, first_pause=0.001, longest_pause=0.005, forbidden_pause=0.002)

Work = Callable[["Heard"], Coroutine[None, None, None]]
Follow = Callable[..., "Heard"]


@dataclass
class Heard:
    """A listener, and what it heard."""

    known: dict[str, Namespace] = field(default_factory=dict)
    lists: int = 0
    signs: int = 0
    failures: list[Failure] = field(default_factory=list)

    def listed(self, namespaces: Mapping[str, Namespace]) -> None:
        self.known = dict(namespaces)
        self.lists += 1

    def changed(self, name: str, namespace: Namespace | None) -> None:
        self.known.pop(name, None)
        if namespace is not None:
            self.known[name] = namespace

    def alive(self) -> None:
        self.signs += 1

    def failed(self, failure: Failure) -> None:
        self.failures.append(failure)

    @property
    def causes(self) -> list[Cause]:
        """What went wrong, without repetitions."""
        return list(dict.fromkeys(failure.cause for failure in self.failures))


async def until(condition: Callable[[], bool]) -> None:
    """Return when a condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a thread
            await asyncio.sleep(0.001)


@pytest.fixture
def follow(access: Access) -> Follow:
    """Follow while something else is done; return what was heard."""

    def follow_while(work: Work, *, pace: Pace = QUICK) -> Heard:
        async def both() -> Heard:
            heard = Heard()
            async with Client(access) as client:
                following = asyncio.ensure_future(Follower(client, NAMESPACES, heard, pace).follow())
                await work(heard)
                assert not following.done()
                following.cancel()
                await asyncio.wait({following})
            return heard

        return asyncio.run(both())

    return follow_while


def asked(api: KubernetesApi) -> list[dict[str, list[str]]]:
    """Return the queries that were sent, in order."""
    return [parse_qs(urlsplit(target).query) for _, target, _ in api.requests]


def watches(api: KubernetesApi) -> list[str]:
    """Return the version that each watch began with."""
    return [query["resourceVersion"][0] for query in asked(api) if "watch" in query]


async def watching(api: KubernetesApi) -> None:
    """Wait until a watch is open."""
    await until(lambda: api.namespaces.watches == 1)


def test_what_is_there_is_listed_and_changes_follow(api: KubernetesApi, follow: Follow) -> None:
    store = api.namespaces
    store.put("team-a", {SECRET: "hf-a", "other": "text"}, inject="enabled")
    store.put("plain")

    async def work(heard: Heard) -> None:
        await until(lambda: heard.lists == 1)
        assert heard.known == {
            "team-a": Namespace({LABEL: "enabled"}, {SECRET: "hf-a"}),
            "plain": Namespace(),
        }
        store.put("team-a", inject="audit")
        store.put("new")
        store.delete("plain")
        await until(lambda: heard.known == {"team-a": Namespace({LABEL: "audit"}), "new": Namespace()})

    heard = follow(work)
    assert (heard.lists, heard.failures) == (1, [])
    assert set(api.cluster.calls) == set(NAMESPACE_PERMISSIONS)


def test_only_metadata_is_asked_for_and_whole_objects_are_understood(
    api: KubernetesApi, follow: Follow
) -> None:
    api.namespaces.put("team-a", inject="all")
    whole = api.namespaces.page({}, "application/json")
    assert whole["items"][0]["spec"] == {}
    api.faults.append(Response(200, whole))

    async def work(heard: Heard) -> None:
        await until(lambda: heard.known == {"team-a": Namespace({LABEL: "all"})})
        await watching(api)

    follow(work)
    accepted = [headers["Accept"] for _, _, headers in api.requests]
    assert accepted[0].startswith("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,")
    assert accepted[1].startswith("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,")


def test_more_than_a_page_is_read_page_by_page(api: KubernetesApi, follow: Follow) -> None:
    for number in range(1201):
        api.namespaces.put(f"team-{number}")

    async def work(heard: Heard) -> None:
        await until(lambda: heard.lists == 1)
        assert len(heard.known) == 1201

    follow(work)
    pages = [query for query in asked(api) if "watch" not in query]
    assert [query["limit"] for query in pages] == [["500"]] * 3
    assert ["continue" in query for query in pages] == [False, True, True]


def test_of_namespaces_by_the_thousand_little_is_kept(api: KubernetesApi, follow: Follow) -> None:
    for number in range(5000):
        api.namespaces.put(f"team-{number}", {SECRET: f"hf-{number}", "other": "x" * 1000}, inject="all")

    async def work(heard: Heard) -> None:
        await until(lambda: heard.lists == 1)
        size = tracemalloc.get_traced_memory()[0]
        heard.known.clear()
        # 3.4 MB were measured; the annotations of others alone are 5 MB.
        assert size - tracemalloc.get_traced_memory()[0] < 4_000_000

    tracemalloc.start()
    try:
        follow(work)
    finally:
        tracemalloc.stop()


def test_pages_that_were_compacted_meanwhile_are_read_from_the_beginning(
    api: KubernetesApi, follow: Follow
) -> None:
    for number in range(501):
        api.namespaces.put(f"team-{number}")
    api.faults += [None, Response.of(410, "The provided continue parameter is too old")]

    async def work(heard: Heard) -> None:
        await until(lambda: len(heard.known) == 501)

    assert follow(work).causes == [Cause.EXPIRED]
    assert ["continue" in query for query in asked(api)[:4]] == [False, True, False, True]


def test_a_watch_that_ends_in_its_time_is_taken_up_where_it_was(api: KubernetesApi, follow: Follow) -> None:
    store = api.namespaces

    async def work(heard: Heard) -> None:
        await watching(api)
        store.bookmark()
        await until(lambda: heard.signs == 1)
        store.end()
        await until(lambda: len(watches(api)) == 2)
        store.put("new")
        await until(lambda: "new" in heard.known)

    heard = follow(work)
    assert (heard.lists, heard.failures) == (1, [])
    assert watches(api) == ["100", "101"]


def test_a_connection_that_breaks_is_taken_up_where_it_was(api: KubernetesApi, follow: Follow) -> None:
    store = api.namespaces

    async def work(heard: Heard) -> None:
        await watching(api)
        store.put("before")
        await until(lambda: "before" in heard.known)
        store.cut()
        store.put("meanwhile")
        await until(lambda: "meanwhile" in heard.known)

    heard = follow(work)
    assert (heard.lists, heard.causes) == (1, [Cause.UNAVAILABLE])
    assert watches(api) == ["100", "101"]


def test_a_watch_that_showed_nothing_at_all_is_not_trusted(api: KubernetesApi, follow: Follow) -> None:
    async def work(heard: Heard) -> None:
        await watching(api)
        api.namespaces.end()
        await until(lambda: heard.lists == 2)

    assert follow(work).failures == []


def test_watches_that_end_at_once_are_paused_between(api: KubernetesApi, follow: Follow) -> None:
    async def work(heard: Heard) -> None:
        for _ in range(3):
            seen = len(heard.failures)
            await watching(api)
            api.namespaces.end()
            await until(lambda seen=seen: len(heard.failures) > seen)  # type: ignore[misc]

    heard = follow(work, pace=QUICK._replace(shortest_watch=60))
    assert [failure.in_a_row for failure in heard.failures[:3]] == [1, 2, 3]
    assert "ends watches at once" in heard.failures[0].why


@pytest.mark.parametrize("as_an_event", [True, False])
def test_a_version_that_was_compacted_is_listed_anew(
    api: KubernetesApi, follow: Follow, *, as_an_event: bool
) -> None:
    store = api.namespaces
    store.put("old")

    async def work(heard: Heard) -> None:
        await watching(api)
        with store.lock:
            store.delete("old")
            store.put("young")
            store.compact()
            if not as_an_event:
                api.faults.append(Response.of(410, "too old resource version"))
            store.cut()
        await until(lambda: heard.known == {"young": Namespace()})

    heard = follow(work)
    assert (heard.lists, heard.causes) == (2, [Cause.UNAVAILABLE, Cause.EXPIRED])
    assert watches(api)[:2] == ["101", "101"]


def test_another_error_in_a_watch_is_tried_again(api: KubernetesApi, follow: Follow) -> None:
    async def work(heard: Heard) -> None:
        await watching(api)
        api.namespaces.fail(500, "InternalError")
        await until(lambda: len(heard.failures) == 1)
        api.namespaces.put("new")
        await until(lambda: "new" in heard.known)

    heard = follow(work)
    assert heard.failures[0].cause is Cause.UNAVAILABLE
    assert "it went wrong" in heard.failures[0].why


@pytest.mark.parametrize("line", ["no JSON", "[]", "{}", '{"type": "ADDED", "object": {"metadata": {}}}'])
def test_what_is_no_event_is_listed_anew(api: KubernetesApi, follow: Follow, line: str) -> None:
    async def work(heard: Heard) -> None:
        await watching(api)
        api.namespaces.say(line)
        await until(lambda: heard.lists == 2)

    assert follow(work).causes == [Cause.MALFORMED]


@pytest.mark.parametrize("body", [b"", {}, {"items": {}}, {"items": [1]}, {"items": [], "metadata": {}}])
def test_what_is_no_list_is_asked_for_again(api: KubernetesApi, follow: Follow, body: object) -> None:
    api.faults.append(Response(200, body))

    async def work(heard: Heard) -> None:
        await until(lambda: heard.lists == 1)

    assert follow(work).causes == [Cause.MALFORMED]


def test_an_annotation_with_a_line_break_of_its_own_ends_no_line(api: KubernetesApi, follow: Follow) -> None:
    async def work(heard: Heard) -> None:
        await watching(api)
        api.namespaces.put("odd", {SECRET: "a\u0085b\u2028c"})
        await until(lambda: heard.known.get("odd") == Namespace({}, {SECRET: "a\u0085b\u2028c"}))

    assert follow(work).failures == []


@pytest.mark.parametrize("right", NAMESPACE_PERMISSIONS)
def test_without_a_right_it_asks_again_and_has_the_api_servers_words(
    api: KubernetesApi,
    follow: Follow,
    right: Any,  # noqa: ANN401
) -> None:
    api.denied.add(right)

    async def work(heard: Heard) -> None:
        await until(lambda: len(heard.failures) == 3)
        api.denied.clear()
        await watching(api)
        api.namespaces.put("new")
        await until(lambda: "new" in heard.known)

    heard = follow(work)
    assert heard.causes == [Cause.FORBIDDEN]
    assert f"403: namespaces is forbidden: cannot {right.verb}" in heard.failures[0].why


def test_after_an_api_server_was_away_everything_is_listed(
    api: KubernetesApi,
    follow: Follow,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    store = api.namespaces
    store.put("old")

    async def work(heard: Heard) -> None:
        await watching(api)
        api.stop()
        await until(lambda: len(heard.failures) > 2)
        store.delete("old")
        store.put("young")
        api.start(tmp_path)
        await until(lambda: heard.known == {"young": Namespace()})

    heard = follow(work, pace=QUICK._replace(shortest_watch=60))
    assert (heard.lists, heard.causes) == (2, [Cause.UNAVAILABLE])


def test_an_api_server_that_is_silent_counts_as_dead(api: KubernetesApi, follow: Follow) -> None:
    async def work(heard: Heard) -> None:
        await until(lambda: len(heard.failures) >= 2)

    heard = follow(work, pace=QUICK._replace(watch=0, grace=0.02))
    assert heard.causes == [Cause.UNAVAILABLE]


def test_pauses_double_up_to_the_longest_and_a_right_takes_a_person(access: Access) -> None:
    follower = Follower(Client(access), NAMESPACES, Heard(), Pace())
    pauses = []
    for failures in (1, 2, 3, 5, 6, 1000):
        follower._failures = failures  # noqa: SLF001
        pauses.append(follower._pause(Cause.UNAVAILABLE))  # noqa: SLF001
    assert pauses == [1, 2, 4, 16, 30, 30]
    assert follower._pause(Cause.FORBIDDEN) == 30  # noqa: SLF001
