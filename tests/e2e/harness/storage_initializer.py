"""KServe's storage initializer: the entrypoint and the packages of its image, without the image."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e.harness.binaries import module_folder
from tests.e2e.harness.environments import storage_python

_ENTRYPOINT = "python/storage-initializer/scripts/initializer-entrypoint"
_NOBODY_LISTENS = "http://127.0.0.1:9"
"""A proxy for everything that is not on this machine: a request to the real Hub fails at once."""
_TIMEOUT = 120


def run(
    args: Sequence[str], environ: Mapping[str, str], home: Path, *, endpoint: str
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with nothing of this process's environment.

    Args:
        args: As the container has them: pairs of a URI and a path.
        environ: The container's variables; they win over what is set here.
        home: Where it may keep what it likes.
        endpoint: The Hub that it asks.

    Returns:
        Its exit code, and its output and errors in one text.
    """
    entrypoint = module_folder("kserve", "github.com/kserve/kserve") / _ENTRYPOINT
    surroundings = {
        "HOME": str(home),
        "HF_ENDPOINT": endpoint,
        "HTTP_PROXY": _NOBODY_LISTENS,
        "HTTPS_PROXY": _NOBODY_LISTENS,
        "NO_PROXY": "127.0.0.1",
    }
    return subprocess.run(
        [storage_python(), entrypoint, *args],
        cwd=home,
        env=surroundings | dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
