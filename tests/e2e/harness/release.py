"""Our release in the cluster: the chart installed by helm, and replicas that run as its Deployment says.

No kubelet runs, so the Deployment's Pods stay Pending; each replica here is a process on this machine
with the arguments, the settings file and the variables of the Deployment's Pod template, and with the
rights of its ServiceAccount. What differs is said in `Release.start_replica`.

The API server reaches the Service by a patch to `type: ExternalName, externalName: localhost`. TLS is
verified for `<service>.<namespace>.svc` all the same, and `clientConfig.service.port` is what is dialled:
there the forwarder listens.
"""

import base64
import json
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from tests.e2e.harness.api import Object
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.forwarder import Endpoint, Forwarder
from tests.e2e.harness.helm import CHART, Helm
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod
from tests.e2e.harness.ports import free_port
from tests.e2e.harness.processes import Process, Processes
from tests.e2e.harness.recorder import Recorder
from tests.e2e.harness.team import tokens
from tests.e2e.harness.waiting import until

NAME = "hf-token-injector"
NAMESPACE = "hf-token-injector"
CONFIGURATION = f"mutating-{NAME}"
POLICY = f"validating-{NAME}"
_ASKING: dict[str, Any] = {"trust_env": False, "timeout": 60}
_PROGRAM = Path(sys.executable).parent / "hf-token-injector"


class Prepared(NamedTuple):
    """What a server is started with: all that is read of the cluster for it."""

    name: str
    folder: Path
    port: int
    ops_port: int
    arguments: tuple[str, ...]
    environ: dict[str, str]


