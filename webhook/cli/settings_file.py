"""A settings file that a command is given: read as the webhook reads it, but for the environment."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from webhook.settings import Loaded


def load(config: Path) -> "Loaded":
    """Read a settings file.

    Raises:
        click.UsageError: It is wrong.
    """
    # Imported here: reading settings costs 0.4 s that a run without them need not pay.
    from webhook.settings import SettingsError, load_settings  # noqa: PLC0415

    try:
        return load_settings(config, environ={})
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
