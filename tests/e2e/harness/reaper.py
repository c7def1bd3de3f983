"""Ends what a test run has started when the run itself is gone, however it went: Ctrl-C, `kill -9`, a crash.

A program of its own that reads lines from a pipe: `+ PID` for a process group that was started, `- PID` for
one that has ended. The pipe closes with the run, and then every group that is left is killed: kube-apiserver,
for one, goes on for ever when its etcd is gone.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress


class Reaper:
    """The run's side of it."""

    def __init__(self) -> None:
        """Start the program."""
        self._program = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
            bufsize=1,
        )

    def watch(self, group: int) -> None:
        """End this process group with the run."""
        self._say(f"+ {group}")

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._say(f"- {group}")

    def _say(self, line: str) -> None:
        assert self._program.stdin
        self._program.stdin.write(line + "\n")
        self._program.stdin.flush()

    def end(self) -> None:
        """Let it end what is left, and go."""
        assert self._program.stdin
        self._program.stdin.close()
        self._program.wait(30)


def main() -> None:
    """Read until the pipe closes, then kill what is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        sign, _, group = line.partition(" ")
        (groups.add if sign == "+" else groups.discard)(int(group))
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
