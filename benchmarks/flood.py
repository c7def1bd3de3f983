"""Posts hostile 7 MiB bodies on eight connections: `python -m benchmarks.flood PORT CA-FILE SECONDS`.

A process of its own, so that encrypting the bodies does not slow the normal client down. It says "flooding"
once its bodies are made, and at the end how many bodies got which status.
"""

import json
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from benchmarks.client import Client
from benchmarks.yardstick import PATH

_CONNECTIONS = 8
_SIZE: Final = 7 * 1024 * 1024
"""Bytes; the server takes no more."""
_SPARSE: Final = b"{}".ljust(15) + b","
"""A map with so much air that a whole body stays below the number of values that the server takes."""
_MARK = "@"
"""Where a review is filled up."""


def bodies() -> list[bytes]:
    """Return bodies that are hard on a parser, on memory, and on what looks into containers."""
    container = json.dumps({"name": "server", "image": "vllm", "args": ["--model", "team-a/model"]}).encode()
    return [
        _filled("volumes", [_MARK], b"{},"),
        _filled("volumes", [_MARK], _SPARSE),
        _filled("containers", [_MARK], _SPARSE),
        _filled("volumes", [_MARK], b"[".ljust(8) * 900 + b"]" * 900 + b","),
        _filled("containers", [{"name": "script", "command": ["sh", "-c", _MARK]}], b"$"),
        _filled("containers", [_MARK], container + b","),
    ]


def _filled(field: str, value: Sequence[Any], filling: bytes) -> bytes:
    """Return the yardstick with one field of its Pod filled up to the size; lists of items, or one string."""
    review = json.loads(PATH.read_bytes())
    review["request"]["object"]["spec"][field] = value
    mark = json.dumps(_MARK).encode()
    head, _, tail = json.dumps(review).encode().partition(mark)
    many = filling * ((_SIZE - len(head) - len(tail) - len(mark)) // len(filling))
    return head + (many.removesuffix(b",") if filling.endswith(b",") else b'"' + many + b'"') + tail


def flood(port: int, context: ssl.SSLContext, seconds: float) -> Counter[str]:
    """Post until the time is over; return how many bodies were answered with which status, or cut off."""
    hostile = bodies()
    print("flooding", flush=True)
    answered: Counter[str] = Counter()
    until = time.monotonic() + seconds

    def post(first: int) -> None:
        number = first
        while time.monotonic() < until:
            with suppress(OSError), Client(port, context) as client:
                while time.monotonic() < until:
                    number += 1
                    answered["cut off"] += 1
                    status, _ = client.ask(hostile[number % len(hostile)])
                    answered["cut off"] -= 1
                    answered[str(status)] += 1

    threads = [threading.Thread(target=post, args=(first,)) for first in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


if __name__ == "__main__":
    _, port, authority, seconds = sys.argv
    found = flood(int(port), ssl.create_default_context(cafile=authority), float(seconds))
    print(json.dumps(found))
