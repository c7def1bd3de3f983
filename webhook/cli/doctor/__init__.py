"""`hf-token-injector doctor`: what is wrong, and the command that mends it."""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from webhook.cli import exits
from webhook.cli.choices import Choice
from webhook.cli.connect import access_options, fail, find_access
from webhook.cli.doctor.aim import Aim
from webhook.cli.doctor.collect import collect
from webhook.cli.doctor.report import Style, as_json, as_text, worst
from webhook.cli.platform import CONFIG, MUTATING
from webhook.cli.terminal import COLOR, colored, write
from webhook.cluster.access import AccessError
from webhook.cluster.client import Client, NoAnswerError
from webhook.cluster.reader import SECONDS
from webhook.doctor.collected import Collected, Topic
from webhook.doctor.finding import Status
from webhook.doctor.registry import CHECKS, examine, needed

_DEFAULT_NAMESPACE: Final = "default"


@click.command(short_help="Find what is wrong with an installation.")
@access_options
@click.option(
    "--namespace",
    "-n",
    "namespaces",
    metavar="NAME",
    multiple=True,
    help="Look at this namespace; at all that opted in unless given. Repeatable.",
)
@click.option(
    "--check",
    "-c",
    "checks",
    multiple=True,
    type=Choice([check.name for check in CHECKS]),
    help="Run this check alone, and read no more than it needs. Repeatable.",
)
@click.option("--verbose", "-v", is_flag=True, help="Show also what is well, and all of many findings.")
@click.option(
    "--hub", is_flag=True, help="Ask the Hub whether each token may read its models, and how large they are."
)
@click.option("--read-only", is_flag=True, help="Do not try a Pod (with dryRun, which keeps nothing).")
@click.option(
    "--connect",
    metavar="HOST:PORT",
    help="See the certificate there, through kubectl port-forward for example, and not in its Secret.",
)
@CONFIG
@MUTATING
@click.option("--output", "-o", type=Choice(["table", "json"]), default="table", show_default=True)
@COLOR
@click.pass_context
def doctor(  # noqa: PLR0913 - one argument an option
    context: click.Context,
    /,
    *,
    kubeconfig: Path | None,
    kube_context: str,
    namespaces: Sequence[str],
    checks: Sequence[str],
    verbose: bool,
    hub: bool,
    read_only: bool,
    connect: str | None,
    config: Path | None,
    mutating_configuration: str,
    output: str,
    color: str,
) -> None:
    """Look at the webhook, the namespaces that opted in, their Secrets and their Pods.

    Reads with your own rights, and says what you may not read. Of Secrets it reads those that are needed, by
    name, and never prints a value. Nothing leaves the cluster and your machine unless --hub is given: then
    each token is shown to the Hub, or to the platform's mirror that its container uses, and to nobody else.

    \b
    Exit codes:
      0    nothing wrong was found; there may be warnings, and what you may not read
      1    something does not work
      2    the cluster cannot be reached, or the command line is wrong
    """  # noqa: D301 - \b keeps click from filling the lines below it
    if not hub and checks and all(Topic.HUB in check.needs for check in CHECKS if check.name in checks):
        raise click.UsageError("this check asks the Hub: give --hub as well")
    try:
        access = find_access(kubeconfig, kube_context)
        aim = Aim(
            needed(checks),
            tuple(namespaces),
            access.namespace or _DEFAULT_NAMESPACE,
            config,
            mutating_configuration,
            connect or "",
            read_only=read_only,
            hub=hub,
        )

        async def connected() -> Collected:
            async with Client(access, seconds=SECONDS) as client:
                return await collect(client, aim, _progress)

        collected = asyncio.run(connected())
    except (AccessError, NoAnswerError) as error:
        _progress("")
        fail(f"{str(error).rstrip('.')}.")
    _progress("")
    results = examine(collected, checks)
    if output == "json":
        write(as_json(results, collected))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        style = Style(verbose, colored(color), _takes_unicode(), width)
        write(as_text(results, collected, style))
    context.exit(exits.PROBLEMS if worst(results) is Status.FAIL else 0)


def _takes_unicode() -> bool:
    """Tell whether the locale's encoding has our marks."""
    try:
        "✓✗".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _progress(what: str) -> None:
    """Tell a person who waits what is being read; nothing in a pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{f'reading {what} …' if what else ''}")
        sys.stderr.flush()
