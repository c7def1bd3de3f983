"""How the commands reach a cluster: the options, and a store for as long as a command runs."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

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
from webhook.cli import exits
from webhook.cli.terminal import tell
from webhook.cluster.access import Access, AccessError
from webhook.cluster.certificate_store import CertificateStore, Names
from webhook.cluster.client import Client
from webhook.cluster.in_cluster import in_cluster
from webhook.cluster.kubeconfig import from_kubeconfig, paths
from webhook.settings import CertificateSettings

Result = TypeVar("Result")

_DEFAULT: Final = CertificateSettings()
_OPTIONS: Final = (
    click.option("--context", "kube_context", default="", help="Context of the kubeconfig."),
    click.option(
        "--kubeconfig", type=click.Path(dir_okay=False, path_type=Path), help="Instead of KUBECONFIG."
    ),
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
    return command


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

    def run(self, work: Callable[[CertificateStore, Names], Awaitable[Result]]) -> Result:
        """Run something with a store, and end the program with a sentence where that fails.

        Raises:
            SystemExit: The cluster cannot be reached or refuses.
        """

        async def connected() -> Result:
            access = self._access()
            names = self.names(access)
            async with Client(access) as client:
                return await work(CertificateStore(client, names), names)

        try:
            return asyncio.run(connected())
        except AccessError as error:
            fail(f"{error}.")
        except StoreError as error:
            fail(str(error) + _advice(error))

    def _access(self) -> Access:
        """Return the way to the cluster: a kubeconfig, or the Pod's own where there is none.

        Raises:
            AccessError: There is neither.
        """
        files = (self.kubeconfig,) if self.kubeconfig else paths(os.environ)
        inside = "KUBERNETES_SERVICE_HOST" in os.environ and not self.kube_context
        if inside and not any(file.exists() for file in files):
            return in_cluster(os.environ)
        return from_kubeconfig(files, self.kube_context)


def fail(sentence: str) -> NoReturn:
    """End with a sentence.

    Raises:
        SystemExit: Always.
    """
    tell(f"hf-token-injector: {sentence}")
    sys.exit(exits.ERROR)


def _advice(error: StoreError) -> str:
    if isinstance(error, ForbiddenError):
        return " You need get and patch on the Secret and on both webhook configurations."
    if isinstance(error, ConflictError):
        return " Somebody was faster; try again."
    if isinstance(error, (NotFoundError, RefusedError)):
        return ""
    return " Whether it happened is not known; look with: hf-token-injector certs inspect"
