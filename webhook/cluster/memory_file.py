"""Gives the ssl module, which only takes paths, a file that never touches a disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


@contextmanager
def memory_file(content: bytes) -> Iterator[str]:
    """Yield a path with some content, for as long as the context lasts."""
    with _opened() as file:
        file.write(content)
        file.flush()
        yield f"/dev/fd/{file.fileno()}"


def _opened() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("pem", os.MFD_CLOEXEC), "w+b")
    return tempfile.TemporaryFile()
