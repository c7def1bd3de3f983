"""Bundles: the CAs of a `caBundle` or a `ca.crt`, in an order that stays as it is.

Reading is lenient, as clients are: Go's `AppendCertsFromPEM` passes over what it cannot read. What was passed
over is told, so that a writer can clean it away.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

Bundle = tuple[x509.Certificate, ...]

READ_LIMIT: Final = 256
"""Certificates read of one bundle: an operating system's whole store has about 150."""

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


class Parsed(NamedTuple):
    """What a PEM text holds.

    Attributes:
        certificates: Each once, in the order of the text.
        clean: Whether nothing was passed over: no block that cannot be read, no repetition, no other text.
    """

    certificates: Bundle
    clean: bool


def parse(pem: bytes) -> Parsed:
    """Read every certificate that can be read. It raises nothing."""
    blocks = _BLOCK.findall(pem)
    read = [certificate for block in blocks[:READ_LIMIT] if (certificate := _read(block)) is not None]
    certificates = merge(read)
    return Parsed(certificates, clean=len(certificates) == len(blocks) and not _BLOCK.sub(b"", pem).strip())


def first(pem: bytes) -> x509.Certificate | None:
    """Return the first certificate of a text, or None where there is none that can be read."""
    certificates = parse(pem).certificates
    return certificates[0] if certificates else None


def serialise(bundle: Iterable[x509.Certificate]) -> bytes:
    """Return a bundle as PEM; nothing for an empty one."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in bundle)


def merge(*bundles: Iterable[x509.Certificate]) -> Bundle:
    """Return all certificates, each once, where it came first."""
    return tuple(dict.fromkeys(certificate for bundle in bundles for certificate in bundle))


def unexpired(bundle: Iterable[x509.Certificate], now: datetime, margin: timedelta = timedelta(0)) -> Bundle:
    """Return a bundle without the certificates that expired longer than `margin` ago."""
    return tuple(certificate for certificate in bundle if certificate.not_valid_after_utc + margin > now)


def same(one: Iterable[x509.Certificate], other: Iterable[x509.Certificate]) -> bool:
    """Tell whether two bundles trust the same, in whatever order and how often ever."""
    return set(one) == set(other)


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate in hexadecimal, as openssl does but without colons."""
    return certificate.fingerprint(hashes.SHA256()).hex()


@lru_cache(maxsize=256)  # the same few certificates, several times a step
def _read(block: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(block)
    except ValueError:
        return None
