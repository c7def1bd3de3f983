"""Any number of replicas, any schedule: no client ever meets a leaf that it cannot verify.

A replica is stopped before and after each call of its store. Between two stops others run, time passes,
clocks jump, processes die, reads are stale, answers get lost, and people break things.
"""

# ruff: noqa: D102 - the name of a rule is its sentence

from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from certs import bundle
from certs.authority import issue_authority, issue_leaf
from certs.lifetimes import CLOCK_ERROR
from certs.report import STEADY_LOOK
from certs.request import rotate
from certs.state import parse
from certs.store import ConflictError, ForbiddenError, Kind, RefusedError, StoreError, UnavailableError
from certs.view import Identity
from tests.certs.cluster import Cluster, ClusterStore, Configuration, ca_bundle, configuration
from tests.certs.replicas import AUTHORITY, NAMES, Replica
from tests.certs.running import run

CLIENT_LAG = timedelta(seconds=30)
"""How old the bundle that a client trusts may be."""

CUT_OFF = timedelta(days=5)
"""A replica that made no step without a fault for so long may serve a leaf that expired."""

LAG = st.integers(0, 45).map(lambda seconds: timedelta(seconds=seconds))
SKEW = st.integers(-300, 300).map(lambda seconds: timedelta(seconds=seconds))
WHICH = st.integers(0, 2)

Slot = tuple[Kind, str]


def slots(held: dict[Kind, Configuration]) -> Iterator[tuple[Slot, str]]:
    for kind, entries in held.items():
        for entry in entries:
            yield (kind, entry["name"]), ca_bundle(entry)


@lru_cache(maxsize=4096)
def trusts(ca_bundle: str, certificate: bytes, now: datetime) -> bool:
    """Verify as a client does, with a verifier that is none of ours."""
    anchors = bundle.parse(b64decode(ca_bundle)).certificates
    if not anchors:
        return False
    leaf = x509.load_pem_x509_certificate(certificate)
    policy = PolicyBuilder().store(Store(list(anchors))).time(now)
    try:
        policy.build_server_verifier(x509.DNSName(NAMES[0])).verify(leaf, [])
    except VerificationError:
        return False
    return True


