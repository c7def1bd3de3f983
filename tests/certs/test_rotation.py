"""Each situation that the documentation names, with replicas that step in turn."""

from base64 import b64decode
from datetime import timedelta

import pytest
from cryptography import x509

from certs import bundle
from certs.authority import Pair, issue_authority, issue_leaf
from certs.lifetimes import AUTHORITY_LIFETIME, LEAF_LIFETIME, RETIREMENT_MARGIN
from certs.memory import ALL_WRITES, SAME_WRITES
from certs.outcome import Cause, Outcome, Stage
from certs.release import Released, release
from certs.report import BUSY_LOOK, LONGEST_BACKOFF, NEXT_LOOK, STEADY_LOOK
from certs.request import rotate
from certs.state import DROPPED_LIMIT, TRUSTED_LIMIT, State, parse
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
from certs.verify import leaf_names, verify_leaf
from certs.view import Action, Identity
from tests.certs.cluster import START, Cluster, ClusterStore, ca_bundle, configuration
from tests.certs.replicas import AUTHORITY, NAMES, Replica
from tests.certs.running import run

IDENTITY = Identity(AUTHORITY, NAMES, "cli")
TICK = timedelta(seconds=10)


@pytest.fixture
def cluster() -> Cluster:
    """A cluster right after the chart was installed."""
    cluster = Cluster()
    cluster.configurations = {
        Kind.MUTATING: configuration("inferenceservices", "pods"),
        Kind.VALIDATING: configuration("policy"),
    }
    cluster.remember()
    return cluster


def step(replica: Replica) -> Outcome:
    replica.finish()
    assert replica.outcome is not None
    return replica.outcome


def steps(replica: Replica, rounds: int = 8) -> Outcome:
    """Step every ten seconds."""
    for _ in range(rounds):
        step(replica)
        replica.cluster.wait(TICK)
    return step(replica)


def secret(cluster: Cluster) -> State:
    assert cluster.secret is not None
    return parse(cluster.secret.data)


def edit(cluster: Cluster, **data: bytes) -> None:
    assert cluster.secret is not None
    cluster.secret.data |= {key.replace("_", "."): value for key, value in data.items()}
    cluster.secret.version = cluster.number()


def published(cluster: Cluster, kind: Kind = Kind.MUTATING, index: int = 0) -> bundle.Bundle:
    return bundle.parse(b64decode(ca_bundle(cluster.configurations[kind][index]))).certificates


def certificate(pair: Pair | None) -> x509.Certificate:
    assert pair is not None
    found = bundle.first(pair.certificate)
    assert found is not None
    return found


def ask(cluster: Cluster) -> None:
    run(rotate(ClusterStore(cluster), identity=IDENTITY, now=cluster.now))


def causes(outcome: Outcome) -> set[Cause]:
    assert all(trouble.sentence.endswith(".") for trouble in outcome.troubles)
    return {trouble.cause for trouble in outcome.troubles}


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


def test_a_deleted_secret_comes_back_with_the_served_leaf_and_a_new_ca(cluster: Cluster) -> None:
    replica = Replica(cluster)
    old = step(replica).pair
    cluster.secret = None
    outcome = step(replica)
    assert outcome.did[:2] == (Action.RESTORED, Action.BEGUN)
    assert (outcome.pair, outcome.ready) == (old, True)
    newcomer = step(Replica(cluster, "pod-2"))
    assert (newcomer.pair, newcomer.ready) == (old, True)
    outcome = steps(replica)
    assert outcome.pair == secret(cluster).leaf != old


def test_when_nobody_remembers_the_leaf_the_newcomer_waits_before_it_is_ready(cluster: Cluster) -> None:
    step(Replica(cluster))
    old = published(cluster)
    cluster.secret = None
    newcomer = Replica(cluster, "pod-2")
    outcome = step(newcomer)
    assert (outcome.ready, outcome.stage) == (False, Stage.WAITING)
    assert published(cluster)[:1] == old
    assert steps(newcomer).ready
    assert published(cluster)[1:] == old


