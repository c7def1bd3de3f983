"""How much of an object is read.

Over a cap the reason says so, and `…/containers` can name the container. A command line that names a model is
a few hundred bytes, a long start script a few KiB; the caps are far above that and keep the worst object
(etcd takes 1.5 MiB) at 0.1 to 0.2 s (`benchmarks/hostile.py`).
"""

from typing import Final

STRING: Final = 64 * 1024
"""Characters of one string (an argument, a script, a variable's value)."""

OBJECT: Final = 256 * 1024
"""Characters of all strings of one object together."""

EXPANSION: Final = 32 * 1024
"""Characters that one container's `$(VAR)` and `$VAR` may expand to: references that double grow
exponentially."""

IMAGE: Final = 1024
"""Characters of an image's name."""

TOKENS: Final = 32 * 1024
"""Words, quotes, separators … of all scripts of one object together, at 3 to 5 µs each: any script of 64 KiB
that people write, which has one in three characters."""

CONTAINERS: Final = 1000
"""Containers of one object. Those behind are not looked at: 7 MiB hold 460,000 empty ones, which took 3 s."""

NESTING: Final = 4
"""Shells within shells: `sh -c "eval …"`."""

ROUNDS: Final = 16
"""Values of a `for` loop that are looked at."""

NODES: Final = 32 * 1024
"""Values of one object (members, items, strings, numbers) that are searched for tokens, at 1 µs each; what
people write has a few thousand at the most."""

FINDINGS: Final = 32
"""What one answer tells of an object; whoever has more has them told after these are mended."""

POINTER: Final = 250
"""Characters of a JSON pointer in a finding."""

SUBJECT: Final = 100
"""Characters of a name that is repeated in a sentence."""


WARNING: Final = 120
"""Characters of a warning: longer ones are cut by clients (Kubernetes API, AdmissionResponse)."""


def cut(text: str, characters: int) -> str:
    """Return a text that is no longer than so many characters."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


class OverCapError(Exception):
    """More was asked of us than the caps allow; its text is the subject of the reason."""


class Steps:
    """How many tokens of scripts may still be read."""

    __slots__ = ("left",)

    def __init__(self, tokens: int = TOKENS) -> None:
        self.left = tokens

    def take(self) -> None:
        """Read one more.

        Raises:
            OverCapError: There are no more to be had.
        """
        self.left -= 1
        if self.left < 0:
            raise OverCapError(f"its scripts have more than {TOKENS} words and signs")
