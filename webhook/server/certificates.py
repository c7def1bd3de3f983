"""Where the serving certificate comes from. Serving knows only `CertificateSource`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography import x509

from webhook.settings import TlsSettings


class CertificateError(Exception):
    """There is no usable certificate; the text is one sentence without key material."""


class NoCertificateYetError(CertificateError):
    """There is none yet, and one will come without anybody's help."""


class KeyPair(NamedTuple):
    """A certificate chain, the leaf first, and the leaf's private key, both PEM."""

    certificate: bytes
    key: bytes


class CertificateSource(Protocol):
    """Something that has a certificate, and later another one."""

    async def current(self) -> KeyPair:
        """Return the pair that should be served now, without blocking the event loop.

        Raises:
            CertificateError: There is none.
        """

    async def changed(self) -> None:
        """Return when `current` and `doubt` are worth asking again; they may answer the same."""

    async def keep(self) -> None:
        """Do in the background what the source needs done, until cancelled; it may end at once."""

    def doubt(self) -> str:
        """Return why clients would not trust what is served, as far as the source can know; empty for no."""

    def objection(self, new: KeyPair, served: KeyPair) -> str:
        """Return why a new pair is worse than the one that is served; empty for no."""


class CertificateFiles:
    """Two files, such as a mounted Secret.

    They are read again every few seconds and compared by content: kubelet swaps a symlink two levels up,
    which neither the files' times nor inotify on them show reliably.
    """

    def __init__(self, settings: TlsSettings) -> None:
        self._settings = settings

    async def current(self) -> KeyPair:
        """Read both files in a thread.

        Raises:
            CertificateError: One of them cannot be read.
        """
        return await asyncio.to_thread(self._read)

    async def changed(self) -> None:
        """Wait for the next look."""
        await asyncio.sleep(self._settings.reload_seconds)

    async def keep(self) -> None:
        """Do nothing: files are looked at when they are asked for."""

    def doubt(self) -> str:
        """Return nothing: which `caBundle` is published is not known without an API server."""
        return ""

    def objection(self, new: KeyPair, served: KeyPair) -> str:
        """Tell a new leaf that nobody can use, or that is somebody else's, while the old one is good.

        Which names clients ask for is not known here, but a renewal keeps at least one.
        """
        leaf, old = _leaf(new.certificate), _leaf(served.certificate)
        now = datetime.now(UTC)
        if not old.not_valid_before_utc <= now < old.not_valid_after_utc:
            return ""
        if leaf.not_valid_after_utc <= now:
            return "the new certificate has expired already"
        if leaf.not_valid_before_utc > now:
            return (
                f"the new certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
            )
        if _names(leaf).isdisjoint(_names(old)):
            return "the new certificate has none of the names of the one that is served"
        return ""

    def _read(self) -> KeyPair:
        return KeyPair(
            _read("tls.certFile", self._settings.cert_file), _read("tls.keyFile", self._settings.key_file)
        )


def _leaf(pem: bytes) -> x509.Certificate:
    """Return the first certificate of a chain.

    Raises:
        CertificateError: It is not PEM.
    """
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise CertificateError("the certificate is not PEM, or is cut short") from None


def _names(leaf: x509.Certificate) -> frozenset[x509.GeneralName]:
    """Return what a leaf is issued for."""
    try:
        return frozenset(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, ValueError):
        return frozenset()


def expiry(pem: bytes) -> datetime:
    """Return when the leaf of a chain expires.

    Raises:
        CertificateError: It is not PEM.
    """
    return _leaf(pem).not_valid_after_utc


def _read(setting: str, path: str) -> bytes:
    if not path:
        raise CertificateError(f"{setting} is not set")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateError(f"{setting} {path} cannot be read: {error.strerror}") from None
