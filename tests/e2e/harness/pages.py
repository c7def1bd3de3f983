"""A page's commands, as a reader pastes them into a shell, with somebody who does kubelet's part."""

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.harness.binaries import binary
from tests.e2e.harness.kubectl import Said
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.restarting import ROTATED, make_ready
from tests.e2e.harness.team import TOKEN, Team
from tests.e2e.harness.waiting import until

ROOT = Path(__file__).parents[3]
TEAM = "team-a"
"""The namespace that the pages and the examples speak of."""
_PLACEHOLDERS = {"hf_new...": ROTATED, "hf_...": TOKEN}
_SELECTOR = "app.kubernetes.io/part-of=hf-token-injector,app.kubernetes.io/component=webhook"


class Shell:
    """A shell in a folder that looks like a checkout.

    Each line runs as it stands, but for three things: a placeholder becomes a made-up token; the Service's
    port is one that the API server can dial; and after an installation a server starts as the Deployment
    says, as no kubelet does it.
    """

    def __init__(self, folder: Path, release: Release, team: Team) -> None:
        """Prepare the folder."""
        self._folder = folder
        self._release = release
        self._team = team
        programs = folder / "bin"
        programs.mkdir()
        for name in ("helm", "kubectl"):
            (programs / name).symlink_to(binary(name))
        (programs / NAME).symlink_to(Path(sys.executable).parent / NAME)
        for name in ("charts", "examples"):
            (folder / name).symlink_to(ROOT / name)
        self._environ = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "KUBECONFIG": str(release.cluster.kubeconfig),
        }

    def run(self, line: str) -> Said:
        """Run a line; its Pods become ready meanwhile."""
        command = line
        for placeholder, token in _PLACEHOLDERS.items():
            command = command.replace(placeholder, token)
        if line.startswith("helm install "):
            command += f" --set service.port={self._release.forwarder.port}"
        with (
            (self._folder / "out").open("w+") as out,
            (self._folder / "err").open("w+") as err,
            subprocess.Popen(
                ["/bin/bash", "-c", command], cwd=self._folder, env=self._environ, stdout=out, stderr=err
            ) as process,
        ):
            try:
                until(lambda: self._ended(process), f"{line} ends")
            finally:
                process.kill()
            out.seek(0)
            err.seek(0)
            said = Said(process.wait(), out.read(), err.read())
        assert not any(token in said.out + said.err for token in _PLACEHOLDERS.values())
        if line.startswith("helm install "):
            self._serve()
        return said

    def _ended(self, process: "subprocess.Popen[bytes]") -> bool:
        make_ready(self._team)
        return process.poll() is not None

    def _serve(self) -> None:
        self._release.connect()
        self._release.start_replica()
        self._release.await_in_force()
        count_as_ready(self._release)


def count_as_ready(release: Release) -> None:
    """Say of the Deployment's Pods that they are ready, as kubelet does, until a rollout is over."""
    api = release.api
    status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}

    def rolled_out() -> bool:
        for pod in api.list("Pod", NAMESPACE, _SELECTOR):
            path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod['metadata']['name']}/status"
            answer = api.request("PATCH", path, status, content_type="application/merge-patch+json")
            assert answer.status in {200, 404}, answer
        deployment = api.get("Deployment", NAME, NAMESPACE)
        seen = deployment.get("status", {})
        wanted = deployment["spec"]["replicas"]
        return bool(
            seen.get("observedGeneration") == deployment["metadata"]["generation"]
            and seen.get("replicas") == seen.get("readyReplicas") == seen.get("updatedReplicas") == wanted
        )

    until(rolled_out, "the Deployment is rolled out")
