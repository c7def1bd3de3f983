"""Free ports for programs that cannot choose one themselves."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import IO

_FIRST, _LAST = 20000, 32000
"""Below the range that the kernel takes for outgoing connections (`net.ipv4.ip_local_port_range`), so that
none of those takes the port between our look and the program's start."""
_LOCKS = Path(tempfile.gettempdir()) / f"hf-token-injector-ports-{os.getuid()}"
"""Each user's own: the image is tested by root, and what root has left there nobody else may open."""
_held: dict[int, IO[bytes]] = {}


def free_port() -> int:
    """Return a port on which nobody listens, and which no other run or worker has been given.

    It is this process's until the process ends, by a lock on a file, as the program that will listen there
    has yet to start.
    """
    _LOCKS.mkdir(exist_ok=True)
    while True:
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - no secret
        if port not in _held and (lock := _locked(port)):
            if _bindable(port):
                _held[port] = lock
                return port
            lock.close()


def _locked(port: int) -> IO[bytes] | None:
    file = (_LOCKS / str(port)).open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _bindable(port: int) -> bool:
    """Tell whether the port is free on both loopback addresses and on all of them."""
    for family, address in ((socket.AF_INET, ""), (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True
