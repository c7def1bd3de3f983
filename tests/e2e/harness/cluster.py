"""A cluster, whoever started it, and the ways to it.

`E2E_KUBECONFIG` names one that runs already. Its API server must be able to reach 127.0.0.1 of this machine,
as our servers and KServe's controllers run here; where it has KServe, that is used.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.harness.api import Api
from webhook.cluster.access import Identification
from webhook.cluster.kubeconfig import from_kubeconfig

EXISTING = os.environ.get("E2E_KUBECONFIG", "")


class Cluster:
    """The ways to an API server.

    Attributes:
        api: As an administrator.
        kubeconfig: File for an administrator.
        address: URL of the API server.
        token: The administrator's; empty where a client certificate stands for it.
        authority: PEM of the CA that signed its certificate.
    """

    def __init__(self, folder: Path, address: str, identification: Identification) -> None:
        """Write down the ways; nothing is asked yet."""
        self._folder = folder
        self.address = address
        self.token = identification.token
        self.authority = identification.authority.decode()
        (folder / "authority.crt").write_bytes(identification.authority)
        self.kubeconfig = self.write_kubeconfig("admin", _user(folder, identification))
        self.api = Api(address, identification)

    def write_kubeconfig(self, name: str, user: dict[str, Any]) -> Path:
        """Write a kubeconfig for a user with the given credential."""
        path = self._folder / f"{name}.kubeconfig"
        cluster = {"server": self.address, "certificate-authority": str(self._folder / "authority.crt")}
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "e2e",
                    "clusters": [{"name": "e2e", "cluster": cluster}],
                    "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name}}],
                    "users": [{"name": name, "user": user}],
                }
            )
        )
        return path


def existing(folder: Path) -> Cluster:
    """Return the cluster of `E2E_KUBECONFIG`."""
    access = from_kubeconfig([Path(EXISTING)])
    return Cluster(folder, access.server, access.identify())


def _user(folder: Path, identification: Identification) -> dict[str, Any]:
    """Return the user of a kubeconfig; a client certificate becomes files of this run."""
    if identification.token:
        return {"token": identification.token}
    user = {}
    for key, content in (
        ("client-certificate", identification.certificate),
        ("client-key", identification.key),
    ):
        path = folder / f"admin.{key}"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        user[key] = str(path)
    return user
