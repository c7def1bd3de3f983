"""Listening sockets."""

import contextlib
import errno
import resource
import socket
from typing import Final

_OWN_FILES: Final = 64
"""Open files that are no connections of callers; a server that follows a cluster has some 30."""
_NO_IPV6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; uvicorn starts listening on it.

    `::` takes IPv6 and IPv4 on one socket, whatever the node's `bindv6only` says, and becomes `0.0.0.0` on a
    node without IPv6.

    Raises:
        OSError: The address cannot be used.
    """
    if host == "::":
        with contextlib.suppress(_Ipv6Missing):
            return _bind_both(port)
        host = "0.0.0.0"  # noqa: S104 - `::` asked for every address
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return _bind(family, address)


def address_of(sock: socket.socket) -> str:
    """Return `host:port` of a socket, with the port that was really taken."""
    host, port = sock.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def allow_files() -> None:
    """Let this process open as many files as the system allows it.

    The lower limit is 1024 by default, for programs that use `select`.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Where the system names no limit, as on macOS, it still refuses one without an end.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def connections_at_most(wanted: int) -> int:
    """Return how many connections there may be: what is wanted, or what the limit on open files leaves."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if files == resource.RLIM_INFINITY else max(1, min(wanted, files - _OWN_FILES))


class _Ipv6Missing(Exception):  # noqa: N818
    """This node has no IPv6."""


def _bind_both(port: int) -> socket.socket:
    try:
        return _bind(socket.AF_INET6, ("::", port), dual_stack=True)
    except OSError as error:
        if error.errno in _NO_IPV6:
            raise _Ipv6Missing from None
        raise


def _bind(family: int, address: object, *, dual_stack: bool = False) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual_stack else 1)
        sock.bind(address)  # type: ignore[arg-type]
        sock.setblocking(False)  # noqa: FBT003
    except OSError:
        sock.close()
        raise
    return sock
