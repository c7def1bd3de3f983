"""kubectl, as a user types it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.harness.binaries import binary


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Kubectl:
    """Commands with one kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig

    def try_(self, *arguments: str, stdin: str = "") -> Said:
        """Run a command that may fail."""
        done = subprocess.run(
            [binary("kubectl"), f"--kubeconfig={self._kubeconfig}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed, and return what it printed."""
        said = self.try_(*arguments, stdin=stdin)
        assert said.code == 0, f"kubectl {' '.join(arguments)}: {said.err or said.out}"
        return said.out

    def may(self, account: str, verb: str, resource: str, namespace: str = "") -> bool:
        """Tell whether the API server knows by now of an account's right, in a namespace or in all.

        Args:
            account: NAMESPACE:NAME of a ServiceAccount.
            verb: What it may do.
            resource: With what: `pods`, or with its group, `deployments.apps`.
            namespace: Where.
        """
        where = f"--namespace={namespace}" if namespace else "--all-namespaces"
        someone = f"--as=system:serviceaccount:{account}"
        return self.try_("auth", "can-i", verb, resource, where, someone).code == 0

    def apply(self, manifest: Mapping[str, Any], namespace: str, *options: str) -> str:
        """Apply a manifest, client-side unless `--server-side` is among the options."""
        return self("apply", "-n", namespace, "-f", "-", *options, stdin=json.dumps(manifest))

    def try_apply(self, manifest: Mapping[str, Any], namespace: str, *options: str) -> Said:
        """Apply a manifest that may be refused."""
        return self.try_("apply", "-n", namespace, "-f", "-", *options, stdin=json.dumps(manifest))
