"""Chooses where the serving certificate comes from, as the settings say."""

import os
import socket
from collections.abc import Mapping
from typing import Final

from structlog.typing import FilteringBoundLogger

from webhook.server.certificates import CertificateError, CertificateFiles, CertificateSource
from webhook.server.metrics import Metrics
from webhook.settings import CertificateMode, ServerSettings

_AUTHORITY: Final = "hf-token-injector"
"""Common name of our CAs."""


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


def _self_managed(
    server: ServerSettings, metrics: Metrics, logger: FilteringBoundLogger, environ: Mapping[str, str]
) -> CertificateSource:
    # Imported here: who brings files does not pay for the client of an API server.
    from certs.authority import service_names  # noqa: PLC0415
    from certs.view import Identity  # noqa: PLC0415
    from webhook.cluster.access import AccessError  # noqa: PLC0415
    from webhook.cluster.certificate_store import CertificateStore, Names  # noqa: PLC0415
    from webhook.cluster.client import Client  # noqa: PLC0415
    from webhook.cluster.finding import find_access  # noqa: PLC0415
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
