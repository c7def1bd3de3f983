"""Tells what is wrong with a certificate and its key, as the API server's verifier would find it.

The rules are those of Go's `crypto/x509`: a name in `subjectAltName`, validity of the whole chain,
`basicConstraints` with CA true on every issuer, and a certificate of the bundle at the end, be it the leaf
itself. No revocation, as Go knows none. All problems are told, not only the first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle

_DEPTH: Final = 4
"""Issuers between a leaf and the bundle; public chains have one or two."""


class Fault(StrEnum):
    """What can be wrong: a label for metrics, and what a caller can decide on."""

    UNREADABLE_CERTIFICATE = "UnreadableCertificate"
    UNREADABLE_KEY = "UnreadableKey"
    WRONG_KEY = "WrongKey"
    EXPIRED = "Expired"
    NOT_YET_VALID = "NotYetValid"
    WRONG_NAME = "WrongName"
    NOT_FOR_SERVERS = "NotForServers"
    UNTRUSTED = "Untrusted"
    NO_AUTHORITY = "NoAuthority"


class Problem(NamedTuple):
    """A fault and one sentence for a person; the sentence never holds key material."""

    fault: Fault
    sentence: str


def verify_leaf(pair: Pair, trusted: Bundle, names: Sequence[str], *, now: datetime) -> tuple[Problem, ...]:
    """Return everything that keeps a pair from being served to clients that trust a bundle.

    Args:
        pair: The leaf, intermediates after it if there are any, and the leaf's key.
        trusted: What the clients trust, usually a parsed `caBundle`.
        names: DNS names or addresses that the leaf must be good for.
        now: The time, with a zone.
    """
    certificates = bundle.parse(pair.certificate).certificates
    if not certificates:
        return (_unreadable_certificate("certificate"),)
    leaf, *intermediates = certificates
    return (
        *_key_problems(leaf, pair.key),
        *_validity(leaf, "certificate", now),
        *_missing_names(leaf, names),
        *_purpose(leaf),
        *_chain(leaf, tuple(intermediates), trusted, now),
    )


def verify_authority(pair: Pair, *, now: datetime) -> tuple[Problem, ...]:
    """Return everything that keeps a pair from signing leaves."""
    certificate = bundle.first(pair.certificate)
    if certificate is None:
        return (_unreadable_certificate("CA certificate"),)
    problems = [*_key_problems(certificate, pair.key), *_validity(certificate, "CA certificate", now)]
    if not is_authority(certificate):
        problems.append(_no_authority(certificate))
    if not problems and not isinstance(certificate.public_key(), ec.EllipticCurvePublicKey):
        problems.append(Problem(Fault.UNREADABLE_KEY, "The CA's private key is no elliptic curve key."))
    return tuple(problems)


def is_authority(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate says of itself that it is a CA, and does not say that it must not sign."""
    try:
        extensions = certificate.extensions
        authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = [one.value for one in extensions if isinstance(one.value, x509.KeyUsage)]
    except (x509.ExtensionNotFound, ValueError):
        return False
    return authority and all(one.key_cert_sign for one in usage)


@lru_cache(maxsize=1024)  # a signature costs 0.1 ms, and the same few are asked for several times a step
def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Tell whether one certificate signed the other; it says nothing of validity."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def issuer_of(pem: bytes, candidates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """Return the first of some certificates that issued a leaf, or None."""
    leaf = bundle.first(pem)
    if leaf is None:
        return None
    return next((candidate for candidate in candidates if issued(candidate, leaf)), None)


def _key_problems(certificate: x509.Certificate, key: bytes) -> list[Problem]:
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        sentence = "The private key cannot be read: it is not PEM, is cut short, or has a password."
        return [Problem(Fault.UNREADABLE_KEY, sentence)]
    if private.public_key() != certificate.public_key():
        return [Problem(Fault.WRONG_KEY, "The private key belongs to another certificate.")]
    return []


def _validity(certificate: x509.Certificate, what: str, now: datetime) -> list[Problem]:
    if certificate.not_valid_after_utc <= now:
        return [Problem(Fault.EXPIRED, f"The {what} expired on {_time(certificate.not_valid_after_utc)}.")]
    if certificate.not_valid_before_utc > now:
        sentence = f"The {what} is not valid before {_time(certificate.not_valid_before_utc)}."
        return [Problem(Fault.NOT_YET_VALID, sentence)]
    return []


def _missing_names(leaf: x509.Certificate, names: Sequence[str]) -> list[Problem]:
    held = leaf_names(leaf)
    missing = [name for name in names if not any(_matches(pattern, name) for pattern in held)]
    if not missing:
        return []
    has = ", ".join(held) or "no names at all"
    sentence = f"The certificate is not for {', '.join(missing)}; it has {has}."
    return [Problem(Fault.WRONG_NAME, sentence)]


def leaf_names(leaf: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names and addresses of `subjectAltName`."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def _matches(pattern: str, name: str) -> bool:
    """Compare as RFC 6125 does: case is nothing, a star stands for exactly one whole first label."""
    pattern, name = pattern.lower(), name.lower()
    if pattern == name:
        return True
    star, _, rest = pattern.partition(".")
    return star == "*" and rest == name.partition(".")[2] and not is_address(name)


def is_address(name: str) -> bool:
    """Tell whether a name is an IP address."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _purpose(leaf: x509.Certificate) -> list[Problem]:
    """Return a problem where the leaf names purposes and serving is none of them; naming none allows all."""
    try:
        purposes = list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, ValueError):
        return []
    if {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(purposes):
        return []
    return [Problem(Fault.NOT_FOR_SERVERS, "The certificate's extendedKeyUsage does not allow serverAuth.")]


def _chain(leaf: x509.Certificate, between: Bundle, trusted: Bundle, now: datetime) -> list[Problem]:
    """Return why no chain leads from the leaf to the bundle; the bundle may hold the leaf itself."""
    problems: list[Problem] = []
    frontier = [leaf]
    seen = {leaf}
    for _ in range(_DEPTH):
        if any(certificate in trusted for certificate in frontier):
            return []
        issuers = [
            issuer
            for issuer in bundle.merge(trusted, between)
            if issuer not in seen and any(issued(issuer, certificate) for certificate in frontier)
        ]
        seen.update(issuers)
        faults = {issuer: _issuer_problems(issuer, now) for issuer in issuers}
        problems += [problem for found in faults.values() for problem in found]
        frontier = [issuer for issuer in issuers if not faults[issuer]]
    return problems or [
        Problem(
            Fault.UNTRUSTED,
            f"None of the {len(trusted)} trusted CAs issued the certificate ({_subject(leaf.issuer)} did).",
        )
    ]


def _issuer_problems(issuer: x509.Certificate, now: datetime) -> list[Problem]:
    if not is_authority(issuer):
        return [_no_authority(issuer)]
    return _validity(issuer, f"issuer {_subject(issuer.subject)}", now)


def _unreadable_certificate(what: str) -> Problem:
    return Problem(Fault.UNREADABLE_CERTIFICATE, f"The {what} is not PEM, or is cut short.")


def _no_authority(certificate: x509.Certificate) -> Problem:
    sentence = (
        f"{_subject(certificate.subject)} is no CA: basicConstraints must say CA true, and keyUsage, where it"
        " is given, keyCertSign."
    )
    return Problem(Fault.NO_AUTHORITY, sentence)


def _subject(name: x509.Name) -> str:
    return name.rfc4514_string() or "no name"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
