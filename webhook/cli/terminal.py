"""What goes to standard output and standard error."""

import os
import sys
from typing import Final

import click

from webhook.cli import exits
from webhook.cli.choices import Choice

COLOR: Final = click.option(
    "--color",
    type=Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours: auto means on a terminal, unless NO_COLOR is set.",
)


def colored(choice: str) -> bool:
    """Return whether to write colours (no-color.org)."""
    if choice == "auto":
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def write(text: str) -> None:
    """Write to standard output exactly this, in UTF-8 and with its own line breaks, on every platform.

    Half a surrogate pair, which JSON can spell and UTF-8 cannot hold, is written as JSON spells it.

    Raises:
        SystemExit: Nobody reads it any more.
        OSError: It cannot be written.
    """
    stream = sys.stdout.buffer
    try:
        stream.write(text.encode(errors="backslashreplace"))
        stream.flush()
    except BrokenPipeError:
        # Python would flush again at exit and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(exits.BROKEN_PIPE)


def tell(message: str) -> None:
    """Write a line to standard error."""
    click.echo(message, err=True)