@dataclass
class Replica:
    """One running server.

    Attributes:
        process: The program.
        folder: Where what its Pod mounts lies.
        port, ops_port: Where it listens.
        endpoint: What the forwarder knows of it.
    """

    process: Process
    folder: Path
    port: int
    ops_port: int
    endpoint: Endpoint

    @property
    def ready(self) -> bool:
        """Whether it answers its readiness probe."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.ops_port}/readyz", **_ASKING).is_success
        except httpx.TransportError:
            return False

    def metrics(self) -> dict[str, float]:
        """Return its metrics: name with labels, as exposed, to value."""
        text = httpx.get(f"http://127.0.0.1:{self.ops_port}/metrics", **_ASKING).text
        lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}


class Release:
    """An installation of the chart."""

    def __init__(self, cluster: Cluster, processes: Processes, helm: Helm) -> None:
        """Prepare; nothing is installed yet."""
        self.cluster = cluster
        self.api = cluster.api
        self.helm = helm
        self.kubectl = Kubectl(cluster.kubeconfig)
        self.replicas: list[Replica] = []
        self.forwarder = Forwarder(free_port())
        self.forwarder.start()
        self._processes = processes
        self._numbers = 0

    def values(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return values for an installation here: as given, and the Service's port."""
        given = dict(values or {})
        given["service"] = {"port": self.forwarder.port} | given.get("service", {})
        return given

    def install(self, values: Mapping[str, Any] | None = None, *, chart: Path = CHART) -> str:
        """`helm upgrade --install`, and let the API server reach the Service; return what helm printed."""
        printed = self.helm.run(
            "upgrade", "--install", NAME, chart, "--namespace", NAMESPACE, "--create-namespace",
            values=self.values(values),
        )  # fmt: skip
        self.connect()
        return printed

    def upgrade(self, values: Mapping[str, Any] | None = None, *options: str) -> str:
        """`helm upgrade`; the API server reaches the Service as before."""
        return self.helm.run(
            "upgrade", NAME, CHART, "--namespace", NAMESPACE, *options, values=self.values(values)
        )

    def connect(self) -> None:
        """Let the API server reach the Service."""
        self.api.patch(
            "Service",
            NAME,
            {
                "spec": {
                    "type": "ExternalName",
                    "externalName": "localhost",
                    "clusterIP": None,
                    "clusterIPs": None,
                }
            },
            NAMESPACE,
        )

    def uninstall(self) -> None:
        """`helm uninstall`."""
        self.helm.run("uninstall", NAME, "--namespace", NAMESPACE)

    def start_replica(self, *, through: Recorder | None = None) -> Replica:
        """Start a server as the Deployment says, and wait until it is ready.

        Args:
            through: What it talks to in place of the API server.
        """
        prepared = self.prepare()
        if through is not None:
            path = Path(prepared.environ["HF_TOKEN_INJECTOR_CLUSTER__KUBECONFIG"])
            kubeconfig = yaml.safe_load(path.read_text())
            (cluster,) = kubeconfig["clusters"]
            authority = base64.b64encode(through.authority.encode()).decode()
            cluster["cluster"] = {"server": through.address, "certificate-authority-data": authority}
            path.write_text(yaml.safe_dump(kubeconfig))
        replica = self.launch(prepared)
        self.await_ready(replica)
        return replica

    def prepare(self) -> Prepared:
        """Read what a server is started with.

        What is not as in a Pod: it listens on ports of its own on 127.0.0.1; the way to the API server and
        the ServiceAccount's token come from a kubeconfig and not from kubelet's mount; what the Pod mounts
        from ConfigMaps and Secrets lies in a folder, where paths in arguments, variables and settings point.
        """
        self._numbers += 1
        name = f"replica-{self._numbers}"
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._processes.folder))
        pod = self.api.get("Deployment", NAME, NAMESPACE)["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        moved = self._mounts(pod, container, folder)
        port, ops_port = free_port(), free_port()
        variables = {
            **{name: _moved(value, moved) for name, value in self._environ(container).items()},
            "HF_TOKEN_INJECTOR_SERVER__HOST": "127.0.0.1",
            "HF_TOKEN_INJECTOR_SERVER__PORT": str(port),
            "HF_TOKEN_INJECTOR_SERVER__OPS_HOST": "127.0.0.1",
            "HF_TOKEN_INJECTOR_SERVER__OPS_PORT": str(ops_port),
            "HF_TOKEN_INJECTOR_CLUSTER__KUBECONFIG": str(self._kubeconfig(pod["serviceAccountName"], folder)),
        }
        arguments = tuple(_moved(argument, moved) for argument in container["args"])
        return Prepared(name, folder, port, ops_port, arguments, variables)

    def launch(self, prepared: Prepared) -> Replica:
        """Start a server; it may take a while until it is ready."""
        name, folder, port, ops_port, arguments, variables = prepared
        process = self._processes.start(name, [_PROGRAM, *arguments], environ=variables)
        replica = Replica(process, folder, port, ops_port, self.forwarder.follow(port, ops_port))
        self.replicas.append(replica)
        return replica

    def await_ready(self, replica: Replica) -> None:
        """Wait until a replica is ready and requests are sent to it."""

        def sent() -> bool:
            replica.process.check()
            return replica.endpoint.ready

        until(sent, f"{replica.process.name} is ready")

    def refresh_mounts(self, replica: Replica) -> None:
        """Bring what a replica's Pod mounts up to date, as kubelet does within a minute or so."""
        pod = self.api.get("Deployment", NAME, NAMESPACE)["spec"]["template"]["spec"]
        self._mounts(pod, pod["containers"][0], replica.folder)

    def await_in_force(self) -> None:
        """Wait until the API server, which follows configurations by a watch, calls the webhook."""
        # It has no Secret, and should get its entry whatever the platform does about that.
        metadata = {
            "generateName": "probe-",
            "labels": {"hf-token-injector.io/inject": "all"},
            "annotations": {"hf-token-injector.io/missing-secret": "optional"},
        }
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        name = self.api.ok(self.api.post(namespace))["metadata"]["name"]

        def called() -> bool:
            answer = self.api.post(download_pod(), name, dryRun="All")
            return answer.status < 300 and tokens(answer.body)["download"] is not None

        until(called, "the API server calls the webhook")
        self.api.delete("Namespace", name)

    def roll(self) -> None:
        """Replace the replicas as the Deployment's controller does: a new one is ready, an old one told."""
        old = list(self.replicas)
        for replica in old:
            self.start_replica()
            replica.process.signal(signal.SIGTERM)
        for replica in old:
            assert replica.process.wait(60) == 0, replica.process.output[-2000:]
            self._gone(replica)

    def stop_replica(self, replica: Replica, *, kill: bool = False) -> int:
        """End a replica and return its exit code: drained as kubelet does it, or killed."""
        if not kill:
            replica.process.signal(signal.SIGTERM)
            code = replica.process.wait(60)
        else:
            code = replica.process.stop(kill=True)
        self._gone(replica)
        return code

    def _gone(self, replica: Replica) -> None:
        self.forwarder.forget(replica.endpoint)
        self.replicas.remove(replica)

    def stop(self) -> None:
        """End all replicas at once."""
        for replica in list(self.replicas):
            self.stop_replica(replica, kill=True)

    def close(self) -> None:
        """End the replicas and the forwarder."""
        self.stop()
        self.forwarder.stop()

    def configuration(self) -> Object:
        """Return our MutatingWebhookConfiguration."""
        return self.api.get("MutatingWebhookConfiguration", CONFIGURATION)

    def bundles(self) -> dict[str, str]:
        """Return the `caBundle` of each entry, the mutating ones first."""
        policy = self.api.find("ValidatingWebhookConfiguration", POLICY)
        return {
            entry["name"]: entry["clientConfig"].get("caBundle", "")
            for configuration in (self.configuration(), policy or {})
            for entry in configuration.get("webhooks", ())
        }

    def reviews(self, namespace: str, endpoint: str = "/mutate") -> list[Object]:
        """Return what the replicas have logged of the reviews of a namespace, at a path and below it.

        What other tests have left behind may still be reviewed; it lies in other namespaces.
        """
        lines = [line for replica in self.replicas for line in replica.process.output.splitlines()]
        logged = [json.loads(line) for line in lines if line.startswith("{") and '"event":"review"' in line]
        return [
            review
            for review in logged
            if review["namespace"] == namespace and review["endpoint"].startswith(endpoint)
        ]

    def _kubeconfig(self, account: str, folder: Path) -> Path:
        """Write a kubeconfig with a token of the ServiceAccount, as kubelet asks for one."""
        answer = self.api.request(
            "POST",
            f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}},
        )
        token = self.api.ok(answer)["status"]["token"]
        return self.cluster.write_kubeconfig(folder.name, {"token": token})

    def _environ(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Return a container's variables as kubelet would set them."""
        fields = {"metadata.namespace": NAMESPACE, "metadata.name": f"{NAME}-0", "status.podIP": "127.0.0.1"}
        variables = {}
        for entry in container.get("env", ()):
            source = entry.get("valueFrom", {})
            if "fieldRef" in source:
                variables[entry["name"]] = fields[source["fieldRef"]["fieldPath"]]
            elif not source:
                variables[entry["name"]] = entry.get("value", "")
        return variables

    def _mounts(self, pod: Mapping[str, Any], container: Mapping[str, Any], folder: Path) -> dict[str, str]:
        """Write what is mounted, and return which folder stands for which mount path."""
        volumes = {volume["name"]: volume for volume in pod.get("volumes", ())}
        moved = {}
        for mount in container.get("volumeMounts", ()):
            volume = volumes[mount["name"]]
            here = folder / mount["name"]
            here.mkdir(exist_ok=True)
            moved[mount["mountPath"]] = str(here)
            if "configMap" in volume:
                data = self.api.get("ConfigMap", volume["configMap"]["name"], NAMESPACE).get("data", {})
                files = {name: text.encode() for name, text in data.items()}
            elif "secret" in volume:
                secret = self.api.find("Secret", volume["secret"]["secretName"], NAMESPACE) or {}
                files = {name: base64.b64decode(text) for name, text in secret.get("data", {}).items()}
            else:
                files = {}
            for name, content in files.items():
                partial = here / f".{name}"
                partial.write_bytes(content)
                partial.rename(here / name)
        for path in folder.rglob("*.yaml"):
            path.write_text(_moved(path.read_text(), moved))
        return moved


def _moved(text: str, moved: Mapping[str, str]) -> str:
    """Return a text with each mount path replaced by the folder that stands for it."""
    for path, folder in moved.items():
        text = text.replace(path, folder)
    return text
