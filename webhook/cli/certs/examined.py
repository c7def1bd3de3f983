"""What can be said about one certificate. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle
from certs.published import Slot
from certs.state import PAIR_KEYS
from certs.verify import Fault, Problem, leaf_names, verify_authority, verify_leaf

_OF_KEY: Final = frozenset({Fault.UNREADABLE_KEY, Fault.WRONG_KEY})
_OF_TRUST: Final = frozenset({Fault.UNTRUSTED, Fault.NO_AUTHORITY})


@dataclass(frozen=True, kw_only=True)
class Examined:
    """A certificate, or a bundle, and what is wrong with it.

    Attributes:
        what: Where it is from.
        certificate: None where it cannot be read.
        key_matches: Whether the private key is its own; None where no key was given.
        verified: Whether the bundle that it is held against verifies it; None where there is none, or no
            certificate.
        problems: Sentences without key material.
    """

    what: str
    certificate: x509.Certificate | None
    key_matches: bool | None = None
    verified: bool | None = None
    problems: tuple[str, ...] = ()

    def days(self, now: datetime) -> int | None:
        """Return the whole days that it is still valid; below 0 when it no longer is."""
        return None if self.certificate is None else (self.certificate.not_valid_after_utc - now).days

    def described(self, now: datetime) -> dict[str, Any]:
        """Return all of it for `--output json`."""
        certificate = self.certificate
        return {
            "what": self.what,
            "subject": certificate and certificate.subject.rfc4514_string(),
            "names": list(leaf_names(certificate)) if certificate else [],
            "issuer": certificate and certificate.issuer.rfc4514_string(),
            "notBefore": certificate and certificate.not_valid_before_utc.isoformat(),
            "notAfter": certificate and certificate.not_valid_after_utc.isoformat(),
            "days": self.days(now),
            "keyMatches": self.key_matches,
            "verified": self.verified,
            "problems": list(self.problems),
        }


def leaf(
    what: str,
    pair: Pair,
    *,
    trusted: Bundle | None,
    names: Sequence[str] = (),
    now: datetime,
) -> Examined:
    """Return what is to be said about a leaf; a pair without a key and no bundle leave their parts open."""
    problems = verify_leaf(pair, trusted or (), names, now=now)
    return Examined(
        what=what,
        certificate=bundle.first(pair.certificate),
        key_matches=not _faults(problems) & _OF_KEY if pair.key else None,
        verified=None if trusted is None else _verified(problems),
        problems=tuple(
            problem.sentence
            for problem in problems
            if (pair.key or problem.fault not in _OF_KEY)
            and (trusted is not None or problem.fault not in _OF_TRUST)
        ),
    )


def authority(what: str, pair: Pair, *, now: datetime) -> Examined:
    """Return what is to be said about a CA; a pair without a key leaves that part open."""
    problems = verify_authority(pair, now=now)
    return Examined(
        what=what,
        certificate=bundle.first(pair.certificate),
        key_matches=not _faults(problems) & _OF_KEY if pair.key else None,
        problems=tuple(problem.sentence for problem in problems if pair.key or problem.fault not in _OF_KEY),
    )


def secret(
    data: Mapping[str, bytes], *, trusted: Bundle | None, names: Sequence[str], now: datetime
) -> list[Examined]:
    """Return what is to be said about each pair that a Secret holds.

    Args:
        data: Of the Secret.
        trusted: The CAs that every entry publishes; None where there are no entries.
        names: What the leaves must be good for.
        now: The time, with a zone.
    """
    found = []
    for certificate_key, key_key in PAIR_KEYS.values():
        pair = Pair(data.get(certificate_key, b""), data.get(key_key, b""))
        if not pair.certificate.strip():
            continue
        what = f"Secret {certificate_key}"
        if "ca" in certificate_key:
            found.append(authority(what, pair, now=now))
        else:
            # The next leaf is not served before its CA is published everywhere.
            held = trusted if certificate_key == "tls.crt" else None
            found.append(leaf(what, pair, trusted=held, names=names, now=now))
    return found


def published(slot: Slot, pair: Pair, *, now: datetime) -> Examined:
    """Return what is to be said about the `caBundle` of an entry, held against the leaf that is served."""
    problems = verify_leaf(pair, slot.bundle, (), now=now)
    verified = _verified(problems) if slot.bundle else False
    sentences = [problem.sentence for problem in problems if problem.fault in _OF_TRUST]
    if not slot.bundle:
        sentences = ["It has no caBundle that can be read."]
    return Examined(
        what=slot.name,
        certificate=slot.bundle[0] if slot.bundle else None,
        verified=verified,
        problems=tuple(sentences),
    )


def _verified(problems: Sequence[Problem]) -> bool | None:
    """Whether a bundle verifies a leaf; None where there is no leaf to verify."""
    faults = _faults(problems)
    return None if Fault.UNREADABLE_CERTIFICATE in faults else not faults & _OF_TRUST


def _faults(problems: Sequence[Problem]) -> set[Fault]:
    return {problem.fault for problem in problems}
