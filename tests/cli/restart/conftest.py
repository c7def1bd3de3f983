"""The command, called about a stand-in of an API server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli.restart.cluster import NAMESPACE
from tests.kubernetes_objects import KubernetesObjects
from webhook.cli.main import cli

Restart = Callable[..., Result]


@pytest.fixture
def restart(objects: KubernetesObjects, tmp_path: Path) -> Restart:
    """Call the command."""
    kubeconfig = objects.kubeconfig(tmp_path)
    objects.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})

    def run(*arguments: str) -> Result:
        options = [f"--kubeconfig={kubeconfig}", "-n", NAMESPACE, "--interval=0s", "--timeout=0s"]
        return CliRunner().invoke(cli, ["restart", *options, *arguments])

    return run
