"""Decides what the Secret should hold next. Pure but for the random numbers of new keys.

One function a concern, in the order in which they are asked; each takes a state and returns one. All that
they change is one locked write, so whoever dies has either done it or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography import x509

from certs import bundle
from certs.authority import Pair, issue_authority, issue_leaf
from certs.bundle import Bundle, fingerprint
from certs.lifetimes import LEAF_LIFETIME, RETIREMENT_MARGIN, due
from certs.memory import Served
from certs.published import Published
from certs.state import DROPPED_LIMIT, TRUSTED_LIMIT, State, Trusted
from certs.verify import Fault, issued, issuer_of, leaf_names, verify_authority, verify_leaf


class Action(StrEnum):
    """What was done: a label for metrics and logs."""

    FOUNDED = "Founded"
    RENEWED = "Renewed"
    RESTORED = "Restored"
    BEGUN = "Begun"
    PROMOTED = "Promoted"
    RECORDED = "Recorded"
    DROPPED = "Dropped"
    PUBLISHED = "Published"
    LED = "Led"
    ADOPTED = "Adopted"


class Identity(NamedTuple):
    """Whose certificates these are.

    Attributes:
        authority: Common name of a new CA.
        names: Names of a new leaf, see `service_names`. The first is what the API server asks for; a leaf
            without one of the others is not replaced before it is due.
        replica: Who this is, the Pod's name for example; a part of the field manager that creates the Secret.
    """

    authority: str
    names: Sequence[str]
    replica: str


@dataclass(frozen=True)
class View:
    """What a replica sees when it decides.

    Attributes:
        now: The time, with a zone.
        identity: Whose certificates these are.
        published: What the configurations publish.
        served: What this replica serves.
        seen: CAs that this replica has seen in every entry for long enough.
    """

    now: datetime
    identity: Identity
    published: Published
    served: Served | None = None
    seen: Bundle = ()


class Plan(NamedTuple):
    """What the Secret should hold, what that does, and sentences about what was unusable in it."""

    state: State
    actions: tuple[Action, ...]
    unusable: tuple[str, ...]


def plan(state: State, view: View) -> Plan:
    """Return the next contents of the Secret; the same contents where there is nothing to do.

    While a configuration cannot be read, only a leaf is renewed by the CA that it has.
    """
    sound, unusable = _sound(state, view)
    renewed, actions = _renewed(sound, view)
    if not view.published.known:
        return Plan(renewed if actions else state, tuple(actions), unusable)
    for concern in (_with_leaf, _promoted, _begun, _with_ledger):
        renewed, done = concern(renewed, view)
        actions += done
    return Plan(renewed, tuple(actions), unusable)


def begin(state: State, view: View) -> State:
    """Return a state with a new CA that is to be published, and its leaf."""
    authority = issue_authority(view.identity.authority, now=view.now)
    leaf = issue_leaf(authority, view.identity.names, now=view.now)
    begun = replace(state, next_authority=authority, next_leaf=leaf)
    return replace(begun, trusted=(*state.trusted, *map(Trusted, _certificates(authority))))


def issuer(state: State, pair: Pair | None) -> x509.Certificate | None:
    """Return the CA that issued a leaf, as far as the Secret knows it."""
    candidates = bundle.merge(
        _certificates(state.authority), _certificates(state.next_authority), state.bundle
    )
    return issuer_of(pair.certificate, candidates) if pair else None


def _sound(state: State, view: View) -> tuple[State, tuple[str, ...]]:
    """Return a state without the parts that cannot be used, and why."""
    unusable: list[str] = []

    def authority(name: str, pair: Pair | None) -> Pair | None:
        problems = verify_authority(pair, now=view.now) if pair else ()
        unusable.extend(f"The Secret's {name} cannot be used. {problem.sentence}" for problem in problems[:1])
        return None if problems else pair

    def leaf(name: str, pair: Pair | None) -> Pair | None:
        sentence = _leaf_problem(state, pair, view) if pair else ""
        unusable.extend([f"The Secret's {name} cannot be used. {sentence}"] if sentence else [])
        return None if sentence else pair

    sound = replace(
        state,
        authority=authority("ca.crt with ca.key", state.authority),
        leaf=leaf("tls.crt with tls.key", state.leaf),
        next_authority=authority("next-ca.crt with next-ca.key", state.next_authority),
        next_leaf=leaf("next.crt with next.key", state.next_leaf),
    )
    if sound.next_leaf and not (sound.next_authority and _signed(sound.next_authority, sound.next_leaf)):
        sound = replace(sound, next_leaf=None)
    return sound, tuple(unusable)


def _leaf_problem(state: State, pair: Pair, view: View) -> str:
    """Return what is wrong with a leaf; a missing name is nothing if its CA can mend it, see `_reissued`."""
    certificate = issuer(state, pair)
    trusted = () if certificate is None else (certificate,)
    problems = verify_leaf(pair, trusted, _required(view), now=view.now)
    mendable = certificate in (*_certificates(state.authority), *_certificates(state.next_authority))
    return next(
        (problem.sentence for problem in problems if problem.fault != Fault.WRONG_NAME or not mendable), ""
    )


def _renewed(state: State, view: View) -> tuple[State, list[Action]]:
    """Renew leaves by the CA that they have; no wait: every entry that trusts one trusts the other."""
    renewed = replace(
        state,
        leaf=_reissued(state.authority, state.leaf, view),
        next_leaf=_reissued(state.next_authority, state.next_leaf, view),
    )
    return renewed, [Action.RENEWED] if renewed != state else []


def _reissued(authority: Pair | None, leaf: Pair | None, view: View) -> Pair | None:
    """Return a leaf as it is, or a new one where it is missing, due, or lacks the name that matters.

    A leaf without the name that the API server asks for keeps its names when it gets the new one: during a
    rollout that renames the Service, old and new replicas would otherwise replace each other's leaf in turn.
    """
    if authority is None:
        return leaf
    names: Sequence[str] = view.identity.names
    if leaf is not None:
        if not _signed(authority, leaf):
            return leaf
        (old, signer) = _certificates(leaf)[0], _certificates(authority)[0]
        nameless = verify_leaf(leaf, (signer,), _required(view), now=view.now)
        outlives = signer.not_valid_after_utc > old.not_valid_after_utc
        if not nameless and not (due(old, view.now) and outlives):
            return leaf
        if nameless:
            names = tuple(dict.fromkeys((*names, *leaf_names(old))))
    return issue_leaf(authority, names, now=view.now)


def _with_leaf(state: State, view: View) -> tuple[State, list[Action]]:
    """Give a state without a leaf the one that this replica serves, or else a new CA and its leaf.

    The Secret was deleted or ruined, and with it the CA's key. The served leaf lets replicas that start go on
    with what is published while the next CA is.
    """
    if state.leaf:
        return state, []
    served = view.served
    if served and served.established and served.good(view.published, view.now):
        restored = replace(state, authority=None, leaf=served.pair)
        return _trusting(restored, Trusted(served.issuer)), [Action.RESTORED]
    founded = begin(state, view)
    return replace(
        founded,
        authority=founded.next_authority,
        leaf=founded.next_leaf,
        next_authority=state.next_authority,
        next_leaf=state.next_leaf,
    ), [Action.FOUNDED]


def _promoted(state: State, view: View) -> tuple[State, list[Action]]:
    """Make the next CA and leaf the current ones as soon as the CA leads every entry.

    Where there are no entries, the replica's own wait counts: entries may appear any time.
    """
    issuer_next = issuer(state, state.next_leaf)
    if issuer_next is None or not view.published.led_by(issuer_next):
        return state, []
    if not view.published.slots and issuer_next not in view.seen:
        return state, []
    old = issuer(state, state.leaf)
    ends = max(certificate.not_valid_after_utc for certificate in _certificates(state.leaf))
    promoted = replace(
        state,
        authority=state.next_authority,
        leaf=state.next_leaf,
        next_authority=None,
        next_leaf=None,
        trusted=tuple(
            one._replace(until=_retirement(old, max(ends, view.now + LEAF_LIFETIME)))
            if one.certificate == old
            else one
            for one in state.trusted
        ),
    )
    return promoted, [Action.PROMOTED]


def _begun(state: State, view: View) -> tuple[State, list[Action]]:
    """Begin with a next CA where the current one is due, cannot sign, or was replaced by a person's."""
    if state.authority is not None and state.leaf is not None and not _signed(state.authority, state.leaf):
        if state.next_authority is not None:
            return replace(state, authority=None), []
        leaf = issue_leaf(state.authority, view.identity.names, now=view.now)
        return replace(state, authority=None, next_authority=state.authority, next_leaf=leaf), [Action.BEGUN]
    if state.next_authority is not None:
        return state, []
    if state.authority is not None and not due(_certificates(state.authority)[0], view.now):
        return state, []
    return begin(state, view), [Action.BEGUN]


