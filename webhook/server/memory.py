"""Keeps the garbage collector and malloc out of the way of large reviews.

Measured with eight clients that post 7 MiB of small maps: see `benchmarks` and the numbers below.
"""

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_MMAP_FROM = 1024 * 1024
"""Bytes. Above the 256 KiB buffer that uvloop takes for each read from TLS: with a mapping of its own for
that buffer, each request costs 60 µs more (measured)."""
_TRIM_FROM = 4 * 1024 * 1024


def settle() -> None:
    """Take what the start has built out of the collector's sight, and make malloc give large blocks back.

    glibc raises its own thresholds up to 32 MiB once a large block is freed: bodies would then live in the
    heap, and what stands above them keeps their memory. Fixing the thresholds stops that. On another libc
    nothing happens.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_FROM)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_FROM)


def give_back() -> None:
    """Give memory that is free inside the heap back to the system, where malloc is glibc's.

    What a thousand connections had is freed in small pieces, between others that stay: without this the
    process keeps it for good. It takes 6 ms for 50 MiB (measured).
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Hold back the cyclic collector while a large review is parsed and judged.

    JSON has no cycles, and millions of new maps would make the collector walk them all again and again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
