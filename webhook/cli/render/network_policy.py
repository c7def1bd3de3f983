"""`hf-token-injector render network-policy`: egress to the Hub for the workloads that ask it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import click

from webhook.cli.choices import Choice
from webhook.cli.connect import access_options, fail, find_access
from webhook.cli.manifests.documents import read
from webhook.cli.manifests.objects import manifests
from webhook.cli.manifests.sources import SourceError, find, load
from webhook.cli.platform import CONFIG, MUTATING, find_platform, tell_if_assumed
from webhook.cli.settings_file import load as load_settings
from webhook.cli.terminal import tell, write
from webhook.cluster import resources
from webhook.cluster.access import Access, AccessError
from webhook.cluster.client import Client, NoAnswerError, StatusError
from webhook.cluster.reader import SECONDS, Reader
from webhook.core.settings import Settings
from webhook.egress.cilium import cilium_network_policy
from webhook.egress.hosts import HUB, mirror
from webhook.egress.isolation import isolation
from webhook.egress.kubernetes import network_policy as kubernetes_network_policy
from webhook.egress.rendering import Wanted, finished, unselectable
from webhook.egress.workloads import Found, Selection, selections

_FORMS: Final = {"kubernetes": kubernetes_network_policy, "cilium": cilium_network_policy}
_LOOKED_AT: Final = (
    resources.INFERENCE_SERVICE,
    resources.LLM_INFERENCE_SERVICE,
    resources.DEPLOYMENT,
    resources.STATEFUL_SET,
    resources.DAEMON_SET,
    resources.LEADER_WORKER_SET,
    resources.CRON_JOB,
    resources.JOB,
    resources.POD,
)
_DEFAULT_NAMESPACE: Final = "default"


def _cidrs(_context: click.Context, option: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Read `--cidr`."""
    try:
        return tuple(str(ip_network(value)) for value in values)
    except ValueError as error:
        raise click.BadParameter(str(error), param=option) from error


@click.command("network-policy", short_help="Write network policies that let downloads reach the Hub.")
@click.option("--namespace", "-n", metavar="NAME", help="Unless given that of the kubeconfig's context.")
@click.option(
    "--filename",
    "-f",
    "filenames",
    metavar="FILE|DIR|-",
    multiple=True,
    type=click.Path(allow_dash=True),
    help="Look at manifests instead of a cluster. Repeatable.",
)
@click.option("--recursive", "-R", is_flag=True, help="Look into the folders below as well.")
@click.option(
    "--format",
    "--output",
    "-o",
    "form",
    type=Choice(list(_FORMS)),
    default="kubernetes",
    show_default=True,
    help="Cilium's names the Hub's hosts; that of Kubernetes can only name addresses.",
)
@click.option(
    "--select",
    type=Choice(["kserve", "named"]),
    default="kserve",
    show_default=True,
    help="Where an InferenceService or LLMInferenceService asks the Hub: all of its kind, or those that do.",
)
@click.option(
    "--cidr",
    "cidrs",
    metavar="CIDR",
    multiple=True,
    callback=_cidrs,
    help="Addresses of a proxy or mirror: instead of all public ones (kubernetes), or beside the names "
    "(cilium). Repeatable.",
)
@click.option(
    "--port",
    "ports",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    multiple=True,
    default=(443,),
    show_default=True,
    help="Of the Hub or the proxy. Repeatable.",
)
@CONFIG
@MUTATING
@access_options
def network_policy(  # noqa: PLR0913 - one argument an option
    *,
    namespace: str | None,
    filenames: tuple[str, ...],
    recursive: bool,
    form: str,
    select: str,
    cidrs: tuple[str, ...],
    ports: tuple[int, ...],
    config: Path | None,
    mutating_configuration: str,
    kubeconfig: Path | None,
    kube_context: str,
) -> None:
    """Write policies that let the workloads of a namespace reach DNS and the Hugging Face Hub.

    Only workloads that ask the Hub get one; comments say which, and what for. Read these comments before you
    apply it: a Pod that is selected by a policy for the first time is cut off from everything else.

    \b
    Exit codes:
      0    the policies were written, or nothing asks the Hub
      2    the cluster, a manifest or the command line is wrong

    \b
    Examples:
      hf-token-injector render network-policy -n team-a | kubectl apply -f -
      hf-token-injector render network-policy -n team-a --format cilium
      hf-token-injector render network-policy -f manifests/ --cidr 10.1.2.3/32 --port 3128
    """  # noqa: D301 - \b keeps click from filling the lines below it
    named = select == "named"
    if filenames:
        settings = Settings() if config is None else load_settings(config).settings
        policies = [
            (chosen, Wanted(where, cidrs, ports), settings)
            for where, found in _offline(filenames, namespace, recursive=recursive).items()
            for chosen in selections(found, where, settings, named=named)
        ]
        where = namespace or "any namespace"
    else:
        try:
            access = find_access(kubeconfig, kube_context)
            where = namespace or access.namespace or _DEFAULT_NAMESPACE
            found, network, settings = asyncio.run(_live(access, where, config, mutating_configuration))
        except (AccessError, NoAnswerError) as error:
            fail(str(error))
        chosen_ones = selections(found, where, settings, named=named)
        isolating = {
            one.slug: isolation(network, one.labels).policies for one in chosen_ones if network is not None
        }
        policies = [(one, Wanted(where, cidrs, ports, isolating=isolating), settings) for one in chosen_ones]
    written = list(_written(policies, form))
    if not written:
        tell(f"Nothing that can be selected in {where} asks the Hub; no policy is written.")
    write(finished(written))


