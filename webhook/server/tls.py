"""TLS whose certificate changes while it serves.

The listener's context has no certificate; a callback gives each handshake the current one. A new certificate
is a new context, and the reference is swapped: loading a pair into the context that is in use breaks every
later handshake if key and certificate do not match.
"""

import ssl
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Protocol

from webhook.cluster.memory_file import memory_file
from webhook.server.certificates import (
    CertificateError,
    CertificateSource,
    KeyPair,
    NoCertificateYetError,
    expiry,
)
from webhook.server.signs import Signs

_CERTIFICATE: Final = "certificate"
"""What readiness calls this condition."""


class ServedCertificate:
    """The certificate that handshakes get, and the context that the listener is given."""

    def __init__(self) -> None:
        self.listener = _context()
        self.listener.sni_callback = self._choose
        self.pair: KeyPair | None = None
        self._current: ssl.SSLContext | None = None

    def use(self, pair: KeyPair) -> datetime:
        """Serve a pair from the next handshake on, and return when it expires.

        Raises:
            CertificateError: It cannot be served; what was served goes on being served.
        """
        expires = expiry(pair.certificate)
        context = _context()
        _load(context, pair)
        self.pair = pair
        self._current = context
        return expires

    def _choose(self, connection: Any, _name: str | None, _listener: ssl.SSLContext) -> int | None:  # noqa: ANN401
        """Give a handshake the current certificate; OpenSSL asks also where the client sends no name."""
        if self._current is None:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = self._current
        return None


class Clock(Protocol):
    """Something that tells the time, with a zone."""

    def __call__(self) -> datetime:
        """Return now."""


class Renewal:
    """Brings what a source has into service, at the start and whenever it changes."""

    def __init__(
        self,
        source: CertificateSource,
        served: ServedCertificate,
        *,
        signs: Signs,
        now: Clock,
    ) -> None:
        self._source = source
        self._served = served
        self._readiness, self._metrics, self._logger = signs
        self._now = now
        self._refused: KeyPair | str | None = None
        self._expires: datetime | None = None

    async def first(self) -> None:
        """Serve the first certificate, if there is one already.

        Raises:
            CertificateError: There is none that can be served, and none will come without somebody's help.
        """
        with suppress(NoCertificateYetError):
            self._use(await self._source.current())
        self._judge()

    async def follow(self) -> None:
        """Serve each further certificate. A bad one is counted and logged once, and the old one stays."""
        while True:
            await self._source.changed()
            pair = None
            try:
                pair = await self._source.current()
                if pair not in (self._served.pair, self._refused):
                    self._compare(pair)
                    self._use(pair)
                    self._refused = None
            except NoCertificateYetError:
                pass
            except CertificateError as error:
                if (pair or str(error)) != self._refused:
                    self._refused = pair or str(error)
                    self._metrics.certificates.reload_failures += 1
                    self._logger.critical("new certificate refused", why=str(error))
            self._judge()

    def _compare(self, pair: KeyPair) -> None:
        """Refuse a pair that is worse than the one that is served.

        Raises:
            CertificateError: It is.
        """
        served = self._served.pair
        if served is not None and (objection := self._source.objection(pair, served)):
            raise CertificateError(objection)

    def _judge(self) -> None:
        """Be ready only with a certificate that clients can trust, as far as that is known here."""
        reasons = [self._source.doubt()]
        if self._expires is None:
            reasons.insert(0, "it has no certificate yet")
        elif self._expires <= self._now():
            reasons.insert(0, f"its certificate expired on {self._expires:%Y-%m-%d %H:%M:%S} UTC")
        reason = "; ".join(filter(None, reasons))
        if reason:
            self._readiness.wait_for(_CERTIFICATE, reason)
        else:
            self._readiness.met(_CERTIFICATE)

    def _use(self, pair: KeyPair) -> None:
        expires = self._expires = self._served.use(pair)
        self._metrics.certificates.leaf_expires = expires
        log = self._logger.info if expires > self._now() else self._logger.warning
        log("serving certificate", expires=expires.isoformat(), expired=expires <= self._now())


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # The API server's client keeps no sessions, so tickets would only be work in each handshake.
    context.num_tickets = 0
    return context


def _load(context: ssl.SSLContext, pair: KeyPair) -> None:
    """Load a pair from memory: the ssl module only takes paths, and a key should not go to a disk again.

    Raises:
        CertificateError: The key does not belong to the certificate, has a password, or is no key.
    """
    with memory_file(pair.certificate.rstrip() + b"\n" + pair.key) as path:
        try:
            context.load_cert_chain(path, password=_no_password)
        except ssl.SSLError as error:
            why = (
                "the private key does not belong to the certificate"
                if error.reason == "KEY_VALUES_MISMATCH"
                else f"the private key or the certificate cannot be read ({error.reason or 'no PEM'})"
            )
            raise CertificateError(why) from None


def _no_password() -> str:
    """Stand in for the prompt on the terminal, where a server would hang.

    Raises:
        CertificateError: Always.
    """
    raise CertificateError("the private key has a password")
