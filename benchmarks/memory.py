"""Resident memory after many reviews, each about another object."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.client import Client
from benchmarks.effort import Effort
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import NOOP, SHIPPED, Kind, bound_to, cores, serving
from benchmarks.yardstick import PATH, check

_CONNECTIONS = 8


def measure(effort: Effort) -> Report:
    """Post reviews to our server and to the no-op.

    Raises:
        Unavailable: This is not Linux.
    """
    first, *_, last = effort.reviews
    own = _resident(SHIPPED, effort.reviews)
    noop = _resident(NOOP, (first,))
    rows = [("hf-token-injector serve", reviews, memory) for reviews, memory in own.items()]
    rows += [("raw no-op", reviews, memory) for reviews, memory in noop.items()]
    at = effort.reviews[-2]
    figures = [
        Figure(f"resident memory after {at:,} reviews", own[at], "MiB", "≤ 80 MiB", noop[first], "raw no-op"),
        Figure(
            f"resident memory after {last:,} reviews",
            own[last],
            "MiB",
            "not growing: about 1",
            own[first],
            f"after {first:,}",
        ),
    ]
    return Report(figures, [Table("Resident memory", ("server", "reviews", "MiB"), rows)])


def _resident(kind: Kind, counts: tuple[int, ...]) -> dict[int, float]:
    """Return the resident memory in MiB at the start and after so many reviews."""
    template = PATH.read_bytes()
    posted = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(serving(kind, folder))
        stack.enter_context(bound_to(cores()[1]))
        clients = [
            stack.enter_context(Client(server.ports.https, server.context)) for _ in range(_CONNECTIONS)
        ]
        found = {0: server.resident()}
        check(clients[0].ask(template)[1], patched=kind is SHIPPED)
        for reviews in counts:
            while posted < reviews:
                for client in clients:
                    posted += 1
                    client.send(_numbered(template, posted))
                for client in clients:
                    client.receive()
            found[reviews] = server.resident()
    return found


def _numbered(template: bytes, number: int) -> bytes:
    """Return the yardstick with uid, namespace, name and model of its own, to show what is kept by them."""
    review = template.replace(b"0df28fbd", b"%08x" % number).replace(b"peers-bench", b"team-%d" % number)
    review = review.replace(b"llama-predictor-", b"model-%d-predictor-" % number)
    return review.replace(b"lama-3", b"lama-%d" % number)
