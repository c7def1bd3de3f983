"""What a reader pastes into a shell: whether that takes it, and whether it is a command of ours to give."""

import re
import shlex
import subprocess
from functools import cache
from typing import Final

_PROGRAMS: Final = frozenset({"kubectl", "helm", "hf-token-injector"})


def hold_pasteable(output: str) -> None:
    """Hold every command among the lines that were printed to be one that a shell takes."""
    for line in output.splitlines():
        if re.match(rf" {{2,}}(?:{'|'.join(_PROGRAMS)}) ", line):
            assert unpasteable(line.strip()) is None, unpasteable(line.strip())


@cache
def unpasteable(text: str) -> str | None:
    """Return why a shell would not take what is given as a command, or None.

    A shell also parses prose, "raise the limit", so each command must begin with a program that we know.
    """
    read = subprocess.run(
        ["/bin/bash", "-n", "-c", text], capture_output=True, text=True, check=False, timeout=60
    )
    if read.returncode:
        return f"{text}: {read.stderr}"
    words = shlex.shlex(text, posix=True, punctuation_chars=True)
    words.commenters = "#"
    begins = True
    for word in words:
        if begins and word not in _PROGRAMS:
            return f"{text}: {word} is no command"
        begins = re.fullmatch(r"[|&;()]+", word) is not None
    # `hf_…` is what is printed in a token's place, which only a reader knows.
    return f"{text}: it is not spelt out" if "…" in text.replace("hf_…", "") else None
