"""`hf-token-injector render admission-policy`: what CEL in the API server can do without a server of ours."""

from pathlib import Path

import click

from webhook.admission_policy.rendering import Kind, render
from webhook.cli.choices import Choice
from webhook.cli.settings_file import load
from webhook.cli.terminal import write
from webhook.core.settings import Settings


@click.command("admission-policy", short_help="Write admission policies that need no server of ours.")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The platform's settings, as the webhook reads them. The environment is not read: "
    "the same command gives the same answer everywhere.",
)
@click.option(
    "--kind",
    type=Choice([str(kind) for kind in Kind]),
    default=str(Kind.ALL),
    show_default=True,
    help="Which policies.",
)
def admission_policy(config: Path | None, kind: str) -> None:
    """Write admission policies and their bindings, for clusters that run no server of ours.

    They are made from the same settings and tables as the webhook and do what CEL can; comments in them say
    what it cannot. Do not use them beside the webhook.

    \b
    Exit codes:
      0    the policies were written
      2    the settings or the command line are wrong

    \b
    Example:
      hf-token-injector render admission-policy | kubectl apply -f -
    """  # noqa: D301 - \b keeps click from filling the lines below it
    settings = Settings() if config is None else load(config).settings
    write(render(Kind(kind), settings))
