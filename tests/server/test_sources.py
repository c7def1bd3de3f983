"""Which source a mode has, and what it costs."""

import asyncio
import io
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kubernetes_api import KubernetesApi
from webhook.server.certificates import CertificateError, CertificateFiles, CertificateSource
from webhook.server.logs import make_logger
from webhook.server.metrics import Metrics
from webhook.server.self_managed import SelfManaged
from webhook.server.sources import certificate_source
from webhook.settings import (
    CertificateMode,
    CertificateSettings,
    ClusterSettings,
    LogSettings,
    ServerSettings,
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


def test_who_brings_files_does_not_pay_for_the_client_and_the_rotation() -> None:
    code = (
        "import sys, webhook.server.run;"
        "print(sorted({'httpx', 'webhook.cluster.client', 'certs.rotation'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
