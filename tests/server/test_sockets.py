import errno
import socket

import pytest

from webhook.server import sockets
from webhook.server.sockets import address_of, listen


def reach(host: str, family: socket.AddressFamily, port: int) -> None:
    with socket.socket(family) as client:
        client.settimeout(60)
        client.connect((host, port))


def test_the_default_address_takes_ipv4_and_ipv6() -> None:
    with listen("::", 0) as sock:
        sock.listen()
        port = sock.getsockname()[1]
        reach("127.0.0.1", socket.AF_INET, port)
        reach("::1", socket.AF_INET6, port)
        assert address_of(sock) == f"[::]:{port}"


@pytest.mark.parametrize("code", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_a_node_without_ipv6_gets_ipv4(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    real = sockets._bind  # noqa: SLF001

    def without_ipv6(family: int, address: object, **options: bool) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(code, "no IPv6 here")
        return real(family, address, **options)

    monkeypatch.setattr(sockets, "_bind", without_ipv6)
    with listen("::", 0) as sock:
        assert address_of(sock).startswith("0.0.0.0:")


def test_one_address_is_one_address() -> None:
    with listen("127.0.0.1", 0) as sock:
        assert address_of(sock) == f"127.0.0.1:{sock.getsockname()[1]}"


@pytest.mark.parametrize("host", ["::", "127.0.0.1"])
def test_a_port_that_is_taken_is_an_error(host: str) -> None:
    with listen(host, 0) as sock:
        sock.listen()
        with pytest.raises(OSError, match="in use"):
            listen(host, sock.getsockname()[1])
