"""Containers, run by runc; one ends with the test that started it, and with the run if that dies."""

import json
import subprocess
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from tests.e2e.harness.processes import Process, Processes
from tests.e2e.harness.reaper import Reaper
from tests.e2e.harness.waiting import until
from tests.image.platforms import PATIENCE

_numbers = count(1)


class Container:
    """A container that runs."""

    def __init__(self, runtime: "Runtime", name: str, process: Process, bundle: Path) -> None:
        self._runtime = runtime
        self._name = name
        self._pid = bundle / "pid"
        self.process = process

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return self.process.output

    @property
    def pid(self) -> int:
        """Its first process, as this machine numbers it."""
        return int(
            until(lambda: self._pid.read_text() if self._pid.exists() else "", "the container's process")
        )

    @property
    def peak_memory(self) -> int:
        """Bytes that its first process has had resident at most."""
        status = Path("/proc", str(self.pid), "status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as `kubectl exec` does."""
        return self._runtime.said("exec", self._name, *command)

    def terminate(self) -> int:
        """Ask it to end, as kubelet does, and return its exit code."""
        self._runtime.said("kill", self._name, "TERM")
        return self.process.wait(60 * PATIENCE)

    def end(self) -> None:
        """Remove what is left of it."""
        if self._runtime.said("delete", "--force", self._name).returncode == 0:
            self._runtime.forget(self)
        self.process.stop()


class Runtime:
    """runc, with a folder of its own."""

    def __init__(self, folder: Path, processes: Processes, reaper: Reaper) -> None:
        self._folder = folder
        self._processes = processes
        self._reaper = reaper

    def _command(self, *arguments: str | Path) -> list[str]:
        return ["runc", "--root", str(self._folder / "state"), *map(str, arguments)]

    def said(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one of its commands."""
        command = self._command(*arguments)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120 * PATIENCE)

    def start(self, configuration: Mapping[str, Any]) -> Container:
        """Start a container."""
        name = f"hf-token-injector-{self._folder.name}-{next(_numbers)}"
        bundle = self._folder / name
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(configuration))
        run = self._command("run", "--bundle", bundle, "--pid-file", bundle / "pid", name)
        container = Container(self, name, self._processes.start(name, run), bundle)
        self._reaper.watch(container.pid)
        return container

    def forget(self, container: Container) -> None:
        """Let other programs have the number of a container's process, as they sooner or later will."""
        self._reaper.forget(container.pid)

    def run(self, configuration: Mapping[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a container to its end, with other arguments than the configuration has."""
        name = f"hf-token-injector-{self._folder.name}-{next(_numbers)}"
        bundle = self._folder / name
        bundle.mkdir()
        changed = {**configuration, "process": {**configuration["process"], "args": list(arguments)}}
        (bundle / "config.json").write_text(json.dumps(changed))
        return self.said("run", "--bundle", bundle, name)
