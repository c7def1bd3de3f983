"""What can be fuzzed."""

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

_HERE: Final = Path(__file__).parent
_REACHED: Final = _HERE.parents[1] / ".cache" / "fuzz"


class Target(NamedTuple):
    """Something that takes any bytes.

    Attributes:
        name: What people call it, and its folders.
        check: Raises for bytes that it does not cope with.
        seeds: Inputs made of the golden cases, to begin with.
        words: What is worth putting into an input.
        change: Returns another input of the same form; None where there is no form to keep.
        longest: Bytes of an input.
    """

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: Iterable[str]
    change: Callable[[bytes, Random], bytes] | None
    longest: int

    @property
    def corpus(self) -> Path:
        """Where inputs are kept that reach what no seed does."""
        return _HERE / "corpus" / self.name

    @property
    def reached(self) -> Path:
        """Where inputs are left that reached something new."""
        return _REACHED / self.name

    @property
    def findings(self) -> Path:
        """Where inputs are kept that were not coped with."""
        return _HERE / "findings" / self.name
