"""A certificate of the platform's own, for `certificates.mode: provided`."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.harness.api import Api
from tests.e2e.harness.release import NAMESPACE

_PROGRAM = Path(sys.executable).parent / "hf-token-injector"
_SECRET = "brought"


class Pair:
    """A CA and a pair, as `hf-token-injector certs issue` makes them."""

    def __init__(self, folder: Path, days: int) -> None:
        options = (f"--namespace={NAMESPACE}", f"--folder={folder}", f"--days={days}")
        subprocess.run([_PROGRAM, "certs", "issue", *options], capture_output=True, check=True)
        self._folder = folder
        self.authority = (folder / "ca.crt").read_text()

    def put(self, api: Api) -> None:
        """Write it to the Secret that the Pods mount, which is made where it is missing."""
        files = {name: (self._folder / name).read_bytes() for name in ("tls.crt", "tls.key")}
        data = {name: base64.b64encode(content).decode() for name, content in files.items()}
        if api.find("Secret", _SECRET, NAMESPACE):
            api.patch("Secret", _SECRET, {"data": data}, NAMESPACE)
        else:
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": _SECRET}, "data": data}
            api.create(secret, NAMESPACE)


def provided(*authorities: str) -> dict[str, Any]:
    """Return the chart's values for that Secret and these CAs as caBundle."""
    section = {"secretName": _SECRET, "caBundle": "".join(authorities)}
    return {"certificates": {"mode": "provided", "provided": section}}
