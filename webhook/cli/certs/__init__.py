"""The commands below `hf-token-injector certs`, one file each."""

from typing import Final

import click

from webhook.cli.group import LazyGroup

COMMANDS: Final = {
    "inspect": "Show certificates, and whether caBundle verifies them.",
    "issue": "Make a CA and a serving certificate, as files.",
    "release": "Give caBundle back to another owner.",
    "rotate": "Ask for a new CA, and watch it come into use.",
}
"""By name, which is also the name of the module in this package and of the command in it."""


@click.group(
    cls=LazyGroup,
    package=__name__,
    table=COMMANDS,
    short_help="Make, inspect, rotate and release certificates.",
)
def certs() -> None:
    """Make, inspect, rotate and release the webhook's certificates."""
