"""A base for the image where no registry can be reached: Debian's packages, put into an image by debootstrap.

The public base is made of the same, but for Python, which was built for it; Debian's is put where that is.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.e2e.harness.cache import CACHE, locked

SUITE: Final = "trixie"
"""The public base's, so that both have the same glibc and OpenSSL."""
_PACKAGES: Final = ("ca-certificates", "python3", "python3-venv")
_OF_THE_MACHINE: Final = ("etc/ssl/certs/ca-certificates.crt", "etc/pip.conf")
"""How the way to the package registry is trusted and found, where pip runs in a container."""
_MOVES: Final = {
    "usr/bin/python3.*": "usr/local/bin",
    "usr/lib/python3.*": "usr/local/lib",
    # Stands for libpython, which Debian's Python is not linked with: a library that no package owns.
    "usr/lib/*/libffi.so.*": "usr/local/lib",
}
"""What becomes the public base's: pattern to folder."""
_UNNEEDED: Final = ("./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./dev/*")


def base(processor: str) -> Path:
    """Return a tar file with the base's root file system for a processor, made if need be."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    folder = CACHE / f"image-base-{SUITE}-{processor}-{recipe}"
    file = folder / "root.tar"
    with locked(folder):
        if not file.exists():
            _make(file, processor)
    return file


def _make(file: Path, processor: str) -> None:
    with tempfile.TemporaryDirectory(prefix="image-base-") as scratch:
        root, partial = Path(scratch, "root"), file.with_suffix(".partial")
        options = [f"--arch={processor}", "--variant=minbase", f"--include={','.join(_PACKAGES)}"]
        command = ["debootstrap", *options, SUITE, str(root)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert done.returncode == 0, "\n".join(done.stdout.splitlines()[-25:])
        for name in _OF_THE_MACHINE:
            if Path("/", name).exists():
                shutil.copyfile(Path("/", name), root / name)
        _move(root)
        unneeded = [f"--exclude={name}" for name in _UNNEEDED]
        subprocess.run(["/bin/tar", "-C", root, *unneeded, "-cf", partial, "."], check=True)
        partial.rename(file)


def _move(root: Path) -> None:
    """Make it a Python of /usr/local."""
    shutil.rmtree(next(root.glob("usr/local/lib/python3.*")))  # Debian's place for what people install
    for pattern, folder in _MOVES.items():
        for path in root.glob(pattern):
            path.rename(root / folder / path.name)
    link = root / "usr" / "bin" / "python3"
    (root / "usr" / "local" / "bin" / "python3").symlink_to(link.readlink())
    link.unlink()
    # Its own: one processor's ldconfig leaves out the libraries of another.
    subprocess.run(["/usr/sbin/chroot", root, "/sbin/ldconfig"], check=True)
