"""`hf-token-injector restart` as a person calls it, with somebody who does kubelet's part meanwhile."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.harness.api import Object
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.team import Team
from tests.e2e.harness.waiting import until

_PROGRAM = Path(sys.executable).parent / "hf-token-injector"
ROTATED = "hf_e2eOnlyNotARealTokenEither00000000"
_RUNNING = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
}


class Ended(NamedTuple):
    """What the command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def workloads(self) -> dict[str, Any]:
        """What its JSON says of each workload, by name."""
        return {one["workload"]: one for one in json.loads(self.out)["workloads"]}


class Restart:
    """The command while it runs."""

    def __init__(self, cluster: Cluster, team: Team, *arguments: str) -> None:
        """Start it."""
        self._team = team
        command = [str(_PROGRAM), "restart", f"--kubeconfig={cluster.kubeconfig}", "-n", team.namespace]
        self._process = subprocess.Popen(
            [*command, "--interval=0s", "--timeout=90s", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self) -> Ended:
        """Let the Pods become ready until the command has ended."""

        def ended() -> bool:
            make_ready(self._team)
            return self._process.poll() is not None

        try:
            until(ended, "the command ends")
        finally:
            said = self._collect()
        return said

    def say(self) -> Ended:
        """Let it end while no Pod becomes ready."""
        try:
            self._process.wait(timeout=60)
        finally:
            ended = self._collect()
        return ended

    def interrupt(self) -> Ended:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)
        return self.say()

    def _collect(self) -> Ended:
        """Return what it said; it does not outlive the test."""
        self._process.kill()
        out, err = self._process.communicate()
        return Ended(self._process.returncode, out, err)


def make_ready(team: Team) -> None:
    """Say of each Pod that it runs and is ready, as kubelet does."""
    for pod in team.pods():
        if pod["status"].get("phase") == "Pending":
            name = pod["metadata"]["name"]
            path = f"/api/v1/namespaces/{team.namespace}/pods/{name}/status"
            answer = team.api.request(
                "PATCH", path, {"status": _RUNNING}, content_type="application/merge-patch+json"
            )
            assert answer.status in {200, 404}, answer


def await_running(team: Team, count: int) -> list[Object]:
    """Wait until so many Pods run, and return them."""

    def running() -> list[Object]:
        make_ready(team)
        pods = team.pods()
        return pods if len(pods) == count and all(_runs(pod) for pod in pods) else []

    return until(running, f"{count} Pods run in {team.namespace}")


def _runs(pod: Object) -> bool:
    return bool(pod["status"].get("phase") == "Running")


def rotate(team: Team) -> None:
    """Write another token, at a later second than that in which the team's Pods were made."""

    def later() -> bool:
        team.api.patch("Secret", "hf-secret", {"stringData": {"token": ROTATED}}, team.namespace)
        changed = team.get("Secret", "hf-secret")["metadata"]["managedFields"][0]["time"]
        if all(pod["metadata"]["creationTimestamp"] < changed for pod in team.pods()):
            return True
        team.api.patch(
            "Secret", "hf-secret", {"stringData": {"token": "hf_e2eOnlyYetAnother"}}, team.namespace
        )
        return False

    until(later, "the Secret is younger than the Pods")


def generations(team: Team) -> dict[str, int]:
    """Return how many ReplicaSets each Deployment has come to."""
    found: dict[str, int] = {}
    for replica_set in team.replica_sets():
        (owner,) = replica_set["metadata"]["ownerReferences"]
        found[owner["name"]] = found.get(owner["name"], 0) + 1
    return found
