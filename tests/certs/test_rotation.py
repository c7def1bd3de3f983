"""A rotation from its start to its end, with replicas that step in turn."""

from datetime import timedelta

from certs.authority import issue_authority, issue_leaf
from certs.lifetimes import AUTHORITY_LIFETIME, LEAF_LIFETIME, RETIREMENT_MARGIN
from certs.outcome import Cause, Outcome, Stage
from certs.report import BUSY_LOOK, NEXT_LOOK, STEADY_LOOK
from certs.store import (
    Kind,
)
from certs.verify import verify_leaf
from certs.view import Action
from tests.certs.cluster import START, Cluster, configuration
from tests.certs.replicas import NAMES, Replica
from tests.certs.stepping import (
    TICK,
    ask,
    causes,
    certificate,
    edit,
    published,
    secret,
    step,
    steps,
)


def test_the_first_replica_is_ready_after_one_step(cluster: Cluster) -> None:
    outcome = step(Replica(cluster))
    assert (outcome.ready, outcome.stage, outcome.waiting_for) == (True, Stage.STEADY, "")
    assert outcome.did == (Action.FOUNDED, *[Action.PUBLISHED] * 3, Action.ADOPTED)
    assert outcome.pair is not None
    assert outcome.expires == START + LEAF_LIFETIME
    assert verify_leaf(outcome.pair, published(cluster), NAMES, now=cluster.now) == ()
    assert published(cluster, Kind.VALIDATING) == secret(cluster).bundle


def test_of_two_that_start_at_once_one_creates_and_both_serve_the_same(cluster: Cluster) -> None:
    one, other = Replica(cluster), Replica(cluster, "pod-2")
    outcomes: list[Outcome] = []
    while len(outcomes) < 2:
        for replica in (one, other):
            replica.resume()
            outcomes += [replica.outcome] if replica.outcome and not replica.under_way else []
    late = next(outcome for outcome in outcomes if outcome.troubles)
    assert (causes(late), late.look_after) == ({Cause.CONFLICT}, NEXT_LOOK)
    assert step(one).pair == step(other).pair
    assert step(one).ready
    assert step(other).ready


def test_no_configuration_is_no_reason_to_wait() -> None:
    outcome = step(Replica(Cluster()))
    assert (outcome.ready, outcome.stage) == (True, Stage.NO_CONFIGURATION)
    assert outcome.look_after == STEADY_LOOK


def test_a_policy_that_is_off_is_no_reason_to_wait_and_is_served_once_it_is_on(cluster: Cluster) -> None:
    del cluster.configurations[Kind.VALIDATING]
    replica = Replica(cluster)
    assert step(replica).ready
    cluster.configurations[Kind.VALIDATING] = configuration("pods", "controlled-pods")
    outcome = step(replica)
    assert (outcome.ready, outcome.did) == (True, (Action.PUBLISHED, Action.PUBLISHED))
    for index in range(2):
        assert published(cluster, Kind.VALIDATING, index) == secret(cluster).bundle
    del cluster.configurations[Kind.VALIDATING]
    assert steps(replica).ready


def test_without_a_configuration_a_rotation_waits_as_well() -> None:
    cluster = Cluster()
    replica = Replica(cluster)
    first = step(replica).pair
    ask(cluster)
    outcome = step(replica)
    assert (outcome.pair, outcome.look_after) == (first, BUSY_LOOK)
    assert steps(replica).pair != first


def test_a_rotation_takes_its_stages_one_after_another(cluster: Cluster) -> None:
    one, other = Replica(cluster), Replica(cluster, "pod-2")
    old = step(one).pair
    step(other)
    ask(cluster)
    outcome = step(one)
    assert (outcome.stage, outcome.look_after) == (Stage.WAITING, BUSY_LOOK)
    assert outcome.waiting_for == "every API server to see the new CA: 60 s"
    assert [len(published(cluster, kind)) for kind in Kind] == [2, 2]
    for _ in range(5):
        cluster.wait(TICK)
        assert step(one).pair == step(other).pair == old
    cluster.wait(TICK)
    outcome = step(one)
    assert (outcome.stage, outcome.did) == (Stage.SWITCHING, (*[Action.LED] * 3, Action.ADOPTED))
    outcome = step(other)
    assert (outcome.stage, outcome.did) == (Stage.RETIRING, (Action.PROMOTED, Action.ADOPTED))
    assert one.outcome is not None
    assert one.outcome.pair == outcome.pair != old
    assert outcome.waiting_for == "the last leaf of an old CA to expire on 2026-03-31 13:01:00 UTC."[:-1]
    cluster.wait(LEAF_LIFETIME + RETIREMENT_MARGIN - timedelta(seconds=1))
    assert len(published(cluster)) == 2
    step(one)
    assert len(published(cluster)) == 2
    cluster.wait(timedelta(seconds=2))
    outcome = step(one)
    assert outcome.stage == Stage.STEADY
    assert published(cluster) == (certificate(secret(cluster).authority),)


def test_a_replica_that_starts_in_the_middle_is_ready_at_once_with_the_old_leaf(cluster: Cluster) -> None:
    replica = Replica(cluster)
    old = step(replica).pair
    ask(cluster)
    step(replica)
    outcome = step(Replica(cluster, "pod-2"))
    assert (outcome.pair, outcome.ready) == (old, True)


def test_a_replica_that_starts_before_the_promotion_serves_the_leaf_whose_ca_leads(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    ask(cluster)
    new = secret(cluster).next_leaf
    steps(replica, 6)
    assert secret(cluster).next_leaf == new
    outcome = step(Replica(cluster, "pod-2"))
    assert (outcome.pair, outcome.ready) == (new, True)


def test_a_pause_longer_than_the_gap_starts_the_wait_anew(cluster: Cluster) -> None:
    replica = Replica(cluster)
    old = step(replica).pair
    ask(cluster)
    step(replica)
    cluster.wait(timedelta(minutes=5))
    assert step(replica).pair == old
    assert steps(replica).pair != old


def test_a_leaf_is_renewed_by_its_ca_without_a_wait(cluster: Cluster) -> None:
    replica = Replica(cluster)
    old = step(replica).pair
    cluster.wait(LEAF_LIFETIME * 2 / 3 + timedelta(hours=1))
    outcome = step(replica)
    assert (outcome.did, outcome.stage) == ((Action.RENEWED, Action.ADOPTED), Stage.STEADY)
    assert outcome.pair != old
    assert outcome.ready


def test_a_ca_is_replaced_after_two_thirds_of_its_life(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    old = secret(cluster).authority
    cluster.wait(AUTHORITY_LIFETIME * 2 / 3 + timedelta(hours=1))
    assert Action.BEGUN in step(replica).did
    steps(replica)
    assert secret(cluster).authority != old


def test_a_leaf_that_could_live_no_longer_is_not_renewed(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    authority = issue_authority("short", now=cluster.now, lifetime=timedelta(days=3))
    leaf = issue_leaf(authority, NAMES, now=cluster.now)
    edit(
        cluster,
        ca_crt=authority.certificate,
        ca_key=authority.key,
        tls_crt=leaf.certificate,
        tls_key=leaf.key,
    )
    cluster.wait(timedelta(days=2, hours=12))
    outcome = step(replica)
    assert secret(cluster).leaf == leaf
    assert Action.BEGUN in outcome.did
