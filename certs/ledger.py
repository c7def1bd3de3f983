"""Keeps account of what every `caBundle` must hold, until when, and what may go. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509

from certs import bundle
from certs.bundle import fingerprint
from certs.lifetimes import LEAF_LIFETIME, RETIREMENT_MARGIN
from certs.state import DROPPED_LIMIT, TRUSTED_LIMIT, State, Trusted
from certs.view import Action, View, issuer


def with_ledger(state: State, view: View) -> tuple[State, list[Action]]:
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
            state = trusting(state, Trusted(certificate))
    for certificate in unknown:
        state = trusting(state, Trusted(certificate, found=True))
    ends = view.now + LEAF_LIFETIME
    dated = [
        one._replace(until=None)
        if one.certificate in used
        else one._replace(until=one.until or retirement(one.certificate, ends))
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


def retirement(certificate: x509.Certificate, leaves_end: datetime) -> datetime:
    """Return when a CA that is used no more may go: its last leaf has expired for every clock."""
    return min(leaves_end, certificate.not_valid_after_utc) + RETIREMENT_MARGIN


def _bounded(trusted: list[Trusted], needed: Sequence[x509.Certificate | None]) -> list[Trusted]:
    """Keep the limit: what was found goes first, then what retires soonest; what is needed never."""
    spare = [one for one in trusted if one.certificate not in needed]
    spare.sort(key=lambda one: (not one.found, one.until or one.certificate.not_valid_after_utc))
    surplus = spare[: max(0, len(trusted) - TRUSTED_LIMIT)]
    return [one for one in trusted if one not in surplus]


def trusting(state: State, trusted: Trusted) -> State:
    """Return a state whose bundle holds a CA."""
    if trusted.certificate in state.bundle:
        return state
    return replace(state, trusted=(*state.trusted, trusted))
