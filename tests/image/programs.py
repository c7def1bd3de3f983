"""The programs that build and run an image without a daemon and a registry: Debian's packages.

`python -m tests.image.programs` says what is missing; where `CI` is set, it installs it.
"""

import os
import shutil
import subprocess
import sys
from typing import Final

from tests.image.platforms import MACHINES, PROCESSOR, runs_here

BASE: Final = os.environ.get("IMAGE_BASE", "")
"""An image to build on, `default` for the Dockerfile's own; empty for one of Debian's packages."""
_PACKAGES: Final = {"buildah": "buildah", "runc": "runc"} | ({} if BASE else {"debootstrap": "debootstrap"})
"""Program to package."""
_EMULATOR: Final = ("qemu-user-static", "binfmt-support")
"""Packages that let the kernel run another processor's programs."""


def missing() -> list[str]:
    """Return the packages of the programs that are not here."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    programs = [package for program, package in _PACKAGES.items() if shutil.which(program, path=path) is None]
    return programs + ([] if runs_here() else list(_EMULATOR))


def main() -> None:
    """Install what is missing, or tell how."""
    if PROCESSOR not in MACHINES:
        sys.exit(f"IMAGE_PLATFORM is one of {', '.join(f'linux/{name}' for name in MACHINES)}")
    if not (packages := missing()):
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if not os.environ.get("CI"):
        sys.exit(f"missing: {', '.join(packages)}; install them: {' '.join(install)}")
    for command in (["apt-get", "update"], install):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    if not runs_here():
        sys.exit(f"the kernel does not run programs for {PROCESSOR}: is /proc/sys/fs/binfmt_misc mounted?")


if __name__ == "__main__":
    main()
