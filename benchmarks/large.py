"""A normal client's waiting while eight connections post hostile bodies of 7 MiB."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks.client import Client
from benchmarks.effort import Effort
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import AUTHORITY, SHIPPED, Server, bound_to, cores, end, serving
from benchmarks.yardstick import PATH, ROOT, check

_PAUSE = 0.01
"""Seconds from one review of the normal client to its next, if it was answered by then: without a pause the
many quick answers would hide the slow ones."""


def measure(effort: Effort) -> Report:
    """Let the normal client post alone, then among the large bodies.

    Raises:
        Unavailable: This is not Linux.
    """
    with tempfile.TemporaryDirectory() as folder, serving(SHIPPED, Path(folder)) as server:
        with bound_to(cores()[1]):
            alone = _waits(server, _lasting(effort.alone_seconds))
            memory = {"before": server.resident()}
            with _flooding(server, Path(folder), effort.flood_seconds) as flood:
                among = _waits(server, lambda: flood.poll() is None)
                answered = json.loads(flood.communicate()[0])
        memory["most"] = server.peak()
        time.sleep(effort.settle_seconds)
        memory[f"{effort.settle_seconds:.0f} s after"] = server.resident()
    what = "a normal client's p99 while eight 7 MiB bodies come in"
    rows = [
        (name, len(taken), median(taken), _p99(taken), max(taken))
        for name, taken in (("alone", alone), ("among large bodies", among))
    ]
    return Report(
        [Figure(what, _p99(among), "ms", "< 1000 ms", _p99(alone), "alone")],
        [
            Table("Normal client, ms", ("when", "reviews", "median", "p99", "most"), rows),
            Table("Large bodies by answer", ("answer", "bodies"), sorted(answered.items())),
            Table("Resident memory", ("when", "MiB"), list(memory.items())),
        ],
    )


def _lasting(seconds: float) -> Callable[[], bool]:
    """Return what says whether the time is not over yet."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


def _waits(server: Server, lasting: Callable[[], bool]) -> list[float]:
    """Post the yardstick again and again; return the milliseconds that each answer took."""
    body = PATH.read_bytes()
    taken = []
    with Client(server.ports.https, server.context) as client:
        check(client.ask(body)[1], patched=True)
        while lasting():
            started = time.perf_counter()
            client.ask(body)
            seconds = time.perf_counter() - started
            taken.append(seconds * 1000)
            time.sleep(max(0.0, _PAUSE - seconds))
    return taken


def _p99(taken: list[float]) -> float:
    return quantiles(taken, n=100, method="inclusive")[98]


@contextmanager
def _flooding(server: Server, folder: Path, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process that posts large bodies, and wait until it does; end it in any case."""
    command = [sys.executable, "-m", "benchmarks.flood", str(server.ports.https)]
    command += [str(folder / AUTHORITY), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True)
    assert process.stdout
    try:
        process.stdout.readline()
        yield process
    finally:
        end(process)
        process.stdout.close()
