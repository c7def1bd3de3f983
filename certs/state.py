"""What the Secret holds, and how it is read and written.

Reading is lenient: a part that a person broke is absent, the rest counts. Whether the parts fit together is
not asked here but in `certs.plan`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle, fingerprint

TRUSTED_LIMIT: Final = 16
"""CAs that the bundle holds at most: at 700 bytes each, 11 KiB in every entry."""

DROPPED_LIMIT: Final = 64
"""Fingerprints of dropped CAs that are remembered. Forgetting one is harmless: where it is still published,
it counts as unknown, and is kept for as long as a leaf lives."""

TRUST_KEY: Final = "trust.json"
BUNDLE_KEY: Final = "ca-bundle.crt"
PAIR_KEYS: Final = {
    "authority": ("ca.crt", "ca.key"),
    "leaf": ("tls.crt", "tls.key"),
    "next_authority": ("next-ca.crt", "next-ca.key"),
    "next_leaf": ("next.crt", "next.key"),
}


class Trusted(NamedTuple):
    """A CA that every `caBundle` must hold.

    Attributes:
        certificate: The CA.
        until: When the last leaf that it can have issued has expired; None while it is in use.
        found: Whether it was found published and not made by us: cert-manager's, say, or that of a Secret
            that was deleted.
    """

    certificate: x509.Certificate
    until: datetime | None = None
    found: bool = False


@dataclass(frozen=True, kw_only=True)
class State:
    """The Secret's contents.

    Attributes:
        authority: Signs the renewals of `leaf`. None where its key was lost.
        leaf: Is to be served by all; a replica that starts begins with it.
        next_authority: The CA that is being published.
        next_leaf: Its leaf, which becomes `leaf` when the CA has been seen.
        trusted: What every `caBundle` must hold, in order.
        dropped: Fingerprints of CAs that no `caBundle` needs any more. A CA is taken out of a `caBundle` only
            if it is named here: so a replica with an old copy of the Secret, which does not know the newest
            CA, never removes it.
    """

    authority: Pair | None = None
    leaf: Pair | None = None
    next_authority: Pair | None = None
    next_leaf: Pair | None = None
    trusted: tuple[Trusted, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def bundle(self) -> Bundle:
        """The CAs of `trusted`."""
        return tuple(trusted.certificate for trusted in self.trusted)


def parse(data: Mapping[str, bytes]) -> State:
    """Return what a Secret's data holds. It raises nothing."""
    notes = _notes(data.get(TRUST_KEY, b""))
    return State(
        **{part: _pair(data, *keys) for part, keys in PAIR_KEYS.items()},
        trusted=tuple(
            _trusted(certificate, notes.get("trusted"))
            for certificate in bundle.parse(data.get(BUNDLE_KEY, b"")).certificates
        ),
        dropped=_strings(notes.get("dropped")),
    )


def serialise(state: State) -> dict[str, bytes]:
    """Return the data of a Secret: every key, always. Why, see `Store.update_secret`."""
    data = {}
    for part, (certificate_key, key_key) in PAIR_KEYS.items():
        pair: Pair = getattr(state, part) or Pair(b"", b"")
        data[certificate_key], data[key_key] = pair
    data[BUNDLE_KEY] = bundle.serialise(state.bundle)
    notes = {
        "trusted": {
            fingerprint(trusted.certificate): {
                "until": trusted.until and trusted.until.isoformat(),
                "found": trusted.found,
            }
            for trusted in state.trusted
        },
        "dropped": list(state.dropped),
    }
    data[TRUST_KEY] = json.dumps(notes, indent=1, sort_keys=True).encode()
    return data


def _pair(data: Mapping[str, bytes], certificate_key: str, key_key: str) -> Pair | None:
    certificate, key = data.get(certificate_key, b""), data.get(key_key, b"")
    return Pair(certificate, key) if certificate.strip() or key.strip() else None


def _notes(text: bytes) -> dict[str, object]:
    try:
        notes = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return notes if isinstance(notes, dict) else {}


def _strings(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _trusted(certificate: x509.Certificate, notes: object) -> Trusted:
    note = notes.get(fingerprint(certificate)) if isinstance(notes, dict) else None
    if not isinstance(note, dict):
        return Trusted(certificate)
    return Trusted(certificate, _time(note.get("until")), note.get("found") is True)


def _time(value: object) -> datetime | None:
    """Return a time with a zone; None, which is the careful reading, for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo is not None else None
