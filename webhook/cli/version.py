"""`hf-token-injector version`."""

import json
import platform

import click

from webhook import __version__
from webhook.cli.choices import Choice
from webhook.cli.terminal import write


@click.command(short_help="Print the version.")
@click.option("--output", "-o", type=Choice(["text", "json"]), default="text", show_default=True)
def version(output: str) -> None:
    """Print the versions of hf-token-injector and Python, and the platform."""
    facts = {
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    if output == "json":
        write(json.dumps(facts, indent=2) + "\n")
    else:
        write(f"hf-token-injector {facts['version']} (Python {facts['python']}, {facts['platform']})\n")
