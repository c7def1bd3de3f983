"""What knowing a large cluster costs: memory, and the time until a replica is ready.

The API server is the tests' stand-in, in a thread here: it answers as kube-apiserver does, page by page.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.effort import Effort
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import SHIPPED, serving
from tests.kubernetes_api import KubernetesApi

_ANNOTATION: Final = "hf-token-injector.io/secret"
_PATIENCE: Final = 60.0


class _Found(NamedTuple):
    """Seconds from the start to ready, and MiB then."""

    ready: float
    resident: float


def measure(effort: Effort) -> Report:
    """Start servers that know nothing, a small cluster, and a large one with and without its Secrets.

    Raises:
        Unavailable: This is not Linux.
    """
    count = effort.namespaces
    alone = _started(None, secrets=False)
    small = _started(1, secrets=False)
    large = _started(count, secrets=False)
    both = _started(count, secrets=True)
    rows = [
        ("no cluster", *alone),
        ("1 Namespace", *small),
        (f"{count:,} Namespaces", *large),
        (f"{count:,} Namespaces, each with its Secret", *both),
    ]
    figures = [
        Figure(
            f"resident memory, {count:,} Namespaces and Secrets followed",
            both.resident,
            "MiB",
            "≤ 100 MiB",
            alone.resident,
            "no cluster",
        ),
        Figure(
            f"start to ready, {count:,} Namespaces and Secrets followed",
            both.ready,
            "s",
            "≤ 2 s",
            alone.ready,
            "no cluster",
        ),
    ]
    return Report(figures, [Table("Knowing a cluster", ("what is followed", "s", "MiB"), rows)])


def _started(namespaces: int | None, *, secrets: bool) -> _Found:
    """Start a server and return what it took until it was ready."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if namespaces is None:
            return _ready(folder, {})
        api = KubernetesApi()
        for number in range(namespaces):
            team = f"team-{number}"
            api.namespaces.put(team, {_ANNOTATION: f"hf-{number}"}, inject="enabled")
            if secrets:
                api.secrets.put(team, "hf-secret")
        api.start(folder)
        try:
            settings = {"kubeconfig": str(api.kubeconfig(folder)), "watchSecrets": secrets}
            return _ready(folder, {"cluster": settings})
        finally:
            api.stop()


def _ready(folder: Path, settings: dict[str, object]) -> _Found:
    config = folder / "config.yaml"
    config.write_text(json.dumps(settings))
    kind = SHIPPED._replace(command=[*SHIPPED.command, "--config", str(config)])
    started = time.perf_counter()
    with serving(kind, folder) as server:
        while not server.is_ready():
            if time.perf_counter() - started > _PATIENCE:
                raise SystemExit("the server did not become ready")
            time.sleep(0.002)
        return _Found(time.perf_counter() - started, server.resident())