def test_a_restored_backup_is_not_served_before_its_ca_was_seen(cluster: Cluster) -> None:
    replica = Replica(cluster)
    served = step(replica).pair
    authority = issue_authority("backup", now=cluster.now)
    leaf = issue_leaf(authority, NAMES, now=cluster.now)
    edit(
        cluster,
        ca_crt=authority.certificate,
        ca_key=authority.key,
        tls_crt=leaf.certificate,
        tls_key=leaf.key,
    )
    assert step(replica).pair == served
    assert not step(Replica(cluster, "pod-2")).ready
    assert steps(replica).pair == leaf


def test_a_ca_that_a_person_brings_is_rotated_to(cluster: Cluster) -> None:
    replica = Replica(cluster)
    old = step(replica).pair
    brought = issue_authority("corporate", now=cluster.now)
    edit(cluster, ca_crt=brought.certificate, ca_key=brought.key)
    outcome = step(replica)
    assert (outcome.pair, outcome.did[0]) == (old, Action.BEGUN)
    steps(replica)
    assert secret(cluster).authority == brought


def test_a_ca_that_comes_during_a_rotation_is_left_out(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    ask(cluster)
    pending = secret(cluster).next_authority
    brought = issue_authority("corporate", now=cluster.now)
    edit(cluster, ca_crt=brought.certificate, ca_key=brought.key)
    steps(replica)
    assert secret(cluster).authority == pending


@pytest.mark.parametrize("key", ["ca.key", "ca.crt", "tls.crt", "tls.key", "ca-bundle.crt", "trust.json"])
def test_garbage_in_the_secret_is_replaced_while_clients_notice_nothing(cluster: Cluster, key: str) -> None:
    replica = Replica(cluster)
    step(replica)
    edit(cluster, **{key.replace(".", "_"): b"garbage"})
    assert cluster.secret is not None
    outcome = steps(replica)
    assert outcome.ready
    assert not outcome.troubles
    assert outcome.pair == secret(cluster).leaf


def test_garbage_is_named(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    edit(cluster, ca_key=b"garbage", tls_crt=b"garbage")
    assert [trouble.sentence for trouble in step(replica).troubles] == [
        (
            "The Secret's ca.crt with ca.key cannot be used."
            " The private key cannot be read: it is not PEM, is cut short, or has a password."
        ),
        "The Secret's tls.crt with tls.key cannot be used. The certificate is not PEM, or is cut short.",
    ]


def test_a_next_leaf_of_another_ca_is_issued_anew(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    ask(cluster)
    current = secret(cluster).leaf
    assert current is not None
    assert cluster.secret is not None
    cluster.secret.data |= {"next.crt": current.certificate, "next.key": current.key}
    assert step(replica).did[0] == Action.RENEWED
    assert steps(replica).pair != current


def test_a_renamed_service_gets_both_names_until_the_leaf_is_due(cluster: Cluster) -> None:
    old = Replica(cluster)
    step(old)
    new = Replica(cluster, "pod-2")
    new.rotation._identity = Identity(AUTHORITY, ["renamed.platform.svc"], "pod-2")  # noqa: SLF001
    pair = step(new).pair
    assert leaf_names(certificate(pair)) == ("renamed.platform.svc", *NAMES)
    assert step(old).pair == pair
    assert not old.outcome or not old.outcome.troubles


@pytest.mark.parametrize("value", [b"", b"garbage", issue_authority("foreign", now=START).certificate])
def test_a_broken_bundle_is_mended_in_one_step(cluster: Cluster, value: bytes) -> None:
    replica = Replica(cluster)
    step(replica)
    cluster.set_bundle(Kind.MUTATING, 1, value)
    outcome = step(replica)
    assert (outcome.ready, outcome.untrusted) == (True, ())
    assert set(secret(cluster).bundle) == set(published(cluster, index=1))


def test_text_that_is_no_base64_is_replaced(cluster: Cluster) -> None:
    cluster.configurations[Kind.MUTATING][0]["clientConfig"]["caBundle"] = "%%%"
    step(Replica(cluster))
    assert len(published(cluster)) == 1


def test_a_foreign_ca_stays_as_long_as_somebody_may_serve_its_leaf(cluster: Cluster) -> None:
    foreign = issue_authority("cert-manager", now=START)
    cluster.set_bundle(Kind.MUTATING, 0, foreign.certificate)
    replica = Replica(cluster)
    outcome = step(replica)
    assert (outcome.ready, outcome.stage) == (False, Stage.WAITING)
    outcome = steps(replica)
    assert (outcome.ready, outcome.stage) == (True, Stage.RETIRING)
    assert published(cluster)[1] == certificate(foreign)
    cluster.wait(LEAF_LIFETIME + 2 * RETIREMENT_MARGIN)
    step(replica)
    assert certificate(foreign) not in published(cluster)


def test_more_foreign_cas_than_the_limit_are_taken_out(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    ours = published(cluster)
    many = [issue_authority(f"foreign-{n}", now=START).certificate for n in range(DROPPED_LIMIT + 30)]
    cluster.set_bundle(Kind.MUTATING, 0, b"".join(many))
    steps(replica, 20)
    assert ours[0] == published(cluster)[0]
    assert len(published(cluster)) == len(secret(cluster).bundle) == TRUSTED_LIMIT


def test_a_new_entry_is_filled(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    cluster.configurations[Kind.MUTATING] += configuration("added")
    assert step(replica).ready
    assert published(cluster, index=2) == published(cluster)


def test_an_entry_that_another_controller_fights_for_is_reported_and_left_alone(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    for _ in range(SAME_WRITES + 3):
        cluster.set_bundle(Kind.MUTATING, 0, b"")
        outcome = step(replica)
    assert causes(outcome) == {Cause.CONTESTED, Cause.UNTRUSTED}
    assert outcome.stage == Stage.PUBLISHING
    assert outcome.untrusted == ("mutatingwebhookconfigurations/inferenceservices",)
    assert outcome.ready
    patches = [call for call in cluster.calls if (call.verb, call.name) == ("patch", "mutating")]
    assert len(patches) == SAME_WRITES
    cluster.wait(timedelta(minutes=11))
    assert not step(replica).troubles


def test_a_secret_that_somebody_ruins_again_and_again_is_left_alone(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    for _ in range(ALL_WRITES + 1):
        edit(cluster, tls_crt=b"garbage")
        outcome = step(replica)
    assert Cause.CONTESTED in causes(outcome)
    assert (
        len([call for call in cluster.calls if (call.verb, call.name) == ("patch", "secret")]) == ALL_WRITES
    )


def test_bundles_broken_everywhere_make_a_replica_unready_only_while_they_are(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    for kind in Kind:
        for index in range(len(cluster.configurations[kind])):
            cluster.set_bundle(kind, index, None)
    replica.finish()
    replica.resume()
    assert step(replica).ready


def test_who_missed_a_whole_life_of_a_leaf_takes_what_there_is_and_waits(cluster: Cluster) -> None:
    replica, late = Replica(cluster), Replica(cluster, "pod-2")
    step(replica)
    step(late)
    cluster.wait(LEAF_LIFETIME)
    brought = issue_authority("corporate", now=cluster.now)
    leaf = issue_leaf(brought, NAMES, now=cluster.now)
    edit(cluster, ca_crt=brought.certificate, ca_key=brought.key, tls_crt=leaf.certificate, tls_key=leaf.key)
    outcome = step(late)
    assert (outcome.pair, outcome.ready) == (leaf, False)
    assert steps(late).ready


def test_an_expired_leaf_that_nobody_can_renew_is_reported(cluster: Cluster) -> None:
    replica = Replica(cluster)
    step(replica)
    cluster.wait(LEAF_LIFETIME)
    replica.faults.error = ForbiddenError("no.")
    outcome = step(replica)
    assert causes(outcome) == {Cause.FORBIDDEN, Cause.EXPIRED}
    assert not outcome.ready
    assert step(replica).ready


def test_an_expired_leaf_is_not_adopted(cluster: Cluster) -> None:
    replica = Replica(cluster)
    old = step(replica).pair
    step(replica)
    cluster.wait(LEAF_LIFETIME)
    while not any(call.verb == "patch" for call in cluster.calls[-1:]):
        replica.resume()
    replica.faults.lost = True
    assert step(replica).pair == old


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
