"""Where the serving certificate comes from. Serving knows only `CertificateSource`."""

import asyncio
from pathlib import Path
from typing import NamedTuple, Protocol

from webhook.settings import TlsSettings


class CertificateError(Exception):
    """There is no usable certificate; the text is one sentence without key material."""


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
        """Return when `current` is worth asking again; it may answer the same."""


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

    def _read(self) -> KeyPair:
        return KeyPair(
            _read("tls.certFile", self._settings.cert_file), _read("tls.keyFile", self._settings.key_file)
        )


def _read(setting: str, path: str) -> bytes:
    if not path:
        raise CertificateError(f"{setting} is not set")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateError(f"{setting} {path} cannot be read: {error.strerror}") from None