def _written(policies: Sequence[tuple[Selection, Wanted, Settings]], form: str) -> Iterator[list[str]]:
    """Yield the lines of every policy."""
    for selection, wanted, settings in policies:
        if selection.selector is None:
            tell(unselectable(selection, wanted.namespace))
            continue
        endpoints = {
            download.endpoint
            for asker in selection.askers
            for download in asker.downloads
            if download.endpoint
        }
        others = sorted(endpoints | settings.endpoints - {HUB})
        mirrors = [mirror(url, wanted.namespace) for url in others]
        reachable = tuple(one for one in mirrors if one.host and one.port)
        yield _FORMS[form](selection, replace(wanted, mirrors=reachable))


def _offline(filenames: Sequence[str], namespace: str | None, *, recursive: bool) -> dict[str, list[Found]]:
    """Return the objects of manifests by namespace."""
    found: dict[str, list[Found]] = {}
    try:
        sources = [load(name) for name in find(filenames, recursive=recursive)]
    except SourceError as error:
        fail(str(error))
    for source in sources:
        for document in read(source.text, prefer_json=source.name.endswith(".json")):
            if document.error is not None:
                line, column = document.place(document.error.offset)
                fail(f"{source.name}:{line}:{column}: {document.error.message}")
            for one in manifests(document):
                where = namespace or one.namespace or _DEFAULT_NAMESPACE
                found.setdefault(where, []).append(Found(one.group, one.kind, one.name, one.object))
    return found


async def _live(
    access: Access, namespace: str, config: Path | None, mutating_configuration: str
) -> tuple[list[Found], list[dict[str, Any]] | None, Settings]:
    """Return the objects of a namespace, its NetworkPolicies and the platform's settings.

    Raises:
        NoAnswerError: The API server does not answer, or refuses what this is about.
    """
    async with Client(access, seconds=SECONDS) as client:
        reader = Reader(client)
        platform = await find_platform(reader, config, mutating_configuration)
        found: list[Found] = []
        refused: list[tuple[str, StatusError]] = []
        for resource in _LOOKED_AT:
            try:
                objects = await reader.list_all(resource, namespace)
            except StatusError as error:
                refused.append((resource.plural, error))
                continue
            found += [
                Found(resource.group, resource.kind, str(one["metadata"]["name"]), one) for one in objects
            ]
        if len(refused) == len(_LOOKED_AT):
            raise refused[0][1]
        if not found and await reader.lacks_namespace(namespace):
            fail(f"There is no namespace {namespace}.")
        for plural, refusal in refused:
            tell(f"Not looked at: {plural} ({refusal}).")
        try:
            policies: list[dict[str, Any]] | None = await reader.list_all(resources.NETWORK_POLICY, namespace)
        except StatusError:
            policies = None
    tell_if_assumed(platform)
    return found, policies, platform.settings
