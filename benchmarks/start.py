"""From the start of the process to the first `/readyz` that says yes."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.effort import Effort
from benchmarks.report import Figure, Report, Table
from benchmarks.servers import SHIPPED, bound_to, cores, environment, serving

_PATIENCE = 30.0


def measure(effort: Effort) -> Report:
    """Start again and again, in turns with a process that only imports the web framework.

    Raises:
        Unavailable: This is not Linux.
    """
    imports: list[float] = []
    starts: list[float] = []
    for _ in range(effort.starts):
        imports.append(_importing())
        starts.append(_starting())
    rows = [
        (name, median(taken), min(taken), max(taken))
        for name, taken in (("import uvicorn, fastapi", imports), ("hf-token-injector serve", starts))
    ]
    figure = Figure(
        "start to ready", median(starts), "s", "≤ 2 s", median(imports), "python -c 'import uvicorn, fastapi'"
    )
    return Report([figure], [Table(f"Start, {effort.starts} times", ("process", "s", "least", "most"), rows)])


def _importing() -> float:
    started = time.perf_counter()
    with bound_to(cores()[0]):
        command = [sys.executable, "-c", "import uvicorn, fastapi"]
        subprocess.run(command, env=environment(), timeout=_PATIENCE, check=True)
    return time.perf_counter() - started


def _starting() -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with serving(SHIPPED, Path(folder)) as server:
            while not server.is_ready():
                if time.perf_counter() - started > _PATIENCE:
                    raise SystemExit("the server did not become ready")
                time.sleep(0.002)
            return time.perf_counter() - started
