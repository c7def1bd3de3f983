"""KServe's real controllers, with the CRDs, runtimes and webhooks of their module's folder."""

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from certs.authority import Pair, issue_authority, issue_leaf
from tests.e2e.harness.api import Api, Object
from tests.e2e.harness.binaries import binary, module_folder
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.installing import ensure, install_crds, taken
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.ports import free_port
from tests.e2e.harness.processes import Process, Processes
from tests.e2e.harness.waiting import until

NAMESPACE = "kserve"
_GROUP = "serving.kserve.io"


class KServe:
    """KServe in mode Standard: InferenceServices become Deployments."""

    def __init__(self, cluster: Cluster, processes: Processes) -> None:
        """Install it and start its manager, where the cluster has none; it admits when this returns."""
        self._cluster = cluster
        self._api = cluster.api
        self._processes = processes
        self._source = module_folder("kserve", "github.com/kserve/kserve")
        self._authority = issue_authority("kserve", now=datetime.now(UTC), lifetime=timedelta(days=2))
        if not _served(self._api, "inferenceservices"):
            self._install()

    def _install(self) -> None:
        ensure(self._api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        crds = self._source / "config/crd/full"
        self._install_crds(*sorted(crds.glob("*.yaml")), *sorted(crds.glob("clusterstoragecontainer/*.yaml")))
        self._install_crds(*sorted(crds.glob("localmodel/*.yaml")))
        self._configure()
        port = free_port()
        process = self._start("manager", port)
        self._install_webhooks("config/webhook/manifests.yaml", port)
        self._await(process, port)
        for folder in ("config/storagecontainers", "config/runtimes"):
            for manifest in self._read(*sorted((self._source / folder).glob("*.yaml"))):
                # Its webhooks answer a moment before what they look things up in is there.
                until(lambda manifest=manifest: taken(self._api, manifest), "the runtimes are taken")  # type: ignore[misc]
        until(self._asked, "the API server asks KServe about InferenceServices")

    def install_llm(self) -> None:
        """Install LLMInferenceServices as well: their CRDs, presets and controller."""
        if _served(self._api, "llminferenceservices"):
            return
        port = free_port()
        self._install_crds(
            *sorted((self._source / "config/crd/full/llmisvc").glob("serving*.yaml")), conversion=port
        )
        self._install_crds(self._source / "config/llmisvc/gateway-inference-extension.yaml")
        process = self._start("llmisvc", port)
        self._install_webhooks("config/webhook/llmisvc/manifests.yaml", port)
        self._await(process, port)
        for manifest in self._read(*sorted((self._source / "config/llmisvcconfig").glob("*.yaml"))):
            manifest["metadata"]["namespace"] = NAMESPACE
            until(lambda manifest=manifest: taken(self._api, manifest), "the presets are taken")  # type: ignore[misc]

    def _install_crds(self, *paths: Path, conversion: int = 0) -> None:
        manifests = list(self._read(*paths))
        for manifest in manifests if conversion else ():
            manifest["spec"]["conversion"] = {
                "strategy": "Webhook",
                "webhook": {
                    "conversionReviewVersions": ["v1"],
                    "clientConfig": self._client_config("/convert", conversion),
                },
            }
        install_crds(self._api, manifests)

    def _configure(self) -> None:
        """Write `inferenceservice-config`: Deployments, no Ingress, nothing else changed."""
        (manifest,) = self._read(self._source / "config/configmap/inferenceservice.yaml")
        data = manifest["data"]
        data["deploy"] = json.dumps({"defaultDeploymentMode": "Standard"})
        ingress = json.loads(data["ingress"])
        ingress.update(disableIngressCreation=True, disableIstioVirtualHost=True)
        data["ingress"] = json.dumps(ingress)
        ensure(self._api, manifest)

    def _start(self, name: str, port: int) -> Process:
        """Start a controller, with a certificate where controller-runtime looks for it."""
        folder = self._processes.folder / name
        certificates = folder / "k8s-webhook-server" / "serving-certs"
        certificates.mkdir(parents=True)
        leaf = issue_leaf(self._authority, ["127.0.0.1"], now=datetime.now(UTC), lifetime=timedelta(days=1))
        _write_pair(certificates, leaf)
        return self._processes.start(
            name,
            [
                binary(name),
                f"--webhook-port={port}",
                "--metrics-addr=0",
                "--health-probe-addr=0",
                "--zap-log-level=error",
            ],
            environ={
                "KUBECONFIG": str(self._cluster.kubeconfig),
                "POD_NAMESPACE": NAMESPACE,
                "TMPDIR": str(folder),
            },
        )

    def _install_webhooks(self, path: str, port: int) -> None:
        """Install webhook configurations, by URL instead of by Service."""
        for manifest in self._read(self._source / path):
            for webhook in manifest["webhooks"]:
                webhook["clientConfig"] = self._client_config(
                    webhook["clientConfig"]["service"]["path"], port
                )
            ensure(self._api, manifest)

    def _client_config(self, path: str, port: int) -> dict[str, str]:
        bundle = base64.b64encode(self._authority.certificate).decode()
        return {"url": f"https://127.0.0.1:{port}{path}", "caBundle": bundle}

    def _asked(self) -> bool:
        """Tell whether the API server, which follows configurations by a watch, calls KServe's webhooks."""
        answer = self._api.post(hugging_face_model("probe"), NAMESPACE, dryRun="All")
        return f"{_GROUP}/deploymentMode" in answer.body.get("metadata", {}).get("annotations", {})

    def _await(self, process: Process, port: int) -> None:
        """Wait until its webhooks answer."""
        context = httpx.create_ssl_context()
        context.load_verify_locations(cadata=self._authority.certificate.decode())

        def answers() -> bool:
            process.check()
            try:
                httpx.get(f"https://127.0.0.1:{port}/", verify=context, trust_env=False)
            except httpx.TransportError:
                return False
            return True

        until(answers, f"KServe's {process.name} answers")

    @staticmethod
    def _read(*paths: Path) -> Iterator[Object]:
        for path in paths:
            for manifest in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
                if manifest and "metadata" in manifest:
                    yield manifest


def _served(api: Api, plural: str) -> bool:
    """Tell whether a kind of KServe's is there already."""
    return api.find("CustomResourceDefinition", f"{plural}.{_GROUP}") is not None


def _write_pair(folder: Path, pair: Pair) -> None:
    for name, content in (("tls.crt", pair.certificate), ("tls.key", pair.key)):
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)
