"""The API in memory behaves as the real one where rotation depends on it."""

import pytest

from certs.store import FIELD_MANAGER, ConflictError, Kind, NotFoundError
from tests.certs.cluster import Cluster, ClusterStore, configuration
from tests.certs.running import run


def test_a_second_creator_conflicts() -> None:
    store = ClusterStore(Cluster())
    run(store.create_secret({"tls.crt": b"1"}, manager="one"))
    with pytest.raises(ConflictError, match="another field manager"):
        run(store.create_secret({"tls.crt": b"2"}, manager="two"))


def test_the_same_creator_overwrites_which_is_why_each_attempt_has_its_own_name() -> None:
    store = ClusterStore(Cluster())
    run(store.create_secret({"tls.crt": b"1"}, manager="one"))
    assert run(store.create_secret({"tls.crt": b"2"}, manager="one")).data == {"tls.crt": b"2"}


def test_an_update_of_an_old_version_or_of_a_deleted_secret_conflicts() -> None:
    store = ClusterStore(Cluster())
    secret = run(store.create_secret({"tls.crt": b"1"}, manager="one"))
    run(store.update_secret({"tls.crt": b"2"}, version=secret.version))
    with pytest.raises(ConflictError, match="modified"):
        run(store.update_secret({"tls.crt": b"3"}, version=secret.version))
    store.cluster.secret = None
    with pytest.raises(ConflictError, match="uid"):
        run(store.update_secret({"tls.crt": b"3"}, version=secret.version))


def test_apply_removes_only_keys_that_nobody_else_owns() -> None:
    cluster = Cluster()
    cluster.apply({"a": b"1", "b": b"1"}, manager="one", force=False)
    cluster.apply({"b": b"1", "c": b"1"}, manager=FIELD_MANAGER, force=True)
    assert cluster.apply({"b": b"2"}, manager=FIELD_MANAGER, force=True).data == {"a": b"1", "b": b"2"}


def test_a_patch_whose_test_fails_changes_nothing() -> None:
    cluster = Cluster(configurations={Kind.MUTATING: configuration("a")})
    operations = [
        {"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": "eA=="},
        {"op": "test", "path": "/webhooks/0/name", "value": "b"},
    ]
    with pytest.raises(ConflictError):
        cluster.patch(Kind.MUTATING, operations)
    assert cluster.configurations == {Kind.MUTATING: configuration("a")}
    with pytest.raises(NotFoundError):
        cluster.patch(Kind.VALIDATING, operations)
