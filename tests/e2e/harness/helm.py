"""helm, as a platform engineer types it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.harness.binaries import binary
from tests.e2e.harness.kubectl import Said

CHART = Path(__file__).parents[3] / "charts" / "hf-token-injector"


class Helm:
    """Commands with one kubeconfig and folders of their own; `template` needs no cluster."""

    def __init__(self, folder: Path, kubeconfig: Path | None = None) -> None:
        self._environ = {
            "HOME": str(folder),  # for the discovery cache, which would lie in the working folder
            "HELM_CACHE_HOME": str(folder / "helm" / "cache"),
            "HELM_CONFIG_HOME": str(folder / "helm" / "config"),
            "HELM_DATA_HOME": str(folder / "helm" / "data"),
            "KUBECONFIG": str(kubeconfig or "/dev/null"),
        }

    def try_(self, *arguments: str | Path, values: Mapping[str, Any] | None = None) -> Said:
        """Run a command that may fail.

        Args:
            arguments: What follows `helm`.
            values: Values, as with `--values`.
        """
        command = [str(argument) for argument in (binary("helm"), *arguments)]
        if values is not None:
            command += ["--values", "-"]
        done = subprocess.run(
            command,
            input=json.dumps(values) if values is not None else "",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=self._environ,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str | Path, values: Mapping[str, Any] | None = None) -> str:
        """Run a command that must succeed, and return what it printed."""
        said = self.try_(*arguments, values=values)
        assert said.code == 0, f"helm {' '.join(map(str, arguments))}: {said.err or said.out}"
        return said.out

    def template(
        self, *arguments: str | Path, values: Mapping[str, Any] | None = None, chart: Path = CHART
    ) -> list[dict[str, Any]]:
        """Render the chart as `helm install` would."""
        rendered = self.run("template", "hf-token-injector", chart, *arguments, values=values)
        return [manifest for manifest in yaml.safe_load_all(rendered) if manifest]
