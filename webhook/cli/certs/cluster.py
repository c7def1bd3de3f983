"""Which objects of a cluster the commands are about, and a store for as long as a command runs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from certs.authority import service_names
from certs.store import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    StoreError,
)
from certs.view import Identity
from webhook.cli.connect import access_options, fail, find_access
from webhook.cluster.access import Access, AccessError
from webhook.cluster.certificate_store import CertificateStore, Names
from webhook.cluster.client import Client
from webhook.settings import CertificateSettings

Result = TypeVar("Result")

_DEFAULT: Final = CertificateSettings()
_OPTIONS: Final = (
    click.option(
        "--namespace", "-n", default="", help="Namespace of the Secret; the context's unless given."
    ),
    click.option("--secret", default=_DEFAULT.secret_name, show_default=True, help="Name of the Secret."),
    click.option("--service", default=_DEFAULT.service, show_default=True, help="Name of the Service."),
    click.option("--cluster-domain", default=_DEFAULT.cluster_domain, show_default=True),
    click.option(
        "--mutating-configuration",
        default=_DEFAULT.mutating_configuration,
        show_default=True,
        help="Name of the MutatingWebhookConfiguration.",
    ),
    click.option(
        "--validating-configuration",
        default=_DEFAULT.validating_configuration,
        show_default=True,
        help="Name of the ValidatingWebhookConfiguration.",
    ),
)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which cluster and which objects are meant."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return access_options(command)


@dataclass(frozen=True, kw_only=True)
class Target:
    """The cluster and the objects that a command is about; made of the values of `cluster_options`."""

    kube_context: str
    kubeconfig: Path | None
    namespace: str
    secret: str
    service: str
    cluster_domain: str
    mutating_configuration: str
    validating_configuration: str

    def names(self, access: Access) -> Names:
        """Return the names of the objects."""
        namespace = self.namespace or access.namespace
        return Names(namespace, self.secret, self.mutating_configuration, self.validating_configuration)

    def identity(self, namespace: str) -> Identity:
        """Return whose certificates these are; the replica is the person."""
        names = service_names(self.service, namespace, self.cluster_domain)
        return Identity("hf-token-injector", names, "hf-token-injector-cli")

    def run(
        self, work: Callable[[CertificateStore, Names], Awaitable[Result]], *, writes: bool = True
    ) -> Result:
        """Run something with a store, and end the program with a sentence where that fails.

        Args:
            work: What to run.
            writes: Whether it changes anything, so that without an answer it may have happened.

        Raises:
            SystemExit: The cluster cannot be reached or refuses.
        """

        async def connected() -> Result:
            access = find_access(self.kubeconfig, self.kube_context)
            names = self.names(access)
            async with Client(access) as client:
                return await work(CertificateStore(client, names), names)

        try:
            return asyncio.run(connected())
        except AccessError as error:
            fail(f"{error}.")
        except StoreError as error:
            fail(str(error) + _advice(error, writes=writes))


def _advice(error: StoreError, *, writes: bool) -> str:
    if isinstance(error, ForbiddenError):
        verbs = "get and patch" if writes else "get"
        return f" You need {verbs} on the Secret and on both webhook configurations."
    if isinstance(error, ConflictError):
        return " Somebody was faster; try again."
    if not writes or isinstance(error, (NotFoundError, RefusedError)):
        return ""
    return " Whether it happened is not known; look with: hf-token-injector certs inspect"