def _with_ledger(state: State, view: View) -> tuple[State, list[Action]]:
    """Bring up to date what every entry must hold, what may go, and when."""
    used = {issuer(state, state.leaf), issuer(state, state.next_leaf)}
    mine = view.served.issuer if view.served and view.served.leaf.not_valid_after_utc > view.now else None
    known = {fingerprint(certificate) for certificate in state.bundle} | set(state.dropped)
    unknown = [
        certificate
        for slot in view.published.slots
        for certificate in bundle.unexpired(slot.bundle, view.now)
        if fingerprint(certificate) not in known
    ]
    for certificate in (*used, mine):
        if certificate is not None:
            state = _trusting(state, Trusted(certificate))
    for certificate in unknown:
        state = _trusting(state, Trusted(certificate, found=True))
    retirement = view.now + LEAF_LIFETIME
    dated = [
        one._replace(until=None)
        if one.certificate in used
        else one._replace(until=one.until or _retirement(one.certificate, retirement))
        for one in state.trusted
    ]
    keep = [
        trusted
        for trusted in dated
        if trusted.certificate in (*used, mine) or (trusted.until and trusted.until > view.now)
    ]
    keep = _bounded(keep, (*used, mine))
    gone = [trusted for trusted in dated if trusted not in keep]
    kept = {fingerprint(trusted.certificate) for trusted in keep}
    dropped = [*state.dropped, *(fingerprint(trusted.certificate) for trusted in gone)]
    state = replace(
        state,
        trusted=tuple(keep),
        dropped=tuple(mark for mark in dict.fromkeys(dropped) if mark not in kept)[-DROPPED_LIMIT:],
    )
    return state, [*([Action.RECORDED] if unknown else []), *([Action.DROPPED] if gone else [])]


