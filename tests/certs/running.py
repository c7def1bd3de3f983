"""Runs a coroutine to its end without an event loop: nothing here waits for anything."""

from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns, however often it pauses."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            result: Result = stop.value
            return result
