"""The commands below `hf-token-injector certs`, one file each."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "inspect": "Show certificates, and whether caBundle verifies them.",
    "issue": "Make a CA and a serving certificate, as files.",
    "release": "Give caBundle back to another owner.",
    "rotate": "Ask for a new CA, and watch it come into use.",
}
"""By name, which is also the name of the module in this package and of the command in it."""


class _Certificates(click.Group):
    """Imports a command when it is asked for, as all of `hf-token-injector` does."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"webhook.cli.certs.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Certificates, short_help="Make, inspect, rotate and release certificates.")
def certs() -> None:
    """Make, inspect, rotate and release the webhook's certificates."""
