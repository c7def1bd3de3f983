"""What holds for every input of every target: it ends, and what comes out of it holds no token."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

from tests.core.oracles import TOKEN_LIKE

PLANTED: Final = "hf_" + "Zq7KxW9vTb2LmR4n" * 2
"""A token that the dictionaries bring, so that it gets into every place."""

_SECONDS: Final = 20.0
"""Processor time, a hundred times what the slowest input takes: only what does not end is longer, on any
machine and with whatever else it does."""
_PART: Final = PLANTED[3:15]


class Endless(Exception):  # noqa: N818 - named for what the input does
    """An input takes longer than anything that ends."""


@contextmanager
def ending() -> Iterator[None]:
    """Raise `Endless` in what takes too much processor time."""
    before = signal.signal(signal.SIGVTALRM, _end)
    signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def holds_no_token(said: str, asked: str) -> None:
    """Assert that no token is in what is said, not even a part of the planted one.

    Args:
        said: What leaves the process.
        asked: The input, which may have a part of the planted one where nobody can tell what it is a part of.
    """
    found = TOKEN_LIKE.search(said)
    assert found is None, "something that looks like a token was said"
    if _PART not in TOKEN_LIKE.sub("", asked):
        assert _PART not in said, "a part of a token was said"


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Endless
