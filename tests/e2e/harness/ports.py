"""Free ports for programs that cannot choose one themselves."""

import random
import socket

_FIRST, _LAST = 20000, 32000
"""Below the range that the kernel takes for outgoing connections (`net.ipv4.ip_local_port_range`), so that
none of those takes the port between our look and the program's start."""
_given: set[int] = set()


def free_port() -> int:
    """Return a port on which nobody listens, and which was not returned before."""
    while True:
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - no secret
        if port not in _given and _bindable(port):
            _given.add(port)
            return port


def _bindable(port: int) -> bool:
    """Tell whether the port is free on both loopback addresses and on all of them."""
    for family, address in ((socket.AF_INET, ""), (socket.AF_INET, "127.0.0.1")):
        with socket.socket(family) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True
