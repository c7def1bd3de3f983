"""Where an API server is and who one is there, wherever that was found (a Pod, a kubeconfig)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class AccessError(Exception):
    """There is no way to an API server; the text is one sentence without a credential."""


class Identification(NamedTuple):
    """What is shown to the API server, and what its certificate is verified with.

    Attributes:
        authority: PEM bundle; empty for the operating system's.
        token: Bearer token; empty for none.
        certificate: PEM of a client certificate; empty for none.
        key: PEM of its private key.
    """

    authority: bytes = b""
    token: str = ""
    certificate: bytes = b""
    key: bytes = b""

    def __repr__(self) -> str:
        """Leave everything out: this may end up in a failed assertion."""
        return "Identification(...)"


@dataclass(frozen=True)
class Access:
    """A way to an API server.

    Attributes:
        server: URL without a trailing slash.
        identify: Reads the credentials anew, as files are replaced while we run; it may block. It raises
            AccessError.
        namespace: The namespace that is meant where nobody names one; empty where there is none.
        server_name: Name that the API server's certificate is verified for, where it is not the URL's.
        proxy: URL of an HTTP proxy; empty for none.
    """

    server: str
    identify: Callable[[], Identification] = field(repr=False)
    namespace: str = ""
    server_name: str = ""
    proxy: str = ""
