"""A node in small: it starts the chart's Deployment as kubelet would, beside a stand-in of the API server."""

import http.client
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.e2e.harness.helm import Helm
from tests.e2e.harness.ports import free_port
from tests.e2e.harness.waiting import PATIENCE, until
from tests.image import platforms
from tests.image.building import Image
from tests.image.containers import Container, Runtime
from tests.image.pods import oci
from tests.kubernetes_api import NAMESPACE, KubernetesApi

_HOST: Final = f"hf-token-injector.{NAMESPACE}.svc"
"""What an API server asks the certificate for."""
_SECONDS: Final = 60 * platforms.PATIENCE


Chart = dict[str, dict[str, Any]]
"""The manifests, by kind."""


def rendered(folder: Path) -> Chart:
    """Render the chart with its defaults, but for ports that are free here and a short time to drain.

    Args:
        folder: helm's own.
    """
    values = {
        "ports": {"https": free_port(), "ops": free_port()},
        "settings": {"server": {"drainSeconds": 0.1}},
    }
    manifests = Helm(folder).template("--namespace", NAMESPACE, values=values)
    return {manifest["kind"]: manifest for manifest in manifests}


@dataclass(frozen=True)
class Node:
    """What is needed to start it.

    Attributes:
        image: The image.
        runtime: What runs it.
        chart: What it gets from the API server.
        folder: Its own.
    """

    image: Image
    runtime: Runtime
    chart: Chart
    folder: Path

    @contextmanager
    def serving(self, namespace: str) -> Iterator["Serving"]:
        """Start the Deployment's Pod for an opted-in namespace, and return when it is ready."""
        api = KubernetesApi()
        api.namespaces.put(namespace, inject="enabled")
        api.configure(f"workloads.{NAMESPACE}.example", f"pods.{NAMESPACE}.example")
        api.start(self.folder)
        pod = self.chart["Deployment"]["spec"]["template"]["spec"]
        configuration = self.configuration(pod, api)
        began = time.monotonic()
        container = self.runtime.start(configuration)
        try:
            serving = Serving(
                container, {p["name"]: p["containerPort"] for p in pod["containers"][0]["ports"]}, api
            )
            for path in serving.started:
                until(
                    partial(serving.answers, path), f"{path} says 200", within=PATIENCE * platforms.PATIENCE
                )
                serving.started[path] = time.monotonic() - began
            yield serving
        finally:
            container.end()
            api.stop()

    def configuration(self, pod: Mapping[str, Any], api: KubernetesApi) -> dict[str, Any]:
        """Return a Pod's container, with the fields, variables and volumes that kubelet gives it."""
        mounted = self.folder / "config"
        mounted.mkdir(exist_ok=True)
        for name, text in self.chart["ConfigMap"]["data"].items():
            (mounted / name).write_text(text)
        return oci(
            pod,
            self.image.root,
            self.image.configuration,
            environ={
                "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(api.port),
                "metadata.name": "hf-token-injector-0",
                "metadata.namespace": NAMESPACE,
            },
            volumes={
                "/etc/hf-token-injector/config": mounted,
                "/var/run/secrets/kubernetes.io/serviceaccount": api.service_account(self.folder / "account"),
            },
        )


class Serving:
    """A container that serves.

    Attributes:
        started: Seconds from the runtime's start until a probe was answered with 200, by path.
    """

    def __init__(self, container: Container, ports: Mapping[str, int], api: KubernetesApi) -> None:
        self.container = container
        self.started: dict[str, float] = {"/livez": 0, "/readyz": 0}
        self._ports = ports
        self._api = api

    def answers(self, path: str) -> bool:
        """Probe as kubelet does."""
        self.container.process.check()
        connection = http.client.HTTPConnection("127.0.0.1", self._ports["ops"], timeout=_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def review(self, body: bytes) -> dict[str, Any]:
        """Send a review as the API server does, which trusts the published `caBundle`."""
        trust = ssl.create_default_context(cadata=self._api.bundles()[0].decode())
        connection = http.client.HTTPConnection("127.0.0.1", self._ports["https"], timeout=_SECONDS)
        connection.connect()
        connection.sock = trust.wrap_socket(connection.sock, server_hostname=_HOST)
        connection.request("POST", "/mutate", body, {"Content-Type": "application/json"})
        response: dict[str, Any] = json.loads(connection.getresponse().read())["response"]
        connection.close()
        return response
