"""Tells where a rotation is, what it waits for, and when to look again. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from cryptography import x509

from certs.memory import Served
from certs.outcome import Cause, Outcome, Stage, Trouble
from certs.published import Published
from certs.serving import ready
from certs.state import State
from certs.view import Action, issuer

STEADY_LOOK: Final = timedelta(seconds=60)
"""How often a replica looks where nothing is going on: three reads a minute. A watch may make it look
earlier."""

BUSY_LOOK: Final = timedelta(seconds=10)
"""How often while it waits for a CA to be seen; well under `LOOK_GAP`."""

NEXT_LOOK: Final = timedelta(seconds=1)
"""How soon where another step can go on at once, and after a first failure; then 2, 4, 8 ... seconds."""

LONGEST_BACKOFF: Final = timedelta(seconds=60)
"""How long at most between steps that fail."""


class _Place(NamedTuple):
    stage: Stage
    waiting_for: str
    look_after: timedelta


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What there is after a step.

    Attributes:
        state: The Secret's contents; None where they are unknown.
        published: What the configurations publish.
        served: What this replica serves.
        remaining: Seconds that a CA has still to be waited for.
        now: The time, with a zone.
    """

    state: State | None
    published: Published
    served: Served | None
    remaining: Callable[[x509.Certificate], float]
    now: datetime


def report(
    situation: Situation, did: tuple[Action, ...], troubles: tuple[Trouble, ...], *, failures: int
) -> Outcome:
    """Return the outcome of a step.

    Args:
        situation: What there is after it.
        did: What was done.
        troubles: What failed.
        failures: Steps in a row in which a call failed, this one included.
    """
    served, published = situation.served, situation.published
    place = _place(situation)
    return Outcome(
        pair=served.pair if served else None,
        expires=served.leaf.not_valid_after_utc if served else None,
        stage=place.stage,
        ready=ready(served, published, situation.now),
        untrusted=published.distrusting(served.issuer) if served else (),
        did=did,
        troubles=(*troubles, *(_serving_troubles(served, published, situation.now) if served else ())),
        waiting_for=place.waiting_for,
        look_after=_backoff(failures) if failures else place.look_after,
    )


def _place(situation: Situation) -> _Place:
    """Return the first stage of the way that is not behind us."""
    state, published = situation.state, situation.published
    goal = state and (issuer(state, state.next_leaf) or issuer(state, state.leaf))
    if not state or not goal or not published.known:
        return _Place(Stage.UNKNOWN, "the Secret and both configurations to be readable", BUSY_LOOK)
    if not published.slots:
        look_after = BUSY_LOOK if state.next_leaf else STEADY_LOOK
        return _Place(Stage.NO_CONFIGURATION, "a webhook configuration with entries", look_after)
    lacking = {name for certificate in state.bundle for name in published.distrusting(certificate)}
    if lacking:
        return _Place(Stage.PUBLISHING, f"the caBundle of {_listed(lacking)} to hold every CA", BUSY_LOOK)
    if not published.led_by(goal):
        return _waiting(situation.remaining(goal))
    return _switched(state, situation.served)


def _waiting(seconds: float) -> _Place:
    look_after = min(BUSY_LOOK, max(NEXT_LOOK, timedelta(seconds=seconds)))
    return _Place(Stage.WAITING, f"every API server to see the new CA: {max(0, seconds):.0f} s", look_after)


def _switched(state: State, served: Served | None) -> _Place:
    if state.next_leaf or served is None or served.pair != state.leaf:
        return _Place(Stage.SWITCHING, "the new leaf to be current and served", NEXT_LOOK)
    retiring = [one.until for one in state.trusted if one.until is not None]
    if retiring:
        sentence = f"the last leaf of an old CA to expire on {_time(max(retiring))}"
        return _Place(Stage.RETIRING, sentence, STEADY_LOOK)
    return _Place(Stage.STEADY, "", STEADY_LOOK)


def _serving_troubles(served: Served, published: Published, now: datetime) -> list[Trouble]:
    troubles = []
    untrusted = published.distrusting(served.issuer)
    if untrusted:
        sentence = f"The caBundle of {_listed(set(untrusted))} does not verify the served leaf."
        troubles.append(Trouble(Cause.UNTRUSTED, sentence))
    if served.leaf.not_valid_after_utc <= now:
        sentence = f"The served leaf expired on {_time(served.leaf.not_valid_after_utc)}."
        troubles.append(Trouble(Cause.EXPIRED, sentence))
    return troubles


def _backoff(failures: int) -> timedelta:
    doubled: timedelta = NEXT_LOOK * 2 ** min(failures - 1, 6)
    return min(LONGEST_BACKOFF, doubled)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
