"""`hf-token-injector explain`, as people call it, and what it says."""

import json
from pathlib import Path

from click.testing import CliRunner

from tests.e2e.harness.api import Object
from tests.e2e.harness.kubectl import Said
from tests.e2e.harness.team import TOKEN
from tests.pasted import unpasteable
from webhook.cli.main import cli


class Explain:
    """The command with one kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def __call__(self, *arguments: str) -> Said:
        """Run it in this process, which saves a second a call."""
        result = CliRunner().invoke(cli, ["explain", f"--kubeconfig={self._kubeconfig}", *arguments])
        assert TOKEN not in result.output
        return Said(result.exit_code, result.stdout, result.stderr)


def commands(output: str) -> list[str]:
    """Return the commands below the first line."""
    found = [line.strip() for line in output.splitlines() if line.startswith("  kubectl ")]
    assert found, output
    assert [unpasteable(command) for command in found] == [None] * len(found)
    return found


def first(said: Said) -> str:
    """Return the first line of what was printed."""
    assert said.code == 0, said
    return said.out.splitlines()[0]


def described(said: Said) -> list[Object]:
    """Return the objects of the JSON."""
    document: Object = json.loads(said.out)
    assert document["version"] == 1
    objects: list[Object] = document["objects"]
    return objects
