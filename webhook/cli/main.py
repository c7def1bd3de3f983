"""The entry point: which commands there are, and how all of them end."""

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click

from webhook import __version__
from webhook.cli import exits
from webhook.cli.group import LazyGroup

COMMANDS: Final = {
    "certs": "Make, inspect, rotate and release certificates.",
    "completion": "Print a shell's completion script.",
    "doctor": "Find what is wrong with an installation.",
    "explain": "Tell which containers have or get a token, and why.",
    "inject": "Write Secret references into manifests, offline.",
    "probe": "Ask the webhook, as the API server would.",
    "render": "Write manifests that follow from the settings.",
    "restart": "Restart what has an old token, one after another.",
    "serve": "Answer the API server's admission reviews.",
    "version": "Print the version.",
}
"""By name, which is also the name of the module in this package and of the command in it."""


@click.group(
    cls=LazyGroup,
    package="webhook.cli",
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="hf-token-injector")
def cli() -> None:
    """Give KServe workloads their Hugging Face token, by reference to a Secret."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Every end has its code (`exits`), and none shows a traceback: what people can mend is told in a sentence.
    """
    try:
        _mind_closed_streams()
        code = cli.main(arguments, prog_name="hf-token-injector", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = exits.INTERRUPTED
    except OSError as error:
        click.echo(f"hf-token-injector: {_surroundings(error)}.", err=True)
        code = exits.ERROR
    except Exception as error:  # noqa: BLE001 - the last resort
        # Imported here: help and completion do not pay for it.
        from webhook.core.hub import redact  # noqa: PLC0415

        reason = redact(" ".join(str(error).split())) or "no message"
        click.echo(f"hf-token-injector: internal error: {type(error).__name__}: {reason}", err=True)
        code = exits.INTERNAL
    sys.exit(code if isinstance(code, int) else 0)


def _mind_closed_streams() -> None:
    """Read nothing from a closed standard input, and tell nobody over a closed standard error.

    Python has None in their place, which no library expects.

    Raises:
        OSError: Standard output is closed, and so nothing could be answered.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - open as long as the program runs
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - likewise
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")


def _surroundings(error: OSError) -> str:
    """Return what the machine would not do, such as writing to a full disk."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
