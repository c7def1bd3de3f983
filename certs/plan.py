"""Decides what the Secret should hold next. Pure but for the random numbers of new keys.

One function a concern, in the order in which they are asked; each takes a state and returns one. All that
they change is one locked write, so whoever dies has either done it or not.
"""

from dataclasses import replace
from typing import NamedTuple

from certs.authority import Pair, issue_authority, issue_leaf
from certs.ledger import retirement, trusting, with_ledger
from certs.lifetimes import LEAF_LIFETIME, due
from certs.state import State, Trusted
from certs.verify import Fault, issued, leaf_names, verify_authority, verify_leaf
from certs.view import Action, View, issuer, own_certificate


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
    for concern in (_with_leaf, _promoted, _begun, with_ledger):
        renewed, done = concern(renewed, view)
        actions += done
    return Plan(renewed, tuple(actions), unusable)


def begin(state: State, view: View) -> State:
    """Return a state with a new CA that is to be published, and its leaf."""
    authority = issue_authority(view.identity.authority, now=view.now)
    leaf = issue_leaf(authority, view.identity.names, now=view.now)
    begun = replace(state, next_authority=authority, next_leaf=leaf)
    return replace(begun, trusted=(*state.trusted, *map(Trusted, own_certificate(authority))))


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
    mendable = certificate in (*own_certificate(state.authority), *own_certificate(state.next_authority))
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
    names = tuple(view.identity.names)
    if leaf is not None:
        if not _signed(authority, leaf):
            return leaf
        (old, signer) = own_certificate(leaf)[0], own_certificate(authority)[0]
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
        return trusting(restored, Trusted(served.issuer)), [Action.RESTORED]
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
    ends = max(certificate.not_valid_after_utc for certificate in own_certificate(state.leaf))
    promoted = replace(
        state,
        authority=state.next_authority,
        leaf=state.next_leaf,
        next_authority=None,
        next_leaf=None,
        trusted=tuple(
            one._replace(until=retirement(old, max(ends, view.now + LEAF_LIFETIME)))
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
    if state.authority is not None and not due(own_certificate(state.authority)[0], view.now):
        return state, []
    return begin(state, view), [Action.BEGUN]


def _signed(authority: Pair, leaf: Pair) -> bool:
    return issued(own_certificate(authority)[0], own_certificate(leaf)[0])


def _required(view: View) -> tuple[str]:
    return (view.identity.names[0],)
