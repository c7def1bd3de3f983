"""Nothing that a run has started outlives it, however the run ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness.waiting import PATIENCE, until

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from pathlib import Path
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper

processes = Processes(Path(sys.argv[1]), Reaper())
child = processes.start("child", [sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
child.wait(300)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_what_a_run_has_started_ends_with_it(tmp_path: Path, number: signal.Signals) -> None:
    """Interrupted, terminated or killed: the program that watches the run ends what is left."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with run:
        assert run.stdout
        child = int(run.stdout.readline())
        assert _exists(child)
        run.send_signal(number)
        run.wait(PATIENCE)
    until(lambda: not _exists(child), "the child of the run is gone")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
