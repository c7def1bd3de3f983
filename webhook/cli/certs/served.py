"""The certificate that a running server shows."""

import socket
import ssl
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_SECONDS: Final = 10.0


def served(connect: str, name: str) -> bytes:
    """Return it as PEM; nothing is verified here.

    Args:
        connect: HOST:PORT.
        name: The name to ask for.

    Raises:
        ValueError: `connect` has another form.
        OSError, OverflowError: The server cannot be asked.
    """
    host, _, port = connect.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"HOST:PORT is wanted, not {connect}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        der = connection.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(der or b"").public_bytes(Encoding.PEM)
