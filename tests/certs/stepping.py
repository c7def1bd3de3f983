"""Replicas that step in turn, and looks at what they made of the cluster."""

from base64 import b64decode
from datetime import timedelta

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.outcome import Cause, Outcome
from certs.request import rotate
from certs.state import State, parse
from certs.store import (
    Kind,
)
from certs.view import Identity
from tests.certs.cluster import Cluster, ClusterStore, ca_bundle
from tests.certs.replicas import AUTHORITY, NAMES, Replica
from tests.certs.running import run

IDENTITY = Identity(AUTHORITY, NAMES, "cli")
TICK = timedelta(seconds=10)


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