def _retirement(certificate: x509.Certificate, leaves_end: datetime) -> datetime:
    """Return when a CA that is used no more may go: its last leaf has expired for every clock."""
    return min(leaves_end, certificate.not_valid_after_utc) + RETIREMENT_MARGIN


def _bounded(trusted: list[Trusted], needed: Sequence[x509.Certificate | None]) -> list[Trusted]:
    """Keep the limit: what was found goes first, then what retires soonest; what is needed never."""
    spare = [one for one in trusted if one.certificate not in needed]
    spare.sort(key=lambda one: (not one.found, one.until or one.certificate.not_valid_after_utc))
    surplus = spare[: max(0, len(trusted) - TRUSTED_LIMIT)]
    return [one for one in trusted if one not in surplus]


def _trusting(state: State, trusted: Trusted) -> State:
    if trusted.certificate in state.bundle:
        return state
    return replace(state, trusted=(*state.trusted, trusted))


def _signed(authority: Pair, leaf: Pair) -> bool:
    return issued(_certificates(authority)[0], _certificates(leaf)[0])


def _certificates(pair: Pair | None) -> Bundle:
    return bundle.parse(pair.certificate).certificates[:1] if pair else ()


def _required(view: View) -> tuple[str]:
    return (view.identity.names[0],)
