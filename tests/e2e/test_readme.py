"""The README's section on installing: its lines, as a new user pastes them."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness.binaries import binary
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import TOKEN, Reference, Team, tokens

ROOT = Path(__file__).parents[2]
TEAM = "team-a"


def _lines() -> list[str]:
    """Return the commands of the section."""
    section = (ROOT / "README.md").read_text().partition("## Install it on a cluster")[2]
    block = re.search(r"```console\n(.*?)```", section, re.DOTALL)
    assert block
    return [line.removeprefix("$ ") for line in block[1].splitlines()]


@pytest.fixture
def release(cluster: Cluster, processes: Processes, helm: Helm) -> Iterator[Release]:
    """What is there before the first line: nothing but a namespace of the team's."""
    cluster.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TEAM}})
    release = Release(cluster, processes, helm)
    yield release
    release.close()
    release.uninstall()
    cluster.api.delete("Namespace", TEAM)


@pytest.mark.usefixtures("kserve")
def test_the_lines_of_the_readme_end_in_a_pod_with_its_token(
    release: Release, cluster: Cluster, kubectl: Kubectl, tmp_path: Path
) -> None:
    """Each line runs as it stands, but for three things.

    The Service's port is one that the API server can dial; after the first line a server starts as the
    Deployment says, as no kubelet does it; and what the Pod of `helm test` runs, is run by
    `chart/test_chart_lifecycle.py`.
    """
    for name in ("helm", "kubectl"):
        (tmp_path / name).symlink_to(binary(name))
    install, test, *others = _lines()
    assert test.startswith("helm test ")
    _run(f"{install} --set service.port={release.forwarder.port}", tmp_path, cluster)
    release.connect()
    release.start_replica()
    release.await_in_force()
    for line in others:
        _run(line.replace("hf_...", TOKEN), tmp_path, cluster)
    team = Team(TEAM, cluster.api, kubectl)
    pod = team.pod("serving.kserve.io/inferenceservice,component=predictor")
    assert tokens(pod)["storage-initializer"] == Reference("hf-secret", "token")


def _run(line: str, programs: Path, cluster: Cluster) -> None:
    environ = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(programs),
        "KUBECONFIG": str(cluster.kubeconfig),
    }
    done = subprocess.run(
        shlex.split(line), cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}: {done.stderr}"
