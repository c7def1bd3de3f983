"""What the webhook configurations publish, and the JSON patches that change it.

The order of a `caBundle` says something: its first CA, the leader, is one that somebody saw in every entry
for `SEEN_AFTER`. A new CA is appended; it is moved to the front by a replica that has watched it for that
long. So a replica that starts can tell from the published bundle alone, without trusting the Secret, whether
a leaf may be served at once. Clients do not mind the order.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from cryptography import x509

from certs import bundle
from certs.bundle import Bundle, fingerprint
from certs.lifetimes import RETIREMENT_MARGIN
from certs.state import State
from certs.store import Entry, Kind, Operation


@dataclass(frozen=True)
class Slot:
    """The `caBundle` of one entry.

    Attributes:
        kind: Of the configuration.
        index: In `webhooks`.
        entry: As read.
        bundle: What it trusts.
        clean: Whether it holds nothing else.
    """

    kind: Kind
    index: int
    entry: Entry
    bundle: Bundle
    clean: bool

    @property
    def name(self) -> str:
        """Kind and entry, for people."""
        return f"{self.kind}/{self.entry.name}"

    def usable(self, now: datetime) -> bool:
        """Tell whether a client could verify anything at all with it."""
        return bool(bundle.unexpired(self.bundle, now))

    def holding(self, wanted: Bundle) -> "Slot":
        """Return the slot as it is after `operations` for `wanted`."""
        return replace(self, bundle=wanted, clean=True)


@dataclass(frozen=True)
class Published:
    """All entries of both configurations.

    Attributes:
        slots: Those that could be read.
        known: Whether both configurations were read; a missing one is known to have no entries.
    """

    slots: tuple[Slot, ...] = ()
    known: bool = True

    def distrusting(self, issuer: x509.Certificate) -> tuple[str, ...]:
        """Return the names of the entries that lack a CA."""
        return tuple(slot.name for slot in self.slots if issuer not in slot.bundle)

    def trusted_somewhere(self, issuer: x509.Certificate) -> bool:
        """Tell whether an entry holds a CA; where there are no entries, there is nobody who would not."""
        return not self.slots or len(self.distrusting(issuer)) < len(self.slots)

    def led_by(self, issuer: x509.Certificate) -> bool:
        """Tell whether a CA leads every entry; also where there are none."""
        return self.known and all(slot.bundle[:1] == (issuer,) for slot in self.slots)


def slots(kind: Kind, entries: Sequence[Entry]) -> tuple[Slot, ...]:
    """Return the slots of a configuration as read."""
    return tuple(
        Slot(kind, index, entry, *bundle.parse(_decoded(entry))) for index, entry in enumerate(entries)
    )


class Roles(NamedTuple):
    """CAs that matter for the order, and for what stays.

    Attributes:
        first: Who leads where nobody could verify anything anyway, so that there is nothing to lose.
        lead: A CA that has been seen in every entry and should lead. Without one the leader stays, even an
            expired one: the CA behind it may not have been seen by all.
        mine: The issuer of the leaf that this replica serves; it is not removed.
    """

    first: x509.Certificate
    lead: x509.Certificate | None = None
    mine: x509.Certificate | None = None


def wanted(slot: Slot, state: State, roles: Roles, now: datetime) -> Bundle:
    """Return what a slot should hold.

    Unknown CAs stay: a replica with an old copy of the Secret does not know the newest one. Out go expired
    CAs and those that the Secret says nobody needs any more.
    """
    trusted = bundle.unexpired(state.bundle, now, RETIREMENT_MARGIN)
    needed = {*state.bundle, roles.mine}
    kept = tuple(
        certificate
        for certificate in bundle.unexpired(slot.bundle, now, RETIREMENT_MARGIN)
        if certificate in needed or fingerprint(certificate) not in state.dropped
    )
    if not slot.usable(now):
        return bundle.merge((roles.first,), trusted, kept)
    leader = slot.bundle[:1] if roles.lead is None else (roles.lead,)
    return bundle.merge(leader, kept, trusted)


def settled(slot: Slot, bundle_wanted: Bundle) -> bool:
    """Tell whether a slot needs no patch: it is clean, has the same leader, and trusts the same."""
    return (
        slot.clean
        and slot.bundle[:1] == bundle_wanted[:1]
        and bundle.same(slot.bundle, bundle_wanted)
        and len(slot.bundle) == len(bundle_wanted)
    )


def replacing(slot: Slot, bundle_wanted: Bundle) -> list[Operation]:
    """Return the operations that set a slot if it still is as it was read.

    All of `clientConfig` is tested and not only `caBundle`, since RFC 6902 cannot test for a field that is
    absent.
    """
    value = b64encode(bundle.serialise(bundle_wanted)).decode()
    return [*_tests(slot), {"op": "add", "path": _path(slot, "clientConfig/caBundle"), "value": value}]


def removing(slot: Slot) -> list[Operation]:
    """Return the operations that remove `caBundle` from a slot if it still is as it was read."""
    return [*_tests(slot), {"op": "remove", "path": _path(slot, "clientConfig/caBundle")}]


def _tests(slot: Slot) -> list[Operation]:
    return [
        {"op": "test", "path": _path(slot, "name"), "value": slot.entry.name},
        {"op": "test", "path": _path(slot, "clientConfig"), "value": dict(slot.entry.client_config)},
    ]


def _path(slot: Slot, field: str) -> str:
    return f"/webhooks/{slot.index}/{field}"


def _decoded(entry: Entry) -> bytes:
    """Return the bytes of `caBundle`; text that is not base64 as it is, which then is not clean."""
    value = entry.client_config.get("caBundle") or ""
    try:
        return b64decode(value, validate=True)
    except (ValueError, TypeError):
        return str(value).encode()
