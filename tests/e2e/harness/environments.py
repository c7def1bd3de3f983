"""Python environments of pinned packages that are not ours: made once, then found in the cache."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.e2e.harness.cache import CACHE, locked

_REQUIREMENTS = Path(__file__).parents[3] / "requirements"
_OPTIONS = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")


def environment(
    name: str, *, any_python: bool = False, tell: Callable[[str], None] = lambda _line: None
) -> Path:
    """Return the interpreter of an environment; where another process makes it, wait for that.

    It holds what is pinned and nothing else, not even pip.

    Args:
        name: Of the file in `requirements/`, without its ending.
        any_python: Install also what asks for another Python than this one.
        tell: Hears what is done, if anything is.
    """
    requirements = _REQUIREMENTS / f"{name}.txt"
    folder = CACHE / f"{name}-{_digest(requirements)}"
    python = folder / "venv" / "bin" / "python"
    ready = folder / ".ready"
    if ready.exists():
        return python
    with locked(folder):
        if not ready.exists():
            tell(f"installing {name} …")
            subprocess.run(
                [sys.executable, "-m", "venv", "--clear", "--without-pip", folder / "venv"], check=True
            )
            options = (*_OPTIONS, "--ignore-requires-python") if any_python else _OPTIONS
            subprocess.run(
                [sys.executable, "-m", "pip", "--python", python, "install", *options, "-r", requirements],
                check=True,
            )
            ready.touch()
    return python


def storage_python(tell: Callable[[str], None] = lambda _line: None) -> Path:
    """Return the interpreter that has kserve-storage.

    It asks for a Python before 3.13, which is not ours to choose; what it calls of Python is the same in
    later ones.
    """
    return environment("kserve-storage", any_python=True, tell=tell)


def _digest(requirements: Path) -> str:
    """Name the pins and the Python, which an environment only links to."""
    digest = hashlib.sha256(requirements.read_bytes())
    digest.update(f"{sys.version} {sys.base_prefix} without pip".encode())
    return digest.hexdigest()[:12]
