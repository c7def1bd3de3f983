"""The commands below `hf-token-injector render`, one file each."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "admission-policy": "Write admission policies that need no server of ours.",
    "network-policy": "Write network policies that let downloads reach the Hub.",
}
"""By name; with `_` for `-` it is the name of the module in this package and of the command in it."""


class _Renderers(click.Group):
    """Imports a command when it is asked for, as all of `hf-token-injector` does."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command = getattr(import_module(f"webhook.cli.render.{name}"), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Renderers, short_help="Write manifests that follow from the settings.")
def render() -> None:
    """Write manifests that follow from the platform's settings, for `kubectl apply -f -`."""
