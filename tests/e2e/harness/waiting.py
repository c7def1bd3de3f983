"""Waiting for conditions: the tests never sleep for a time and hope."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 90.0
"""Seconds until a condition counts as never coming true: far beyond what any takes, as CI may be busy."""
_INTERVAL = 0.1


def until(condition: Callable[[], Found | None], what: str, *, within: float = PATIENCE) -> Found:
    """Ask again and again until the answer is truthy, and return it.

    Args:
        condition: Asked at once and then ten times a second.
        what: What is waited for, for the message.
        within: Seconds.

    Raises:
        AssertionError: It did not come true in time.
    """
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what} (last answer: {found!r})"
        time.sleep(_INTERVAL)