class Schedules(RuleBasedStateMachine):
    """Replicas, time, faults and people.

    `tainted` has the entries whose `caBundle` a person broke; a client may be excused there until every
    replica has looked once without a fault and the entry is good again, and for `CLIENT_LAG` after that.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster()
        self.replicas: list[Replica] = []
        self.tainted: dict[Slot, datetime] = {}
        self.excused: dict[Slot, datetime] = {}

    @initialize(published=st.booleans())
    def install(self, *, published: bool) -> None:
        self.cluster.configurations = {
            Kind.MUTATING: configuration("inferenceservices", "pods"),
            Kind.VALIDATING: configuration("policy"),
        }
        if not published:
            self.cluster.configurations = {}
        self.cluster.remember()
        for slot, _ in slots(self.cluster.configurations):
            self.tainted[slot] = self.cluster.now
        for number in range(3):
            self.replicas.append(Replica(self.cluster, f"pod-{number}"))

    @rule(which=WHICH, pauses=st.integers(1, 12))
    def go_on(self, which: int, pauses: int) -> None:
        for _ in range(pauses):
            self.replicas[which].resume()
            self.check()

    @rule(which=WHICH)
    def finish(self, which: int) -> None:
        self.replicas[which].finish()

    @rule(rounds=st.integers(1, 9))
    def everybody_looks_for_a_while(self, rounds: int) -> None:
        for _ in range(rounds):
            self.look()
            self.cluster.wait(timedelta(seconds=10))
            self.check()
        self.look()

    @rule(which=WHICH)
    def die_and_start_anew(self, which: int) -> None:
        self.replicas[which].die()
        self.replicas[which] = Replica(self.cluster, f"pod-{which}")

    @rule(delay=LAG)
    def wait(self, delay: timedelta) -> None:
        self.cluster.wait(delay)

    @rule(hops=st.lists(st.integers(1, 3), min_size=1, max_size=10), absent=st.none() | WHICH)
    def days_pass(self, hops: list[int], absent: int | None) -> None:
        for days in hops:
            self.cluster.wait(timedelta(days=days))
            self.settle([one for number, one in enumerate(self.replicas) if number != absent], rounds=15)

    @rule(which=WHICH, offset=SKEW)
    def clock_jumps(self, which: int, offset: timedelta) -> None:
        self.replicas[which].offset = offset

    @rule(which=WHICH, seconds=st.integers(1, 300), counted=st.booleans())
    def suspend(self, which: int, seconds: int, *, counted: bool) -> None:
        delay = timedelta(seconds=seconds)
        self.cluster.wait(delay)
        if not counted:
            self.replicas[which].suspended += delay

    @rule(which=WHICH, ages=st.lists(LAG, min_size=1, max_size=4))
    def reads_are_stale(self, which: int, ages: list[timedelta]) -> None:
        self.replicas[which].faults.stale = ages

    @rule(which=WHICH)
    def an_answer_gets_lost(self, which: int) -> None:
        self.replicas[which].faults.lost = True

    @rule(which=WHICH, error=st.sampled_from([ForbiddenError, RefusedError, ConflictError, UnavailableError]))
    def a_call_fails(self, which: int, error: type[StoreError]) -> None:
        self.replicas[which].faults.error = error("no.")

    @rule()
    def somebody_asks_for_a_new_authority(self) -> None:
        try:
            run(rotate(ClusterStore(self.cluster), identity=self.identity, now=self.cluster.now))
        except StoreError:
            return

    @precondition(lambda self: self.cluster.secret is not None)
    @rule()
    def somebody_deletes_the_secret(self) -> None:
        self.cluster.secret = None
        self.cluster.remember()

    @precondition(lambda self: self.cluster.secret is not None)
    @rule(data=st.data())
    def somebody_puts_garbage_into_the_secret(self, data: st.DataObject) -> None:
        assert self.cluster.secret is not None
        keys = data.draw(st.lists(st.sampled_from(sorted(self.cluster.secret.data)), min_size=1, max_size=4))
        garbage = data.draw(st.sampled_from([b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n"]))
        self.edit_secret(dict.fromkeys(keys, garbage))

    @precondition(lambda self: self.cluster.secret is not None)
    @rule(data=st.data())
    def somebody_restores_a_backup(self, data: st.DataObject) -> None:
        backups = [secret.data for _, secret, _ in self.cluster.history if secret]
        self.edit_secret(data.draw(st.sampled_from(backups)))

    @precondition(lambda self: self.cluster.secret is not None)
    @rule(with_leaf=st.booleans())
    def somebody_brings_an_authority(self, *, with_leaf: bool) -> None:
        authority = issue_authority("corporate", now=self.cluster.now)
        leaf = issue_leaf(authority, NAMES, now=self.cluster.now)
        brought = {"ca.crt": authority.certificate, "ca.key": authority.key}
        self.edit_secret(brought | ({"tls.crt": leaf.certificate, "tls.key": leaf.key} if with_leaf else {}))

    @rule(data=st.data())
    def somebody_breaks_a_bundle(self, data: st.DataObject) -> None:
        places = [(kind, i) for kind, held in self.cluster.configurations.items() for i in range(len(held))]
        for kind, index in data.draw(st.lists(st.sampled_from(places), max_size=3)) if places else []:
            foreign = issue_authority("foreign", now=self.cluster.now).certificate
            held = b64decode(ca_bundle(self.cluster.configurations[kind][index]))
            earlier = [
                b64decode(value)
                for _, _, configurations in self.cluster.history
                for slot, value in slots(configurations)
                if slot[0] == kind
            ]
            value = data.draw(
                st.sampled_from([b"", b"garbage", foreign, held + foreign, foreign + held, *earlier])
            )
            self.cluster.set_bundle(kind, index, value)
            self.taint(kind, self.cluster.configurations[kind][index]["name"])

    @rule(kind=st.sampled_from(Kind), names=st.lists(st.sampled_from("abc"), max_size=3, unique=True))
    def somebody_replaces_a_configuration(self, kind: Kind, names: list[str]) -> None:
        for entry in self.cluster.configurations.get(kind, []):
            self.excused[kind, entry["name"]] = self.cluster.now
        self.cluster.configurations[kind] = configuration(*names)
        if not names:
            del self.cluster.configurations[kind]
        self.cluster.remember()
        for name in names:
            self.taint(kind, name)

    def edit_secret(self, data: dict[str, bytes]) -> None:
        secret = self.cluster.secret
        assert secret is not None
        secret.data |= data
        secret.owners |= {key: {"kubectl"} for key in data}
        secret.version = self.cluster.number()
        self.cluster.remember()

    def taint(self, kind: Kind, name: str) -> None:
        self.tainted[kind, name] = self.cluster.now

    def look(self) -> None:
        for replica in self.replicas:
            replica.finish()
            self.check()

    @property
    def identity(self) -> Identity:
        return Identity(AUTHORITY, NAMES, "cli")

    @invariant()
    def check(self) -> None:
        """No client that trusts what was published in the last 30 s meets a leaf that it cannot verify."""
        now = self.cluster.now
        self._heal()
        for replica in self.replicas:
            if not (replica.entered and replica.outcome and replica.outcome.pair):
                continue
            leaf = replica.outcome.pair.certificate
            if now - replica.clean_at > CUT_OFF and _expired(leaf, _client_clocks(now)[1]):
                continue
            for slot, value in {pair for held in self.cluster.during(CLIENT_LAG) for pair in slots(held)}:
                if slot in self.tainted or self.excused.get(slot, now - CLIENT_LAG) > now - CLIENT_LAG:
                    continue
                for client_now in _client_clocks(now):
                    assert trusts(value, leaf, client_now), (slot, replica.outcome)

    def _heal(self) -> None:
        for slot, value in slots(self.cluster.configurations):
            broken_at = self.tainted.get(slot)
            if broken_at is None:
                continue
            serving = [one for one in self.replicas if one.entered and one.outcome and one.outcome.pair]
            if (
                serving
                and all(one.clean_at >= broken_at for one in self.replicas)
                and all(
                    trusts(value, one.outcome.pair.certificate, _client_clocks(self.cluster.now)[1])
                    for one in serving
                    if one.outcome and one.outcome.pair
                )
            ):
                del self.tainted[slot]
                self.excused[slot] = self.cluster.now

    def teardown(self) -> None:
        """Left alone, all replicas converge: one leaf, nothing published that is not needed, ready."""
        if not self.replicas:
            return
        for replica in self.replicas:
            replica.faults.__init__()  # type: ignore[misc]
            replica.offset = timedelta(0)
        self.settle(self.replicas, rounds=150)
        for _ in range(7):
            self.cluster.wait(timedelta(days=8))
            self.settle(self.replicas, rounds=20)
        outcomes = [replica.outcome for replica in self.replicas if replica.outcome]
        assert all(outcome.ready for outcome in outcomes), outcomes
        assert len({outcome.pair for outcome in outcomes}) == 1
        assert self.cluster.secret is not None
        state = parse(self.cluster.secret.data)
        assert state.leaf == outcomes[0].pair
        assert all(trusted.until is None and not trusted.found for trusted in state.trusted)
        for _, value in slots(self.cluster.configurations):
            assert bundle.same(bundle.parse(b64decode(value)).certificates, state.bundle)
        assert len(state.bundle) == 1 + (state.next_authority is not None)

    def settle(self, replicas: list[Replica], *, rounds: int) -> None:
        """Let replicas look every ten seconds until there is nothing that they want to look at soon."""
        for _ in range(rounds):
            for replica in replicas:
                replica.finish()
                self.check()
            if all(one.outcome and one.outcome.look_after >= STEADY_LOOK for one in replicas):
                break
            self.cluster.wait(timedelta(seconds=10))


def _client_clocks(now: datetime) -> tuple[datetime, datetime]:
    """Return the time of a slow and of a fast client, outwards to ten minutes so that answers can be kept."""
    slow, fast = now - CLOCK_ERROR, now + CLOCK_ERROR
    ten = timedelta(minutes=10)
    rest = timedelta(minutes=slow.minute % 10, seconds=slow.second, microseconds=slow.microsecond)
    return slow - rest, fast - rest + ten


def _expired(certificate: bytes, now: datetime) -> bool:
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc <= now


TestSchedules = Schedules.TestCase
TestSchedules.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a schedule takes many minutes
)
