"""`hf-token-injector doctor`, as people call it, and what it says."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.waiting import until
from tests.pasted import unpasteable
from webhook.cli.main import cli

_SELECTOR = "app.kubernetes.io/part-of=hf-token-injector,app.kubernetes.io/component=webhook"
"""Of our Deployment's Pods."""
_PROGRAM = Path(sys.executable).parent / "hf-token-injector"


class Diagnosis(NamedTuple):
    """What it found.

    Attributes:
        code: Its exit code.
        document: What `--output json` prints.
    """

    code: int
    document: dict[str, Any]

    @property
    def statuses(self) -> dict[str, str]:
        """Of each check, the worst that it found."""
        return {check["name"]: check["status"] for check in self.document["checks"]}

    @property
    def wrong(self) -> set[str]:
        """The checks that found something, or could not look."""
        return {name for name, status in self.statuses.items() if status != "ok"}

    def said(self, check: str) -> list[str]:
        """Return what a check says that is not well: status, subject, sentence, => and the fix."""
        (chosen,) = (one for one in self.document["checks"] if one["name"] == check)
        return [_line(found) for found in chosen["findings"] if found["status"] != "ok"]


def _line(found: dict[str, Any]) -> str:
    assert not found["fix"] or unpasteable(found["fix"]) is None, found
    subject = found["subject"] or {"kind": "", "name": ""}
    return f"{found['status']} {subject['kind']} {subject['name']} {found['sentence']} => {found['fix']}"


class Doctor:
    """The command with one kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def text(self, *arguments: str, command: Sequence[str] = ("doctor",)) -> subprocess.CompletedProcess[str]:
        """Run it, or another command that is named, as a program, and return what it printed for people."""
        return subprocess.run(
            [_PROGRAM, *command, f"--kubeconfig={self._kubeconfig}", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )

    def __call__(self, *arguments: str) -> Diagnosis:
        """Run it in this process, which saves a second a call, and return what it found."""
        done = CliRunner().invoke(
            cli, ["doctor", f"--kubeconfig={self._kubeconfig}", "--output=json", *arguments]
        )
        assert done.stdout, done.stderr
        return Diagnosis(done.exit_code, json.loads(done.stdout))


def say_ready(release: Release, *, ready: bool) -> None:
    """Say of the Deployment's Pods whether they are ready, as kubelet does, and wait until it is known."""
    api = release.api
    until(lambda: len(api.list("Pod", NAMESPACE, _SELECTOR)) >= 2, "the Deployment has its Pods")
    pods = api.list("Pod", NAMESPACE, _SELECTOR)
    condition = {"type": "Ready", "status": str(ready)}
    for pod in pods:
        status = {"status": {"phase": "Running", "conditions": [condition]}}
        api.patch("Pod", pod["metadata"]["name"], status, NAMESPACE, subresource="status")

    def counted() -> bool:
        status = api.get("Deployment", NAME, NAMESPACE).get("status", {})
        return bool(status.get("readyReplicas", 0) == (len(pods) if ready else 0))

    until(counted, "the Deployment has counted its replicas")
