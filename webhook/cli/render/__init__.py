"""The commands below `hf-token-injector render`, one file each."""

from typing import Final

import click

from webhook.cli.group import LazyGroup

COMMANDS: Final = {
    "admission-policy": "Write admission policies that need no server of ours.",
    "network-policy": "Write network policies that let downloads reach the Hub.",
}
"""By name; with `_` for `-` it is the name of the module in this package and of the command in it."""


@click.group(
    cls=LazyGroup,
    package=__name__,
    table=COMMANDS,
    short_help="Write manifests that follow from the settings.",
)
def render() -> None:
    """Write manifests that follow from the platform's settings, for `kubectl apply -f -`."""
