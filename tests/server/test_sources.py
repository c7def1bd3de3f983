"""Which source a mode has, and what it costs."""

import asyncio
import io
import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kubernetes_api import KubernetesApi
from tests.server.conftest import quick_settings
from tests.server.managed import wait_for
from tests.server.running import Running
from webhook.cluster.access import AccessError
from webhook.server.certificates import CertificateError, CertificateFiles, CertificateSource
from webhook.server.known_cluster import Watches
from webhook.server.logs import make_logger
from webhook.server.metrics import Metrics
from webhook.server.self_managed import SelfManaged
from webhook.server.sources import certificate_source, cluster_watches
from webhook.settings import (
    CertificateMode,
    CertificateSettings,
    ClusterSettings,
    LogSettings,
    ServerSettings,
    TlsSettings,
)

POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def source(
    certificates: CertificateSettings, environ: dict[str, str], kubeconfig: str = ""
) -> CertificateSource:
    """Return the source of some settings."""

    async def make() -> CertificateSource:
        return certificate_source(
            ServerSettings(certificates=certificates, cluster=ClusterSettings(kubeconfig)),
            metrics=Metrics(),
            logger=make_logger(LogSettings(), io.BytesIO()),
            environ=environ,
        )

    return asyncio.run(make())


@pytest.mark.parametrize("mode", [CertificateMode.CERT_MANAGER, CertificateMode.PROVIDED])
def test_mounted_files_are_one_source_whoever_makes_them(mode: CertificateMode) -> None:
    assert isinstance(source(CertificateSettings(mode), {}), CertificateFiles)


def test_a_pod_manages_its_own() -> None:
    assert isinstance(source(CertificateSettings(namespace="here"), POD), SelfManaged)
    assert isinstance(source(CertificateSettings(), POD | {"POD_NAMESPACE": "here"}), SelfManaged)


def test_a_kubeconfig_leads_there_from_outside(api: KubernetesApi, tmp_path: Path) -> None:
    assert isinstance(source(CertificateSettings(), {}, str(api.kubeconfig(tmp_path))), SelfManaged)


def test_a_pod_without_a_namespace_is_told_what_to_set() -> None:
    with pytest.raises(CertificateError, match=r"certificates\.namespace is not set"):
        source(CertificateSettings(), POD)


def watch(
    environ: dict[str, str], kubeconfig: str = "", *, wanted: bool = True
) -> tuple[Watches | None, list[str]]:
    """Return how Namespaces are followed, and why they are not, as the log says."""
    log = io.BytesIO()
    settings = ClusterSettings(kubeconfig, watch_namespaces=wanted)
    found = cluster_watches(settings, logger=make_logger(LogSettings(), log), environ=environ)
    return found, [json.loads(line)["why"] for line in log.getvalue().splitlines()]


def test_namespaces_are_watched_wherever_there_is_a_way_to_an_api_server(
    api: KubernetesApi, tmp_path: Path
) -> None:
    for found, log in (watch(POD), watch({}, str(api.kubeconfig(tmp_path)))):
        assert found is not None
        assert log == []


def test_outside_any_cluster_namespaces_are_not_watched_and_the_log_says_so() -> None:
    found, log = watch({})
    assert found is None
    assert log == ["this is not a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"]


def test_the_watch_can_be_switched_off() -> None:
    assert watch(POD, wanted=False) == (None, ["cluster.watchNamespaces is false"])


def test_a_kubeconfig_that_is_set_must_lead_somewhere(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="there is no kubeconfig"):
        watch({}, str(tmp_path / "nothing"))


def test_a_server_follows_the_namespaces_of_its_cluster(
    api: KubernetesApi, tls_files: TlsSettings, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    api.namespaces.put("team-a")
    found, _ = watch({}, str(api.kubeconfig(tmp_path)))
    running = Running(quick_settings(tls_files), trust, watches=found)
    running.start()
    try:
        wait_for(lambda: running.get("/readyz").status == 200)
        assert b"hf_token_injector_namespaces_known 1.0" in running.get("/metrics").body
    finally:
        running.end()


def test_who_runs_outside_a_cluster_does_not_pay_for_the_client_and_the_rotation() -> None:
    code = (
        "import sys, webhook.server.run;"
        "print(sorted({'httpx', 'webhook.cluster.client', 'certs.rotation'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
