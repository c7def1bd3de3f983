"""HTTPS admission with Events on and off, turn by turn: reviews must not notice them.

Both servers send to a stand-in of the API server; each review of the yardstick tells something. There is one
connection, so that no review waits for another one.
"""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import yaml

from benchmarks.effort import Effort
from benchmarks.https import Turn, ask
from benchmarks.report import Figure, Report, Table, Unavailable
from benchmarks.servers import SHIPPED, serving
from tests.kubernetes_events import KubernetesEvents

_NAMES: Final = {"events off": False, "events on": True}


def measure(effort: Effort) -> Report:
    """Let the servers take turns.

    Raises:
        Unavailable: wrk is missing, or this is not Linux.
    """
    if (wrk := shutil.which("wrk")) is None:
        raise Unavailable("wrk makes the load and is missing; see the part https")
    turns: dict[str, list[Turn]] = {name: [] for name in _NAMES}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        api = KubernetesEvents()
        api.start(folder)
        stack.callback(api.stop)
        servers = {}
        for name, enabled in _NAMES.items():
            config = folder / f"{enabled}.yaml"
            cluster = {"kubeconfig": str(api.kubeconfig(folder)), "watchNamespaces": False}
            config.write_text(yaml.safe_dump({"cluster": cluster, "events": {"enabled": enabled}}))
            kind = SHIPPED._replace(command=[*SHIPPED.command, "--config", str(config)])
            servers[name] = stack.enter_context(serving(kind, folder / str(enabled)))
            ask(wrk, servers[name], 1, connections=1)
        for _ in range(effort.rounds):
            for name, server in servers.items():
                turns[name].append(ask(wrk, server, effort.round_seconds, connections=1))
        told = sum(event["count"] for event in api.events)
    return _report(turns, told)


def _report(turns: dict[str, list[Turn]], told: int) -> Report:
    p99 = {name: median(turn.p99 for turn in taken) for name, taken in turns.items()}
    rows = [
        (
            name,
            median(turn.rate for turn in taken),
            median(turn.cpu for turn in taken),
            p99[name],
            min(turn.p99 for turn in taken),
            max(turn.p99 for turn in taken),
        )
        for name, taken in turns.items()
    ]
    off, on = p99.values()
    title = f"HTTPS, the yardstick one at a time; the Events count {told:,} reviews"
    head = ("server", "requests/s", "CPU µs each", "p99 ms", "least", "most")
    return Report(
        [Figure("p99 of reviews that are told by Events", on, "ms", "about 1", off, "without Events")],
        [Table(title, head, rows)],
    )
