"""The store over HTTPS, against the stand-in; each status and its error."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from certs.authority import service_names
from certs.request import rotate
from certs.rotation import Rotation
from certs.store import (
    PERMISSIONS,
    ConflictError,
    ForbiddenError,
    Kind,
    NotFoundError,
    RefusedError,
    StoreError,
    UnavailableError,
)
from certs.view import Identity
from tests.certs.cluster import ca_bundle
from tests.kubernetes_api import KubernetesApi
from tests.kubernetes_http import Response
from tests.server.manual_clock import ManualClock
from webhook.cluster.certificate_store import CertificateStore

Run = Callable[..., Any]
Call = Callable[[CertificateStore], Awaitable[Any]]

READS: dict[str, Call] = {
    "read_secret": lambda store: store.read_secret(),
    "read_entries": lambda store: store.read_entries(Kind.MUTATING),
}
WRITES: dict[str, Call] = {
    "create_secret": lambda store: store.create_secret({"a": b"b"}, manager="m"),
    "update_secret": lambda store: store.update_secret({"a": b"b"}, version="1/2"),
    "patch_entries": lambda store: store.patch_entries(Kind.VALIDATING, []),
}
CALLS = READS | WRITES


def refusal(api: KubernetesApi, run: Run, call: Call, response: Response) -> StoreError:
    """Return the error that a response becomes."""
    api.faults.append(response)
    with pytest.raises(StoreError) as caught:
        run(call)
    return caught.value


def test_a_secret_is_created_read_and_updated(run: Run) -> None:
    async def work(store: CertificateStore) -> None:
        assert await store.read_secret() is None
        created = await store.create_secret({"one": b"\x00\xff", "two": b""}, manager="replica-1")
        assert await store.read_secret() == created
        assert created.data == {"one": b"\x00\xff", "two": b""}
        updated = await store.update_secret({"one": b"new", "two": b"2"}, version=created.version)
        assert await store.read_secret() == updated
        assert updated.data == {"one": b"new", "two": b"2"}

    run(work)


def test_a_secret_that_exists_is_not_created(run: Run) -> None:
    async def work(store: CertificateStore) -> None:
        await store.create_secret({"one": b"1"}, manager="replica-1")
        with pytest.raises(ConflictError):
            await store.create_secret({"one": b"2"}, manager="replica-2")

    run(work)


def test_a_secret_that_changed_or_went_away_is_not_updated(api: KubernetesApi, run: Run) -> None:
    async def work(store: CertificateStore) -> None:
        first = await store.create_secret({"one": b"1"}, manager="replica-1")
        await store.update_secret({"one": b"2"}, version=first.version)
        with pytest.raises(ConflictError):
            await store.update_secret({"one": b"3"}, version=first.version)
        api.cluster.secret = None
        with pytest.raises(ConflictError):
            await store.update_secret({"one": b"3"}, version=first.version)

    run(work)


def test_entries_are_read_in_order_and_patched_with_a_test(api: KubernetesApi, run: Run) -> None:
    async def work(store: CertificateStore) -> None:
        entries = await store.read_entries(Kind.MUTATING)
        assert entries
        assert [entry.name for entry in entries] == ["one.example.com", "two.example.com"]
        test = {"op": "test", "path": "/webhooks/1/clientConfig", "value": dict(entries[1].client_config)}
        add = {"op": "add", "path": "/webhooks/1/clientConfig/caBundle", "value": "QQ=="}
        await store.patch_entries(Kind.MUTATING, [test, add])
        with pytest.raises(ConflictError):
            await store.patch_entries(Kind.MUTATING, [test, add])

    run(work)
    assert [ca_bundle(entry) for entry in api.cluster.configurations[Kind.MUTATING]] == ["", "QQ=="]
    assert [ca_bundle(entry) for entry in api.cluster.configurations[Kind.VALIDATING]] == ["", ""]


def test_a_configuration_that_is_missing_reads_as_none_and_cannot_be_patched(
    api: KubernetesApi, run: Run
) -> None:
    del api.cluster.configurations[Kind.VALIDATING]

    async def work(store: CertificateStore) -> None:
        assert await store.read_entries(Kind.VALIDATING) is None
        with pytest.raises(NotFoundError):
            await store.patch_entries(Kind.VALIDATING, [])

    run(work)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RefusedError),
        (401, ForbiddenError),
        (403, ForbiddenError),
        (405, RefusedError),
        (408, UnavailableError),
        (409, ConflictError),
        (413, RefusedError),
        (415, RefusedError),
        (429, UnavailableError),
        (500, UnavailableError),
        (503, UnavailableError),
        (504, UnavailableError),
    ],
)
def test_each_status_is_an_error(
    api: KubernetesApi, run: Run, call: str, status: int, error: type[StoreError]
) -> None:
    refused = refusal(api, run, CALLS[call], Response.of(status, "because"))
    assert type(refused) is error
    assert str(status) in str(refused)
    assert "because" in str(refused)


@pytest.mark.parametrize("call", CALLS)
def test_a_value_that_the_api_server_cannot_take_is_refused(api: KubernetesApi, run: Run, call: str) -> None:
    assert type(refusal(api, run, CALLS[call], Response.of(422, "invalid", "data"))) is RefusedError


def test_an_admission_policy_in_the_way_is_no_conflict(api: KubernetesApi, run: Run) -> None:
    denied = Response.of(422, "ValidatingAdmissionPolicy 'ca-bundle-only' denied request: only caBundle")
    denied.body["details"] = {"name": "x", "kind": "y", "causes": [{"message": "only caBundle"}]}
    error = refusal(api, run, WRITES["patch_entries"], denied)
    assert type(error) is RefusedError
    assert "ca-bundle-only" in str(error)


def test_a_secret_that_was_made_again_is_a_conflict(api: KubernetesApi, run: Run) -> None:
    response = Response.of(422, "metadata.uid: Invalid value: field is immutable", "metadata.uid")
    assert type(refusal(api, run, WRITES["update_secret"], response)) is ConflictError


def test_a_missing_namespace_is_told(api: KubernetesApi, run: Run) -> None:
    error = refusal(api, run, WRITES["create_secret"], Response.of(404, 'namespaces "x" not found'))
    assert type(error) is RefusedError
    assert "namespace hf-token-injector does not exist" in str(error)
    response = Response.of(404, "not found")
    assert type(refusal(api, run, WRITES["update_secret"], response)) is NotFoundError


@pytest.mark.parametrize("call", READS)
def test_what_is_missing_only_for_a_proxy_is_not_missing(api: KubernetesApi, run: Run, call: str) -> None:
    assert type(refusal(api, run, READS[call], Response(404, b"<html>"))) is UnavailableError


@pytest.mark.parametrize("call", READS)
@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", {"data": {"a": "b"}, "webhooks": [{}]}, {"metadata": 1, "webhooks": 1}]
)
def test_an_answer_that_makes_no_sense_counts_as_none(
    api: KubernetesApi, run: Run, call: str, body: object
) -> None:
    assert type(refusal(api, run, READS[call], Response(200, body))) is UnavailableError


def test_nothing_that_may_be_a_key_gets_into_a_sentence(api: KubernetesApi, run: Run) -> None:
    error = refusal(api, run, READS["read_secret"], Response.of(403, "key " + "MHcCAQEEIB" * 9 + "= end"))
    assert str(error).endswith("403: key … end")


def test_a_server_that_says_nothing_is_unavailable_after_the_time_limit(api: KubernetesApi, run: Run) -> None:
    api.silent = True
    with pytest.raises(UnavailableError, match=r"did not answer within 0\.2 s"):
        run(READS["read_secret"], seconds=0.2)


def test_a_closed_port_is_unavailable_and_open_again_it_works(
    api: KubernetesApi, run: Run, tmp_path: Path
) -> None:
    async def work(store: CertificateStore) -> None:
        assert await store.read_secret() is None
        api.stop()
        with pytest.raises(UnavailableError, match="cannot be reached"):
            await store.read_secret()
        api.start(tmp_path)
        assert await store.read_secret() is None

    run(work)


def test_rotation_makes_exactly_the_calls_that_its_role_allows(api: KubernetesApi, run: Run) -> None:
    identity = Identity("hf-token-injector", service_names("hf-token-injector", "hf-token-injector"), "pod-1")
    clock = ManualClock()

    async def work(store: CertificateStore) -> None:
        rotation = Rotation(store, identity=identity, clock=clock)
        outcome = await rotation.step()
        assert outcome.ready
        await rotate(store, identity=identity, now=clock.now())
        for _ in range(12):
            clock.advance(10)
            outcome = await rotation.step()
        assert not outcome.troubles

    run(work)
    assert set(api.cluster.calls) == set(PERMISSIONS)
