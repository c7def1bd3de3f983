"""etcd, kube-apiserver and kube-controller-manager on random ports of 127.0.0.1.

No kubelet and no scheduler run: Pods stay Pending, which is all that admission needs. No kube-proxy runs
either; `release.py` says how the API server reaches a Service all the same.
"""

import json
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.authority import issue_authority, issue_leaf
from tests.e2e.harness.binaries import binary
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.ports import free_port
from tests.e2e.harness.processes import Process, Processes
from tests.e2e.harness.waiting import until
from webhook.cluster.access import Identification

_CONTROLLERS = (
    "deployment-controller,replicaset-controller,job-controller,namespace-controller,serviceaccount-controller,"
    "root-ca-certificate-publisher-controller,garbage-collector-controller,endpointslice-controller,"
    "disruption-controller,validatingadmissionpolicy-status-controller"
)
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    # With the request the API server notes each webhook's patch as well, which is where a token would show.
    "rules": [
        {
            "level": "Request",
            "verbs": ["create", "update", "patch"],
            "resources": [
                {"group": "", "resources": ["pods"]},
                {"group": "serving.kserve.io", "resources": ["inferenceservices"]},
            ],
        },
        {"level": "None"},
    ],
}


class ControlPlane(Cluster):
    """A cluster of our own, which a test may stop and look into."""

    def __init__(self, processes: Processes, *, version: str = "", audit: bool = True) -> None:
        """Start one; it is ready when this returns.

        Args:
            processes: Where its programs run.
            version: Kubernetes minor version to be, such as `1.34`; empty for the binary's own.
            audit: Whether requests are noted for `audit`.
        """
        self._processes = processes
        self._version = version
        self._audited = audit
        self._etcd_port = free_port()
        self._port = free_port()
        token = secrets.token_hex(16)
        identification = Identification(_write_files(processes.folder, token), token)
        super().__init__(processes.folder, f"https://127.0.0.1:{self._port}", identification)
        self._start_etcd()
        self._api_server = self._start_api_server()
        self._await_api_server()
        self._start_controller_manager()
        until(
            lambda: self.api.find("ServiceAccount", "default", "default"),
            "the controllers make the ServiceAccount of the namespace default",
        )

    def restart_api_server(self) -> None:
        """Kill the API server, as when its node dies, and start it anew on the same port."""
        self._api_server.stop(kill=True)
        self._api_server = self._start_api_server()
        self._await_api_server()

    def stop_api_server(self) -> None:
        """Kill the API server."""
        self._api_server.stop(kill=True)

    def start_api_server(self) -> None:
        """Start it anew."""
        self._api_server = self._start_api_server()
        self._await_api_server()

    @property
    def processor_seconds(self) -> float:
        """The processor time that the API server has used."""
        return self._api_server.processor_seconds

    @property
    def audit(self) -> list[dict[str, Any]]:
        """What the API server has noted of requests for Pods and InferenceServices."""
        *lines, _being_written = (self._folder / "audit.log").read_bytes().split(b"\n")
        return [json.loads(line) for line in lines]

    def _start_etcd(self) -> None:
        client = f"http://127.0.0.1:{self._etcd_port}"
        peer = f"http://127.0.0.1:{free_port()}"
        self._processes.start(
            "etcd",
            [
                binary("etcd"),
                f"--data-dir={self._folder / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--unsafe-no-fsync",
                "--log-level=warn",
            ],
        )

    def _start_api_server(self) -> Process:
        keys = self._folder / "serviceaccounts.key"
        arguments: list[str | Path] = [
            binary("kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--tls-cert-file={self._folder / 'api.crt'}",
            f"--tls-private-key-file={self._folder / 'api.key'}",
            f"--token-auth-file={self._folder / 'tokens.csv'}",
            f"--cert-dir={self._folder / 'generated'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={keys}",
            f"--service-account-signing-key-file={keys}",
            "--endpoint-reconciler-type=none",
            "--allow-privileged=true",
            "--profiling=false",
        ]
        if self._audited:
            arguments.append(f"--audit-policy-file={self._folder / 'audit.yaml'}")
            arguments.append(f"--audit-log-path={self._folder / 'audit.log'}")
        if self._version:
            arguments.append(f"--emulated-version=kube={self._version}")
        return self._processes.start("kube-apiserver", arguments)

    def _await_api_server(self) -> None:
        def ready() -> bool:
            self._api_server.check()
            try:
                return self.api.request("GET", "/readyz").status == httpx.codes.OK
            except httpx.TransportError:
                return False

        until(ready, "the API server is ready")

    def _start_controller_manager(self) -> None:
        self._processes.start(
            "kube-controller-manager",
            [
                binary("kube-controller-manager"),
                f"--kubeconfig={self.kubeconfig}",
                f"--authentication-kubeconfig={self.kubeconfig}",
                f"--authorization-kubeconfig={self.kubeconfig}",
                f"--controllers={_CONTROLLERS}",
                "--bind-address=127.0.0.1",
                f"--secure-port={free_port()}",
                f"--cert-dir={self._folder / 'generated'}",
                "--leader-elect=false",
                f"--service-account-private-key-file={self._folder / 'serviceaccounts.key'}",
                f"--root-ca-file={self._folder / 'ca.crt'}",
            ],
        )


def pod_creation(audit: Callable[[], list[dict[str, Any]]], namespace: str) -> dict[str, str]:
    """Return what was noted of the one Pod that was created in a namespace, each webhook's call among it.

    The Pod can be seen a moment before its creation is noted, and its controller tries again what failed.
    """

    def noted() -> list[dict[str, str]]:
        return [
            event["annotations"]
            for event in audit()
            if event.get("verb") == "create"
            and event.get("objectRef", {}).get("resource") == "pods"
            and event["objectRef"].get("namespace") == namespace
            and event.get("responseStatus", {}).get("code") == httpx.codes.CREATED
        ]

    (annotations,) = until(noted, f"the creation of a Pod in {namespace} is noted")
    return annotations


def _write_files(folder: Path, token: str) -> bytes:
    """Write what the API server is started with, and return the CA that its clients trust."""
    now = datetime.now(UTC)
    authority = issue_authority("e2e", now=now, lifetime=timedelta(days=2))
    leaf = issue_leaf(
        authority,
        ["127.0.0.1", "localhost", "kubernetes.default.svc"],
        now=now,
        lifetime=timedelta(days=1),
    )
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    files = {
        "ca.crt": authority.certificate,
        "api.crt": leaf.certificate,
        "api.key": leaf.key,
        "serviceaccounts.key": key.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
        "tokens.csv": f"{token},admin,admin,system:masters\n".encode(),
        "audit.yaml": yaml.safe_dump(_AUDIT).encode(),
    }
    for name, content in files.items():
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)
    return authority.certificate
