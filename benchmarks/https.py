"""HTTPS admission as shipped, against a raw no-op and the straightforward endpoint, turn by turn.

Servers have one core and the load has the other; all run at once, and only one is asked at a time.
"""

import json
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.client import Client
from benchmarks.effort import Effort
from benchmarks.report import Figure, Report, Table, Unavailable
from benchmarks.servers import HOST, NOOP, SHIPPED, STRAIGHTFORWARD, Server, bound_to, cores, serving
from benchmarks.yardstick import PATH, check

_SCRIPT = Path(__file__).with_name("post.lua")
_KINDS: Final = {"raw no-op": NOOP, "hf-token-injector": SHIPPED, "straightforward FastAPI": STRAIGHTFORWARD}


class Turn(NamedTuple):
    """What one server did in one turn."""

    rate: float
    """Requests a second."""
    cpu: float
    """Microseconds of processor time of the server for each request."""
    p99: float
    """Milliseconds."""


def measure(effort: Effort) -> Report:
    """Let the servers take turns.

    Raises:
        Unavailable: wrk is missing, or this is not Linux.
    """
    if (wrk := shutil.which("wrk")) is None:
        raise Unavailable(
            "wrk makes the load and is missing; install it: apt-get install wrk, brew install wrk"
        )
    turns: dict[str, list[Turn]] = {name: [] for name in _KINDS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = {
            name: stack.enter_context(serving(kind, folder / str(number)))
            for number, (name, kind) in enumerate(_KINDS.items())
        }
        for name, server in servers.items():
            _check(server, patched=_KINDS[name] is not NOOP)
            ask(wrk, server, 1)
        for _ in range(effort.rounds):
            for name, server in servers.items():
                turns[name].append(ask(wrk, server, effort.round_seconds))
    return _report(turns)


def _check(server: Server, *, patched: bool) -> None:
    with Client(server.ports.https, server.context) as client:
        check(client.ask(PATH.read_bytes())[1], patched=patched)


def ask(wrk: str, server: Server, seconds: float, *, connections: int = 8) -> Turn:
    """Ask a server as fast as it answers.

    Raises:
        SystemExit: An answer was an error.
    """
    command = [
        wrk,
        "-t1",
        f"-c{connections}",
        f"-d{seconds:.0f}s",
        "--timeout",
        "10s",
        "--script",
        str(_SCRIPT),
    ]
    command += [f"https://{HOST}:{server.ports.https}/mutate?timeout=3s", "--", str(PATH)]
    before = server.cpu_seconds()
    with bound_to(cores()[1]):
        output = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + 30, check=True
        ).stdout
    used = server.cpu_seconds() - before
    said = json.loads(output.splitlines()[-1])
    if said["errors"]:
        raise SystemExit(f"{said['errors']} of {said['requests']} answers were errors")
    requests = said["requests"]
    return Turn(requests / said["microseconds"] * 1e6, used / requests * 1e6, said["p99"] / 1000)


def _report(turns: dict[str, list[Turn]]) -> Report:
    rates = {name: median(turn.rate for turn in taken) for name, taken in turns.items()}
    cpu = {name: median(turn.cpu for turn in taken) for name, taken in turns.items()}
    raw, own, straightforward = rates.values()
    raw_cpu = cpu["raw no-op"]
    rows = [
        (
            name,
            rates[name],
            min(turn.rate for turn in taken),
            max(turn.rate for turn in taken),
            rates[name] / raw,
            cpu[name],
            raw_cpu / cpu[name],
            median(turn.p99 for turn in taken),
        )
        for name, taken in turns.items()
    ]
    head = (
        "server",
        "requests/s",
        "least",
        "most",
        "of the no-op",
        "CPU µs each",
        "of the no-op by CPU",
        "p99 ms",
    )
    title = f"HTTPS, the yardstick on 8 connections, medians of {len(turns['raw no-op'])} turns"
    what = "HTTPS admission of the yardstick"
    return Report(
        [
            Figure(what, own, "requests/s", "≥ 0.22, better 0.25", raw, "raw no-op"),
            Figure(what, own, "requests/s", "≥ 6", straightforward, "straightforward FastAPI"),
        ],
        [Table(title, head, rows)],
    )
