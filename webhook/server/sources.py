"""Chooses where the serving certificate and what is known of the cluster come from, as the settings say."""

import os
import socket
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from structlog.typing import FilteringBoundLogger

from webhook.cluster.access import AccessError
from webhook.cluster.collection import Collection
from webhook.cluster.finding import find_access
from webhook.cluster.namespaces import NAMESPACES
from webhook.cluster.secrets import secrets_named
from webhook.server.certificates import CertificateError, CertificateFiles, CertificateSource
from webhook.server.followed import Follow, Followed, Item
from webhook.server.known_cluster import Watches
from webhook.server.metrics import Metrics
from webhook.server.telling import MakeTeller
from webhook.settings import CertificateMode, ClusterSettings, ServerSettings

_AUTHORITY: Final = "hf-token-injector"
"""Common name of our CAs."""
_PAGE_SECONDS: Final = 15.0
"""How long a page of a list may take."""


def certificate_source(
    settings: ServerSettings,
    *,
    metrics: Metrics,
    logger: FilteringBoundLogger,
    environ: Mapping[str, str] = os.environ,
) -> CertificateSource:
    """Return the source of a mode. An event loop must run.

    Raises:
        CertificateError: It is self-managed, and there is no cluster.
    """
    if settings.certificates.mode is CertificateMode.SELF_MANAGED:
        return _self_managed(settings, metrics, logger, environ)
    return CertificateFiles(settings.tls)


def cluster_watches(
    settings: ClusterSettings,
    secrets: Iterable[str] = (),
    *,
    logger: FilteringBoundLogger,
    environ: Mapping[str, str] = os.environ,
) -> Watches | None:
    """Return how the cluster is followed; None where it is not, which the log says.

    Args:
        settings: What is to be followed, and the way there.
        secrets: Names of Secrets that are, where Secrets are.
        logger: Of this server.
        environ: Of the process.

    Raises:
        AccessError: A kubeconfig is set, and it leads nowhere.
    """
    if not settings.watch_namespaces:
        logger.info("namespaces are not watched", why="cluster.watchNamespaces is false")
    if not (settings.watch_namespaces or settings.watch_secrets):
        return None
    try:
        access = find_access(settings.kubeconfig, environ)
    except AccessError as error:
        if settings.kubeconfig:
            raise
        logger.info("the cluster is not watched", why=str(error))
        return None
    # Imported here: who runs outside a cluster does not pay for the client of an API server.
    from webhook.cluster.client import Client  # noqa: PLC0415
    from webhook.cluster.following import Follower  # noqa: PLC0415

    def follow(collection: Collection[Item]) -> Follow[Item]:
        async def follow_one(followed: Followed[Item]) -> None:
            async with Client(access, seconds=_PAGE_SECONDS) as client:
                await Follower(client, collection, followed).follow()

        return follow_one

    return Watches(
        follow(NAMESPACES) if settings.watch_namespaces else None,
        {name: follow(secrets_named(name)) for name in secrets} if settings.watch_secrets else {},
    )


def event_teller(
    settings: ServerSettings, *, logger: FilteringBoundLogger, environ: Mapping[str, str] = os.environ
) -> MakeTeller | None:
    """Return what makes who sends Events; None where they are not, which the log says.

    Raises:
        AccessError: A kubeconfig is set, and it leads nowhere.
    """
    if not settings.events.enabled:
        logger.info("events are not sent", why="events.enabled is false")
        return None
    try:
        access = find_access(settings.cluster.kubeconfig, environ)
    except AccessError as error:
        if settings.cluster.kubeconfig:
            raise
        logger.info("events are not sent", why=str(error))
        return None

    # Imported here, as above.
    from webhook.cluster.client import Client  # noqa: PLC0415
    from webhook.cluster.events import EventStore  # noqa: PLC0415
    from webhook.server.events import Events, Sending  # noqa: PLC0415

    @asynccontextmanager
    async def store() -> AsyncGenerator[EventStore, None]:
        async with Client(access) as client:
            yield EventStore(client)

    return lambda signs: Events(Sending(store), signs)


def _self_managed(
    server: ServerSettings, metrics: Metrics, logger: FilteringBoundLogger, environ: Mapping[str, str]
) -> CertificateSource:
    # Imported here: who brings files does not pay for the rotation.
    from certs.authority import service_names  # noqa: PLC0415
    from certs.view import Identity  # noqa: PLC0415
    from webhook.cluster.certificate_store import CertificateStore, Names  # noqa: PLC0415
    from webhook.cluster.client import Client  # noqa: PLC0415
    from webhook.cluster.watching import follow_configurations  # noqa: PLC0415
    from webhook.server.self_managed import SelfManaged, Upkeep  # noqa: PLC0415

    settings = server.certificates
    try:
        access = find_access(server.cluster.kubeconfig, environ)
    except AccessError as error:
        raise CertificateError(
            f"certificates.mode is self-managed, and {error}; set tls.certFile and tls.keyFile to serve a"
            " certificate of your own"
        ) from None
    namespace = settings.namespace or access.namespace
    if not namespace:
        raise CertificateError("certificates.namespace is not set, and neither is POD_NAMESPACE")
    client = Client(access)
    names = Names(
        namespace, settings.secret_name, settings.mutating_configuration, settings.validating_configuration
    )
    upkeep = Upkeep(
        store=CertificateStore(client, names),
        identity=Identity(
            authority=_AUTHORITY,
            names=service_names(settings.service, namespace, settings.cluster_domain),
            replica=environ.get("POD_NAME") or socket.gethostname(),
        ),
        check_seconds=settings.check_seconds,
        client=client,
        follow=lambda changed, failed: follow_configurations(client, names, changed=changed, failed=failed),
    )
    return SelfManaged(upkeep, metrics=metrics, logger=logger)
