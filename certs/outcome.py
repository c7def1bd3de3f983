"""What a step saw and did, as plain values for metrics, log, readiness and people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from certs.authority import Pair
from certs.store import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    StoreError,
    UnavailableError,
)
from certs.view import Action


class Stage(StrEnum):
    """Where the rotation is, as this replica sees it."""

    UNKNOWN = "Unknown"
    NO_CONFIGURATION = "NoConfiguration"
    PUBLISHING = "Publishing"
    WAITING = "Waiting"
    SWITCHING = "Switching"
    RETIRING = "Retiring"
    STEADY = "Steady"


class Cause(StrEnum):
    """What kind of trouble: a label for metrics."""

    CONFLICT = "Conflict"
    FORBIDDEN = "Forbidden"
    NOT_FOUND = "NotFound"
    REFUSED = "Refused"
    UNAVAILABLE = "Unavailable"
    UNUSABLE = "UnusableSecret"
    CONTESTED = "Contested"
    UNTRUSTED = "Untrusted"
    EXPIRED = "Expired"


class Trouble(NamedTuple):
    """Something that did not go well, and one sentence about it without key material."""

    cause: Cause
    sentence: str


_CAUSES: tuple[tuple[type[StoreError], Cause], ...] = (
    (ConflictError, Cause.CONFLICT),
    (ForbiddenError, Cause.FORBIDDEN),
    (NotFoundError, Cause.NOT_FOUND),
    (RefusedError, Cause.REFUSED),
    (UnavailableError, Cause.UNAVAILABLE),
)


def trouble(what: str, error: StoreError) -> Trouble:
    """Return an error of the store as trouble.

    Args:
        what: What did not go well, as the beginning of a sentence.
        error: Why; a `StoreError` of no particular kind counts as unavailable.
    """
    cause = next((cause for kind, cause in _CAUSES if isinstance(error, kind)), Cause.UNAVAILABLE)
    return Trouble(cause, f"{what}: {error}")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one step saw and did.

    Attributes:
        pair: What to serve from now on; None until the first Secret is there.
        expires: When that leaf does.
        stage: Where the rotation is.
        ready: Whether clients may be sent here. Once it was ready, a replica stays so while any entry trusts
            its leaf: if a person breaks one entry, the others must not lose their replicas too.
        untrusted: Entries, as kind and name, whose `caBundle` does not verify the leaf.
        did: What was done, in order.
        troubles: What did not go well.
        waiting_for: One sentence; empty where nothing is waited for.
        look_after: When to step again at the latest. Earlier is never wrong; `step` is cheap.
    """

    pair: Pair | None
    expires: datetime | None
    stage: Stage
    ready: bool
    untrusted: tuple[str, ...] = ()
    did: tuple[Action, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    waiting_for: str = ""
    look_after: timedelta
