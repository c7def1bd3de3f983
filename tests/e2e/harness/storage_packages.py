"""The Python environment of KServe's storage initializer, made from pins once, then found in the cache."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.e2e.harness.cache import CACHE, locked

REQUIREMENTS = Path(__file__).parents[3] / "requirements" / "kserve-storage.txt"


def storage_python(tell: Callable[[str], None] = lambda _line: None) -> Path:
    """Return the interpreter that has kserve-storage; where another process makes it, wait for that."""
    folder = CACHE / f"kserve-storage-{_digest()}"
    environment = folder / "venv"
    python = environment / "bin" / "python"
    ready = folder / ".ready"
    if ready.exists():
        return python
    with locked(folder):
        if not ready.exists():
            tell("installing kserve-storage …")
            subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
            # kserve-storage asks for a Python before 3.13, which is not ours to choose; what it calls of
            # Python is the same in later ones.
            options = (
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--ignore-requires-python",
            )
            subprocess.run([python, "-m", "pip", "install", *options, "-r", REQUIREMENTS], check=True)
            ready.touch()
    return python


def _digest() -> str:
    """Name the pins and the Python, which an environment only links to."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes())
    digest.update(f"{sys.version} {sys.base_prefix}".encode())
    return digest.hexdigest()[:12]
