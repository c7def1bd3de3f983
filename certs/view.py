"""What a replica decides on, and what its decisions are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle
from certs.memory import Served
from certs.published import Published
from certs.state import State
from certs.verify import issuer_of


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


def issuer(state: State, pair: Pair | None) -> x509.Certificate | None:
    """Return the CA that issued a leaf, as far as the Secret knows it."""
    candidates = bundle.merge(
        own_certificate(state.authority), own_certificate(state.next_authority), state.bundle
    )
    return issuer_of(pair.certificate, candidates) if pair else None


def own_certificate(pair: Pair | None) -> Bundle:
    """Return the certificate that a pair's key is of, alone; nothing where there is none."""
    return bundle.parse(pair.certificate).certificates[:1] if pair else ()
