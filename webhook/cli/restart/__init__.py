"""`hf-token-injector restart`: a rotated token for what got the old one by method `env`."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click

from webhook.cli import exits
from webhook.cli.choices import Choice
from webhook.cli.connect import access_options, fail, find_access
from webhook.cli.restart.ages import Ages
from webhook.cli.restart.carrying_out import Outcome, Restarter, Result, Waiting
from webhook.cli.restart.plan import Planner, Step, Workload
from webhook.cli.restart.report import Lines, as_json, as_lines, summary
from webhook.cli.restart.times import Duration, Moment
from webhook.cli.terminal import COLOR, colored, tell, write
from webhook.cluster.access import AccessError
from webhook.cluster.client import Client, NoAnswerError
from webhook.cluster.reader import SECONDS, Reader

_DEFAULT_NAMESPACE: Final = "default"
_LEFT: Final = {Step.BY_HAND, Step.NO_SECRET, Step.UNKNOWN}
"""What is told of without being asked by `--dry-run`."""


@click.command(short_help="Restart what has an old token, one after another.")
@access_options
@click.option("--namespace", "-n", default="", help="Namespace; the context's unless given.")
@click.option("--all-namespaces", "-A", is_flag=True, help="All namespaces.")
@click.option("--secret", metavar="NAME", default="", help="Only what has its token from this Secret.")
@click.option(
    "--older-than",
    type=Moment(),
    help="What is older than this, such as 24h, 7d or 2026-07-01T08:00:00Z; without it what is older than "
    "its Secret's last change.",
)
@click.option(
    "--skip-ended",
    is_flag=True,
    help="Leave Pods of which only containers that have ended had the token, such as storage-initializer.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--interval", type=Duration(), default="5s", show_default=True, help="Between two workloads.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for each rollout to be over.")
@click.option(
    "--timeout", type=Duration(), default="30m", show_default=True, help="The longest to wait for a workload."
)
@click.option("--output", "-o", type=Choice(["table", "json"]), default="table", show_default=True)
@COLOR
@click.pass_context
def restart(  # noqa: PLR0913 - the options
    context: click.Context,
    /,
    *,
    kubeconfig: Path | None,
    kube_context: str,
    namespace: str,
    all_namespaces: bool,
    secret: str,
    older_than: datetime | None,
    skip_ended: bool,
    dry_run: bool,
    interval: timedelta,
    wait: bool,
    timeout: timedelta,
    output: str,
    color: str,
) -> None:
    """Restart, one after another, what got its token from the webhook and has an old one.

    That is: running Pods with HF_TOKEN of ours (method env) which are older than their Secret. Pods that read
    the token from a file need no restart, and what has a token of its own is left alone. What got its token
    from a Secret that does not exist any more is told and left. Secrets are read as
    metadata, never their values.

    An InferenceService or LLMInferenceService is told to restart itself, once, by an annotation on the
    component, so that KServe makes one new revision. Deployments, StatefulSets, DaemonSets and
    LeaderWorkerSets get the same annotation in their Pod template. Jobs and bare Pods are named and left.

    Stop it and call it again as you like: what was restarted since is not restarted twice.

    It takes your rights: get and list of Pods, get of their owners and of the Secrets, patch of the owners.

    \b
    Exit codes:
      0    nothing has an old token any more (with --no-wait or --dry-run: that was told)
      2    something was not restarted or could not be told, and it is said why
      4    Pods with an old token are left, which this command does not restart
    """  # noqa: D301 - \b keeps click from filling the lines below it
    if namespace and all_namespaces:
        raise click.UsageError("--namespace and --all-namespaces exclude each other.")

    async def work() -> tuple[str, list[Workload], list[Outcome]]:
        access = find_access(kubeconfig, kube_context)
        where = "" if all_namespaces else namespace or access.namespace or _DEFAULT_NAMESPACE
        async with Client(access, seconds=SECONDS) as client:
            reader = Reader(client)
            planner = Planner(reader, Ages(reader, older_than, skip_ended=skip_ended), secret=secret)
            plan = await planner.plan(where)
            if where and not plan and await reader.lacks_namespace(where):
                fail(f"There is no namespace {where}.")
            if dry_run:
                return where, plan, []
            with Lines(silent=output == "json") as lines:
                restarter = Restarter(client, Waiting(wait, timeout, interval), lines)
                return where, plan, await restarter.carry_out(plan)

    try:
        where, plan, outcomes = asyncio.run(work())
    except (AccessError, NoAnswerError) as error:
        fail(f"{str(error).rstrip('.')}.")
    except KeyboardInterrupt:
        tell("Interrupted; call it again to go on. What was restarted is not restarted twice.")
        raise
    if output == "json":
        write(as_json(plan, outcomes, dry_run=dry_run))
    else:
        _write(where, plan, outcomes, dry_run=dry_run, color=colored(color))
    context.exit(_code(plan, outcomes, dry_run=dry_run))


def _write(
    where: str, plan: Sequence[Workload], outcomes: Sequence[Outcome], *, dry_run: bool, color: bool
) -> None:
    """Write the plan, or what it left, and the sum."""
    shown = plan if dry_run else [one for one in plan if one.step in _LEFT]
    if shown:
        write(as_lines(shown, color=color))
    if not dry_run or not plan:
        text = summary(where, plan, outcomes)
        write(text[0].upper() + text[1:] + ".\n")


def _code(plan: Sequence[Workload], outcomes: Sequence[Outcome], *, dry_run: bool) -> int:
    if any(one.step is Step.UNKNOWN for one in plan) or any(one.result is Result.FAILED for one in outcomes):
        return exits.ERROR
    if not dry_run and any(one.step is Step.BY_HAND for one in plan):
        return exits.UNFIT
    return 0
