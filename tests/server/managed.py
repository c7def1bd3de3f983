"""Servers that manage their certificates against the stand-in of an API server."""

import ssl
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from structlog.typing import FilteringBoundLogger

from certs.authority import service_names
from certs.rotation import Clock
from certs.store import Store
from certs.view import Identity
from tests.kubernetes_api import MUTATING, NAMESPACE, SECRET, VALIDATING, KubernetesApi
from tests.server.conftest import quick_settings
from tests.server.running import Running
from webhook.cluster.certificate_store import CertificateStore, Names
from webhook.cluster.client import Client
from webhook.cluster.kubeconfig import from_kubeconfig
from webhook.cluster.watching import follow_configurations
from webhook.server.metrics import Metrics
from webhook.server.self_managed import SelfManaged, SystemClock, Upkeep
from webhook.settings import ServerSettings, TlsSettings

SERVICE = "hf-token-injector"
NAMES = Names(NAMESPACE, SECRET, MUTATING, VALIDATING)
HOST = f"{SERVICE}.{NAMESPACE}.svc"
"""What an API server asks the certificate for."""


def identity(replica: str = "pod-1") -> Identity:
    """Return who a replica is."""
    return Identity("hf-token-injector", service_names(SERVICE, NAMESPACE), replica)


async def _follow(client: Client, changed: Callable[[], None], failed: Callable[[str], None]) -> None:
    await follow_configurations(client, NAMES, changed=changed, failed=failed)


class Managed(Running):
    """A running server, and the source that it has its certificate from."""

    def __init__(  # noqa: PLR0913 - each test sets one or two
        self,
        api: KubernetesApi,
        folder: Path,
        *,
        clock: Clock | None = None,
        check_seconds: float = 0.02,
        watch: bool = False,
        wrap: Callable[[Store], Store] = lambda store: store,
    ) -> None:
        """Prepare.

        Args:
            api: The API server; it need not run yet if it ran before.
            folder: For the kubeconfig.
            clock: Another one than the machine's.
            check_seconds: The longest time between two looks; short, so that nothing has to be waited for.
            watch: Follow changes as a server does.
            wrap: Puts something between the rotation and its store.
        """
        super().__init__(
            quick_settings(TlsSettings()), ssl.create_default_context(), make_source=self._make_source
        )
        self.source: SelfManaged | None = None
        self._access = from_kubeconfig([api.kubeconfig(folder)])
        self._clock = clock or SystemClock()
        self._check_seconds = check_seconds
        self._watch = watch
        self._wrap = wrap

    def _make_source(
        self, _settings: ServerSettings, metrics: Metrics, logger: FilteringBoundLogger
    ) -> SelfManaged:
        client = Client(self._access, seconds=600)
        upkeep = Upkeep(
            store=self._wrap(CertificateStore(client, NAMES)),
            identity=identity(),
            check_seconds=self._check_seconds,
            client=client,
            clock=self._clock,
            follow=partial(_follow, client) if self._watch else None,
        )
        self.source = SelfManaged(upkeep, metrics=metrics, logger=logger)
        return self.source

    def look(self) -> None:
        """Let it step now, and return when it has."""
        assert self.source
        source = self.source
        before = source.looks
        self.call(source.look)
        wait_for(lambda: source.looks > before)

    @property
    def readiness(self) -> tuple[int, str]:
        """Status and text of `/readyz`."""
        answer = self.get("/readyz")
        return answer.status, answer.body.decode()

    @property
    def ready(self) -> bool:
        """Whether it says that it is ready."""
        return self.readiness[0] == 200

    def metric(self, name: str) -> float | None:
        """Return a metric by its name without prefix and with its labels; None where it has no sample."""
        prefix = f"hf_token_injector_certificate_{name} "
        lines = self.get("/metrics").body.decode().splitlines()
        return next((float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)), None)


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when a condition holds."""
    pause = threading.Event()
    for _ in range(18_000):
        if condition():
            return
        pause.wait(0.005)
    pytest.fail("it did not happen")
