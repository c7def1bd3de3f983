"""Programs that a test starts: their log, their end."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.e2e.harness.reaper import Reaper

_STOP_SECONDS = 20


class Process:
    """A program in a process group of its own, whose output goes to a file."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path, reaper: Reaper) -> None:
        self.name = name
        self.log = log
        self._popen = popen
        self._reaper = reaper
        self._over = False

    @property
    def pid(self) -> int:
        """Its process, which leads its group."""
        return self._popen.pid

    @property
    def processor_seconds(self) -> float:
        """The processor time that it has used, of user and system (proc(5), `stat`)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace")

    def check(self) -> None:
        """Fail, with the end of its log, where it has ended by itself."""
        if not self.running:
            tail = "\n".join(self.output.splitlines()[-25:])
            raise AssertionError(f"{self.name} ended with {self._popen.returncode}:\n{tail}")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def wait(self, seconds: float = _STOP_SECONDS) -> int:
        """Wait for its end and return its exit code."""
        code = self._popen.wait(seconds)
        self._end_group()
        return code

    def stop(self, *, kill: bool = False) -> int:
        """End it, and what it has started, if it has not ended yet."""
        if self.running:
            self.signal(signal.SIGKILL if kill else signal.SIGTERM)
            try:
                self._popen.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self._end_group()
        return self._popen.returncode

    def _end_group(self) -> None:
        """End what it has started, and that once: later its number may be another program's.

        The kernel begins anew at `kernel.pid_max`, 32768 on a small machine, and a run has more threads.
        """
        if self._over:
            return
        self._over = True
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._reaper.forget(self.pid)


class Processes:
    """What one test run, or one part of it, has running; the last one started is the first to be ended."""

    def __init__(self, folder: Path, reaper: Reaper) -> None:
        self.folder = folder
        self._reaper = reaper
        self._started: list[Process] = []

    def start(
        self,
        name: str,
        arguments: Sequence[str | Path],
        *,
        environ: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program; its log is named for it.

        Args:
            name: For messages and the log's name.
            arguments: The program and its arguments.
            environ: Variables on top of PATH and HOME; nothing else is inherited.
        """
        log = self.folder / f"{name}-{len(self._started)}.log"
        variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=variables | dict(environ or {}),
                cwd=self.folder,
                start_new_session=True,
            )
        self._reaper.watch(popen.pid)
        process = Process(name, popen, log, self._reaper)
        self._started.append(process)
        return process

    def end(self) -> None:
        """End everything."""
        for process in reversed(self._started):
            process.stop()
