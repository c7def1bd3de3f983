"""An API server that refuses, and what people ask for by command."""

import pytest

from certs.authority import issue_authority
from certs.outcome import Cause, Stage
from certs.release import Released, release
from certs.report import LONGEST_BACKOFF
from certs.state import TRUSTED_LIMIT
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
from tests.certs.cluster import START, Cluster, ClusterStore
from tests.certs.replicas import Replica
from tests.certs.running import run
from tests.certs.stepping import ask, causes, secret, step, steps


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ForbiddenError, Cause.FORBIDDEN),
        (RefusedError, Cause.REFUSED),
        (UnavailableError, Cause.UNAVAILABLE),
        (NotFoundError, Cause.NOT_FOUND),
        (ConflictError, Cause.CONFLICT),
        (StoreError, Cause.UNAVAILABLE),
    ],
)
def test_errors_are_told_and_looks_become_rarer(
    cluster: Cluster, error: type[StoreError], cause: Cause
) -> None:
    replica = Replica(cluster)
    waits = []
    for _ in range(8):
        replica.faults.error = error("no.")
        outcome = step(replica)
        waits.append(outcome.look_after.total_seconds())
    assert (outcome.pair, outcome.stage, outcome.ready) == (None, Stage.UNKNOWN, False)
    assert list(outcome.troubles) == [(cause, "The Secret cannot be read: no.")]
    assert waits == [1, 2, 4, 8, 16, 32, 60, LONGEST_BACKOFF.total_seconds()]
    assert step(replica).ready


@pytest.mark.parametrize("pauses", [3, 5])
def test_an_unreadable_configuration_stops_rotating_but_not_serving(cluster: Cluster, pauses: int) -> None:
    replica = Replica(cluster)
    pair = step(replica).pair
    ask(cluster)
    for _ in range(pauses - 1):
        replica.resume()
    replica.faults.error = ForbiddenError("no.")
    outcome = step(replica)
    assert (outcome.pair, outcome.ready, outcome.stage) == (pair, True, Stage.UNKNOWN)
    assert causes(outcome) == {Cause.FORBIDDEN}


def test_nothing_is_created_while_a_configuration_is_unreadable(cluster: Cluster) -> None:
    replica = Replica(cluster)
    for _ in range(3):
        replica.resume()
    replica.faults.error = ForbiddenError("no.")
    outcome = step(replica)
    assert cluster.secret is None
    assert (outcome.pair, outcome.stage) == (None, Stage.UNKNOWN)


def test_a_lost_answer_does_no_harm(cluster: Cluster) -> None:
    replica = Replica(cluster)
    replica.faults.lost = True
    assert causes(step(replica)) == {Cause.UNAVAILABLE}
    leaf = secret(cluster).leaf
    replica.faults.lost = True
    step(replica)
    outcome = step(replica)
    assert (outcome.pair, outcome.ready) == (leaf, True)


def test_rotation_makes_exactly_the_calls_that_it_has_rights_for(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    ask(cluster)
    steps(replica)
    run(release(ClusterStore(cluster)))
    assert set(cluster.calls) == set(PERMISSIONS)
    assert len(PERMISSIONS) == len(set(PERMISSIONS))


def test_a_rotation_needs_a_secret() -> None:
    with pytest.raises(NotFoundError, match="no Secret yet"):
        ask(Cluster())


def test_one_rotation_at_a_time(cluster: Cluster) -> None:
    step(Replica(cluster))
    ask(cluster)
    with pytest.raises(RefusedError, match="under way"):
        ask(cluster)


def test_rotations_without_end_are_refused(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    for _ in range(TRUSTED_LIMIT - 1):
        ask(cluster)
        steps(replica)
    with pytest.raises(
        RefusedError, match="holds 16 CAs, which is the limit; the first of them leaves on 2026"
    ):
        ask(cluster)


def test_releasing_takes_our_value_and_leaves_that_of_others(cluster: Cluster) -> None:
    step(Replica(cluster))
    cluster.set_bundle(Kind.MUTATING, 1, issue_authority("foreign", now=START).certificate)
    released = run(release(ClusterStore(cluster)))
    assert released == Released(
        removed=("mutatingwebhookconfigurations/inferenceservices", "validatingwebhookconfigurations/policy"),
        kept=("mutatingwebhookconfigurations/pods",),
    )
    assert "caBundle" not in cluster.configurations[Kind.MUTATING][0]["clientConfig"]
    assert "caBundle" in cluster.configurations[Kind.MUTATING][1]["clientConfig"]


def test_releasing_everything_needs_no_secret(cluster: Cluster) -> None:
    cluster.set_bundle(Kind.MUTATING, 1, b"garbage")
    assert run(release(ClusterStore(cluster))).kept == ("mutatingwebhookconfigurations/pods",)
    assert run(release(ClusterStore(cluster), foreign=True)).removed == (
        "mutatingwebhookconfigurations/pods",
    )
    assert run(release(ClusterStore(Cluster()))) == Released((), ())
