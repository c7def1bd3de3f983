"""Ways to the stand-in of an API server, and stores that talk to it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.kubernetes_api import MUTATING, NAMESPACE, SECRET, VALIDATING, KubernetesApi
from webhook.cluster.access import Access
from webhook.cluster.certificate_store import CertificateStore, Names
from webhook.cluster.client import Client
from webhook.cluster.in_cluster import in_cluster

Result = TypeVar("Result")

NAMES = Names(NAMESPACE, SECRET, MUTATING, VALIDATING)


@pytest.fixture
def access(api: KubernetesApi, tmp_path: Path) -> Access:
    """The way that a Pod has."""
    environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.port)}
    return in_cluster(environ, api.service_account(tmp_path / "serviceaccount"))


@pytest.fixture
def run(access: Access) -> Callable[..., object]:
    """Run something with a store; it is closed afterwards."""

    def run_one(work: Callable[[CertificateStore], Awaitable[Result]], *, seconds: float = 20) -> Result:
        async def with_client() -> Result:
            async with Client(access, seconds=seconds) as client:
                return await work(CertificateStore(client, NAMES))

        return asyncio.run(with_client())

    return run_one
