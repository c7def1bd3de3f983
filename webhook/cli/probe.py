"""`hf-token-injector probe`: one review to each entry, as the API server would send it."""

import asyncio
import http.client
import json
import re
import socket
import ssl
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from certs.store import Entry, Kind, StoreError
from webhook.cli import exits
from webhook.cli.connect import access_options, fail, find_access
from webhook.cli.terminal import tell, write
from webhook.cluster.access import AccessError
from webhook.cluster.certificate_store import CertificateStore, Names
from webhook.cluster.client import Client
from webhook.settings import CertificateSettings

_SECONDS: Final = 10.0
"""The longest that an API server waits for a webhook unless it is told otherwise."""
_UID: Final = "hf-token-injector-probe"
_DOWNLOADS: Final = {
    "initContainers": [
        {"name": "storage-initializer", "args": ["hf://hf-token-injector/probe", "/mnt/models"]}
    ],
    "containers": [{"name": "kserve-container"}],
}
_DOWNLOADS_NOTHING: Final = {"containers": [{"name": "kserve-container"}]}
_SPECS: Final = {Kind.MUTATING: _DOWNLOADS, Kind.VALIDATING: _DOWNLOADS_NOTHING}
"""What a Pod is asked about with: no policy refuses one that downloads nothing."""


class _NotAnsweredError(Exception):
    """An entry's webhook did not answer as it should; the text is a sentence."""


@click.command(short_help="Ask the webhook, as the API server would.")
@access_options
@click.option(
    "--mutating-configuration",
    default=CertificateSettings().mutating_configuration,
    show_default=True,
    help="Name of the MutatingWebhookConfiguration.",
)
@click.option(
    "--validating-configuration",
    default=CertificateSettings().validating_configuration,
    show_default=True,
    help="Name of the ValidatingWebhookConfiguration, which may be missing unless it is named here; empty "
    "to ask nothing of it.",
)
@click.option(
    "--connect",
    metavar="HOST:PORT",
    envvar="HF_TOKEN_INJECTOR_PROBE_CONNECT",
    help="Connect there and not to the Service, through kubectl port-forward for example.",
)
@click.pass_context
def probe(  # noqa: PLR0913 - one argument an option
    context: click.Context,
    /,
    *,
    kubeconfig: Path | None,
    kube_context: str,
    mutating_configuration: str,
    validating_configuration: str,
    connect: str | None,
) -> None:
    """Send a dry-run review to each entry's Service, and verify its certificate with that caBundle.

    It needs the right to get the two configurations, and the way to the Service that Pods have.
    `helm test` runs it.

    \b
    Exit codes:
      0    every entry's webhook answers
      2    the configuration cannot be read, or a webhook does not answer
      4    a certificate is not what caBundle vouches for
    """  # noqa: D301 - \b keeps click from filling the lines below it
    if connect and not re.fullmatch(r".+:\d{1,5}", connect):
        fail(f"--connect takes HOST:PORT, not {connect}.")
    named = context.get_parameter_source("validating_configuration") is ParameterSource.COMMANDLINE
    names = Names("", "", mutating_configuration, validating_configuration)
    try:
        found = asyncio.run(_entries(kubeconfig, kube_context, names))
    except (AccessError, StoreError) as error:
        fail(f"{str(error).rstrip('.')}.")
    if not found[Kind.MUTATING]:
        fail(f"There is no MutatingWebhookConfiguration {mutating_configuration} with entries.")
    if named and validating_configuration and not found[Kind.VALIDATING]:
        fail(f"There is no ValidatingWebhookConfiguration {validating_configuration} with entries.")
    codes = [_try(kind, entry, connect) for kind, entries in found.items() for entry in entries]
    context.exit(max(codes))


async def _entries(kubeconfig: Path | None, kube_context: str, names: Names) -> dict[Kind, list[Entry]]:
    """Return the entries of both configurations; none where one is missing, or not asked about."""
    asked = {Kind.MUTATING: names.mutating, Kind.VALIDATING: names.validating}
    async with Client(find_access(kubeconfig, kube_context)) as client:
        store = CertificateStore(client, names)
        return {
            kind: list(await store.read_entries(kind) or ()) if name else [] for kind, name in asked.items()
        }


def _review(kind: Kind) -> str:
    """Return a review of a Pod that every entry of a configuration lets through."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "probe",
            "namespace": "default",
            "labels": {"serving.kserve.io/inferenceservice": "probe"},
        },
        "spec": _SPECS[kind],
    }
    request = {
        "uid": _UID,
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "CREATE",
        "namespace": "default",
        "name": "probe",
        "userInfo": {"username": _UID},
        "object": pod,
        "dryRun": True,
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(review)


def _try(kind: Kind, entry: Entry, connect: str | None) -> int:
    """Ask one entry's webhook, say how it went, and return the exit code."""
    try:
        said = _ask(entry.client_config, _review(kind), connect)
    except ssl.SSLCertVerificationError as error:
        tell(f"{entry.name}: caBundle does not verify the certificate: {error.verify_message}.")
        return exits.UNFIT
    except (OSError, http.client.HTTPException) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        tell(f"{entry.name}: it cannot be asked: {why}.")
        return exits.ERROR
    except _NotAnsweredError as error:
        tell(f"{entry.name}: {error}")
        return exits.ERROR
    write(f"{entry.name}: {said}\n")
    return 0


def _ask(client_config: Mapping[str, Any], review: str, connect: str | None) -> str:
    """Post a review, and return what is to be said about a good answer.

    Raises:
        _NotAnsweredError: The answer is none, or the entry has no Service or no caBundle.
        OSError: The connection failed; an SSLCertVerificationError where the certificate is at fault.
    """
    service = client_config.get("service")
    if not isinstance(service, dict):
        raise _NotAnsweredError("it calls a URL and no Service, so nobody here can vouch for it.")
    port = int(service.get("port", 443))
    name = f"{service['name']}.{service['namespace']}.svc"
    if not client_config.get("caBundle"):
        raise _NotAnsweredError("it has no caBundle yet; a replica, or whoever else is to fill it, has not.")
    host, _, given = (connect or f"{name}:{port}").rpartition(":")
    try:
        context = ssl.create_default_context(cadata=b64decode(client_config["caBundle"]).decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise _NotAnsweredError("its caBundle is no PEM certificate.") from None
    with socket.create_connection((host.strip("[]"), int(given)), timeout=_SECONDS) as plain:
        connection = http.client.HTTPConnection(name, port, timeout=_SECONDS)
        connection.sock = context.wrap_socket(plain, server_hostname=name)
        try:
            connection.request("POST", service.get("path", "/"), review, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return _judge(response.status, response.read())
        finally:
            connection.close()


def _judge(status: int, body: bytes) -> str:
    """Return what an answer says.

    Raises:
        _NotAnsweredError: It is not the answer to our review.
    """
    if status != http.client.OK:
        raise _NotAnsweredError(f"it answers {status}: {body[:200].decode(errors='replace').strip()}")
    try:
        response = json.loads(body)["response"]
        uid, allowed = response["uid"], response["allowed"]
    except (ValueError, KeyError, TypeError):
        raise _NotAnsweredError("its answer is no AdmissionReview.") from None
    if uid != _UID or allowed is not True:
        raise _NotAnsweredError("it refuses a Pod that should be let through.")
    outcome = (response.get("auditAnnotations") or {}).get("outcome", "no outcome")
    return f"answers, {outcome}"
