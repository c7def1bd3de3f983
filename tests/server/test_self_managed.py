"""Certificates of our own: what the server does with the cluster, and without one."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certs.authority import issue_authority
from certs.store import PERMISSIONS, Entry, Kind, Permission, Store
from tests.kubernetes_api import KubernetesApi
from tests.server.managed import HOST, Managed, wait_for
from tests.server.manual_clock import ManualClock
from tests.server.running import exchange
from webhook.cluster.watching import WATCH_PERMISSIONS

Start = Callable[..., Managed]

PATCHES = {right for right in PERMISSIONS if right.verb == "patch" and right.resource != "secrets"}


@pytest.fixture
def start(api: KubernetesApi, tmp_path: Path) -> Iterator[Start]:
    """Start servers; they are stopped at the end."""
    started: list[Managed] = []

    def start_one(**options: object) -> Managed:
        managed = Managed(api, tmp_path, **options)  # type: ignore[arg-type]
        started.append(managed)
        managed.start()
        return managed

    yield start_one
    for managed in started:
        managed.end()


def handshake(managed: Managed, pem: bytes) -> x509.Certificate:
    """Return the leaf that a client gets which trusts a `caBundle` and nothing else.

    Raises:
        ssl.SSLError: It does not verify.
    """
    context = ssl.create_default_context(cadata=pem.decode())
    with (
        socket.create_connection(("127.0.0.1", managed.port("https")), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as sock,
    ):
        der = sock.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der)


def events(managed: Managed, event: str) -> list[dict[str, object]]:
    return [line for line in managed.lines if line["event"] == event]


def test_a_first_replica_makes_a_certificate_publishes_it_and_is_ready(
    api: KubernetesApi, start: Start
) -> None:
    managed = start()
    wait_for(lambda: managed.ready)
    assert len(api.bundles()) == 4
    for pem in api.bundles():
        assert handshake(managed, pem).not_valid_after_utc > datetime.now(UTC) + timedelta(days=29)


def test_replicas_that_start_together_serve_one_certificate(api: KubernetesApi, start: Start) -> None:
    replicas = [start(), start()]
    for managed in replicas:
        wait_for(lambda managed=managed: managed.ready)  # type: ignore[misc]
    pem = api.bundles()[0]
    assert handshake(replicas[0], pem) == handshake(replicas[1], pem)


def test_without_a_configuration_it_is_ready(api: KubernetesApi, start: Start) -> None:
    api.cluster.configurations.clear()
    managed = start()
    wait_for(lambda: managed.ready)
    assert managed.metric('rotation_stage{stage="NoConfiguration"}') == 1


def test_without_an_api_server_it_says_why_it_is_not_ready_and_goes_on_trying(
    api: KubernetesApi, start: Start, tmp_path: Path
) -> None:
    api.stop()
    managed = start()
    wait_for(lambda: "cannot be reached" in managed.readiness[1])
    status, text = managed.readiness
    assert status == 503
    assert text.startswith(
        "not ready: it has no certificate yet; The Secret cannot be read: https://127.0.0.1:"
    )
    assert managed.get("/livez").status == 200
    assert managed.metric("expiry_timestamp_seconds") is None
    assert managed.metric("last_check_timestamp_seconds") is None
    failures = 'renewal_failures_total{cause="Unavailable"}'
    wait_for(lambda: (managed.metric(failures) or 0) >= 3)
    assert len(events(managed, "certificate trouble")) == 1
    api.start(tmp_path)
    wait_for(lambda: managed.ready)
    handshake(managed, api.bundles()[0])
    wait_for(lambda: len(events(managed, "certificate trouble is over")) == 1)


def test_when_the_api_server_goes_away_it_stays_ready_and_serves_on(api: KubernetesApi, start: Start) -> None:
    managed = start()
    wait_for(lambda: managed.ready)
    pem = api.bundles()[0]
    api.stop()
    wait_for(lambda: bool(managed.metric('renewal_failures_total{cause="Unavailable"}')))
    assert managed.ready
    handshake(managed, pem)


def test_a_bundle_that_a_person_emptied_is_filled_again(api: KubernetesApi, start: Start) -> None:
    managed = start()
    wait_for(lambda: managed.ready)
    with api.lock:
        api.cluster.set_bundle(Kind.VALIDATING, 1, None)
    wait_for(lambda: all(api.bundles()))
    assert managed.ready


def test_it_is_ready_only_when_clients_trust_what_it_serves(api: KubernetesApi, start: Start) -> None:
    foreign = issue_authority("somebody else", now=datetime.now(UTC)).certificate
    for kind in Kind:
        for index in range(2):
            api.cluster.set_bundle(kind, index, foreign)
    api.denied |= PATCHES
    clock = ManualClock()
    managed = start(clock=clock)
    wait_for(lambda: "does not verify" in managed.readiness[1])
    status, text = managed.readiness
    assert status == 503
    assert "cannot be patched: The API server answers patch" in text
    assert "one.example.com" in text
    assert managed.metric("bundle_mismatch") == 4
    assert managed.metric('renewal_failures_total{cause="Forbidden"}')
    assert managed.metric('rotation_stage{stage="Publishing"}') == 1
    assert managed.metric("last_check_timestamp_seconds") is None

    api.denied.clear()
    wait_for(lambda: "it waits for every API server to see the new CA" in managed.readiness[1])
    assert managed.metric("bundle_mismatch") == 0
    for _ in range(7):
        clock.advance(10)
        managed.look()
    wait_for(lambda: managed.ready)
    assert managed.metric("last_check_timestamp_seconds") == pytest.approx(clock.now().timestamp(), abs=0.01)


def test_each_thing_that_can_go_wrong_has_a_metric(api: KubernetesApi, start: Start) -> None:
    managed = start()
    wait_for(lambda: managed.ready)
    leaf = handshake(managed, api.bundles()[0])
    authority = x509.load_pem_x509_certificate(api.bundles()[0])
    assert managed.metric("expiry_timestamp_seconds") == leaf.not_valid_after_utc.timestamp()
    assert managed.metric("ca_expiry_timestamp_seconds") == authority.not_valid_after_utc.timestamp()
    assert managed.metric("bundle_mismatch") == 0
    assert managed.metric('renewal_failures_total{cause="Forbidden"}') == 0
    assert managed.metric('renewal_failures_total{cause="Internal"}') == 0
    assert managed.metric('rotation_stage{stage="Steady"}') == 1
    assert managed.metric('rotation_stage{stage="Unknown"}') == 0
    assert abs((managed.metric("last_check_timestamp_seconds") or 0) - time.time()) < 60


def test_a_mistake_of_ours_is_counted_and_the_next_step_comes(api: KubernetesApi, start: Start) -> None:
    class Broken:
        """A store that breaks once."""

        def __init__(self, store: Store) -> None:
            self._store = store
            self._broken = False

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        async def read_entries(self, kind: Kind) -> Sequence[Entry] | None:
            if not self._broken:
                self._broken = True
                raise RuntimeError("secret-words")
            return await self._store.read_entries(kind)

    managed = start(wrap=Broken)
    wait_for(lambda: managed.ready)
    assert managed.metric('renewal_failures_total{cause="Internal"}') == 1
    assert events(managed, "certificate rotation failed")
    assert b"secret-words" not in managed.log.getvalue()


def test_a_renewed_leaf_is_served_on_new_connections_and_old_ones_live_on(
    api: KubernetesApi, start: Start, review_bytes: bytes
) -> None:
    clock = ManualClock()
    managed = start(clock=clock, check_seconds=3600)
    wait_for(lambda: managed.ready)
    pem = api.bundles()[0]
    old = handshake(managed, pem)
    managed.trust = ssl.create_default_context(cadata=pem.decode())
    connection = managed.connect()
    plain = socket.create_connection(("127.0.0.1", managed.port("https")), timeout=60)
    connection.sock = managed.trust.wrap_socket(plain, server_hostname=HOST)
    assert exchange(connection, review_bytes).status == 200
    clock.advance(timedelta(days=20, hours=1).total_seconds())
    managed.look()
    wait_for(lambda: managed.metric("expiry_timestamp_seconds") != old.not_valid_after_utc.timestamp())
    assert exchange(connection, review_bytes).status == 200
    connection.close()
    stage = events(managed, "certificate rotation")[-1]
    assert stage["did"] == ["Renewed", "Adopted"]


def test_stages_are_logged_and_nothing_of_a_key_is(api: KubernetesApi, start: Start) -> None:
    managed = start()
    wait_for(lambda: managed.ready)
    line = events(managed, "certificate rotation")[0]
    assert (line["stage"], line["before"]) == ("Steady", "Unknown")
    assert line["did"] == ["Founded", "Published", "Adopted"]
    assert api.cluster.secret
    secrets = [value for name, value in api.cluster.secret.data.items() if name.endswith("key") and value]
    said = managed.log.getvalue() + managed.get("/metrics").body
    assert secrets
    for secret in secrets:
        for part in secret.splitlines()[1:-1]:
            assert part not in said


def test_a_stop_does_not_wait_for_the_api_server(api: KubernetesApi, start: Start) -> None:
    api.silent = True
    managed = start()
    wait_for(lambda: bool(api.requests))
    managed.stop()
    # The request's own limit is 600 s here.
    managed.join()


def _rub_out(api: KubernetesApi) -> None:
    """Empty each `caBundle`, as a person or a GitOps controller may."""
    with api.lock:
        for kind in Kind:
            for entry in api.cluster.configurations[kind]:
                entry["clientConfig"].pop("caBundle")
        api.cluster.remember()


def test_a_lost_bundle_is_refilled_without_waiting_for_the_next_look(
    api: KubernetesApi, start: Start
) -> None:
    managed = start(watch=True, check_seconds=3600)
    wait_for(lambda: managed.ready)
    wait_for(lambda: set(WATCH_PERMISSIONS) <= set(api.cluster.calls))
    _rub_out(api)
    # It takes 0.2 s; the next look would come after an hour.
    wait_for(lambda: all(api.bundles()))


def test_a_watch_that_breaks_off_comes_back(api: KubernetesApi, start: Start, tmp_path: Path) -> None:
    managed = start(watch=True, check_seconds=3600)
    wait_for(lambda: managed.ready)
    wait_for(lambda: set(WATCH_PERMISSIONS) <= set(api.cluster.calls))
    api.stop()
    _rub_out(api)
    api.start(tmp_path)
    wait_for(lambda: all(api.bundles()))


def test_without_the_right_to_watch_it_looks_and_says_so_once(api: KubernetesApi, start: Start) -> None:
    api.denied.update(WATCH_PERMISSIONS)
    managed = start(watch=True)
    wait_for(lambda: managed.ready)
    wait_for(lambda: len(events(managed, "changes are noticed late")) > 0)
    _rub_out(api)
    wait_for(lambda: all(api.bundles()))


def test_the_calls_of_a_server_are_those_of_its_role(api: KubernetesApi, start: Start) -> None:
    managed = start(watch=True)
    wait_for(lambda: managed.ready)
    wait_for(lambda: set(WATCH_PERMISSIONS) <= set(api.cluster.calls))
    rights: set[Permission] = {*PERMISSIONS, *WATCH_PERMISSIONS}
    assert set(api.cluster.calls) <= rights
    assert all(token == "Bearer a-token-of-a-service-account" for token in authorizations(api))


def authorizations(api: KubernetesApi) -> list[str]:
    return [headers["Authorization"] for _, _, headers in api.requests]
