"""What people and other controllers break, each as the documentation names it."""

from datetime import timedelta

import pytest

from certs.authority import issue_authority, issue_leaf
from certs.lifetimes import LEAF_LIFETIME, RETIREMENT_MARGIN
from certs.memory import ALL_WRITES, SAME_WRITES
from certs.outcome import Cause, Stage
from certs.state import DROPPED_LIMIT, TRUSTED_LIMIT
from certs.store import (
    ForbiddenError,
    Kind,
)
from certs.verify import leaf_names
from certs.view import Action, Identity
from tests.certs.cluster import START, Cluster, configuration
from tests.certs.replicas import AUTHORITY, NAMES, Replica
from tests.certs.stepping import (
    ask,
    causes,
    certificate,
    edit,
    published,
    secret,
    step,
    steps,
)


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
