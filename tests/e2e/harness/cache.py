"""Where what is made once for the end-to-end tests is kept, and who makes it when several runs want it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hf-token-injector" / "e2e"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder of the cache, and be the only process that writes to it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
