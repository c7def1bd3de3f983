"""The platform that the image is for: this machine's, or one whose programs are emulated here.

`IMAGE_PLATFORM=linux/arm64` asks for one, as builders name them.
"""

import os
import re
from pathlib import Path
from typing import Final

MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""Processors, as images and Debian name them, and as the kernel does."""
HERE: Final = next((name for name, machine in MACHINES.items() if machine == os.uname().machine), "")
"""This machine's processor."""
PROCESSOR: Final = (os.environ.get("IMAGE_PLATFORM") or f"linux/{HERE}").removeprefix("linux/")
"""The image's."""
EMULATED: Final = PROCESSOR != HERE
PATIENCE: Final = 10 if EMULATED else 1
"""How many times longer than a program of this machine one of the image's is waited for."""


def runs_here() -> bool:
    """Tell whether the kernel runs programs of the image's processor, in a root that holds no emulator, too.

    https://docs.kernel.org/admin-guide/binfmt-misc.html (flag F)
    """
    if not EMULATED:
        return True
    emulator = Path("/proc/sys/fs/binfmt_misc", f"qemu-{MACHINES[PROCESSOR]}")
    said = emulator.read_text() if emulator.exists() else ""
    return said.startswith("enabled\n") and re.search("^flags: .*F", said, re.MULTILINE) is not None
