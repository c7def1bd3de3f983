"""`hf-token-injector explain`: which containers get a token, why, and from where."""

import json
from typing import Any, Final

import click

from webhook.cli.explain import offline
from webhook.cli.offline import Run, manifest_options
from webhook.cli.terminal import COLOR, colored, write

_VERSION: Final = 1
"""Of the shape that `--output json` prints. A member may come in under the same version; one that changes or
goes makes a new one."""


@click.command(short_help="Tell which containers get a token, and why.")
@manifest_options
@click.option("--output", "-o", type=click.Choice(["table", "json"]), default="table", show_default=True)
@COLOR
@click.pass_context
def explain(context: click.Context, /, *, output: str, color: str, **options: Any) -> None:  # noqa: ANN401 - those that are handed on to Run
    """Tell for each container whether it gets a token, why, and from which Secret.

    The JSON of two versions of hf-token-injector can be compared before an upgrade: its order is that of the
    manifests, and "version" is the version of its shape.

    \b
    Exit codes:
      0    everything was read, and nothing would be refused
      2    a manifest or the command line is wrong
      3    an object is refused, as the webhook would refuse it
    """  # noqa: D301 - \b keeps click from filling the lines below it
    run = Run(**options)
    documents = run.documents()
    if output == "json":
        objects = [
            offline.described_object(document, judged)
            for document in documents
            for judged in document.objects
        ]
        write(json.dumps({"version": _VERSION, "objects": objects}, indent=2) + "\n")
    else:
        write(offline.as_text(documents, color=colored(color)))
    context.exit(run.exit_code)
