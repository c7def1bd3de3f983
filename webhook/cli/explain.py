"""`hf-token-injector explain`: which containers get a token, why, and from where, without a cluster."""

import json
from collections.abc import Sequence
from typing import Any, Final

import click

from webhook.cli.offline import Judged, Read, Run, identity, manifest_options, title
from webhook.cli.table import COLUMNS, Row, lines, rich_table
from webhook.cli.terminal import COLOR, colored, write
from webhook.core.decision import Action, Verdict
from webhook.core.reasons import Outcome

_VERSION: Final = 1
"""Of the shape that `--output json` prints. A member may come in under the same version; one that changes or
goes makes a new one."""

_GETS_ONE: Final = (Action.ADD, Action.KEEP, Action.REPLACE)


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
        objects = [_described(document, judged) for document in documents for judged in document.objects]
        write(json.dumps({"version": _VERSION, "objects": objects}, indent=2) + "\n")
    else:
        write(_as_text(documents, color=colored(color)))
    context.exit(run.exit_code)


def _described(document: Read, judged: Judged) -> dict[str, Any]:
    """Return all that was decided about an object."""
    decision = judged.decision
    return {
        **identity(document.source, judged),
        "outcome": str(decision.outcome),
        "sentence": decision.outcome.sentence,
        "denial": decision.denial,
        "warnings": decision.warnings,
        "containers": [_container(verdict) for verdict in decision.verdicts],
    }


def _container(verdict: Verdict) -> dict[str, Any]:
    """Return what was decided about a container."""
    choice = verdict.choice
    return {
        "container": verdict.container,
        "path": verdict.path,
        "action": str(verdict.action),
        "needsToken": verdict.reason.needs,
        "reason": str(verdict.reason),
        "sentence": verdict.sentence,
        "secret": choice
        and {
            "name": choice.secret,
            "key": choice.key,
            "source": str(choice.source),
            "detail": choice.detail,
        },
        "method": verdict.method and str(verdict.method),
        "repositories": list(verdict.repositories),
    }


def _as_text(documents: Sequence[Read], *, color: bool) -> str:
    """Return one block for each object, and a line about those that were not looked into."""
    blocks = []
    passed = 0
    for document in documents:
        for judged in document.objects:
            if judged.decision.outcome is Outcome.KIND_NOT_HANDLED:
                passed += 1
            else:
                blocks.append(_block(document, judged, color=color))
    if passed:
        blocks.append(f"{passed} {'object' if passed == 1 else 'objects'} of kinds without Pods not shown.\n")
    return "\n".join(blocks)


def _block(document: Read, judged: Judged, *, color: bool) -> str:
    """Return an object's heading and its table."""
    heading = title(judged.manifest)
    if color:
        heading = click.style(heading, bold=True)
    place = f"{document.source.name}:{judged.manifest.line}"
    outcome = judged.decision.denial or judged.decision.outcome.sentence
    first = f"{heading} in namespace {judged.namespace} ({place}): {outcome}\n"
    rows = [_row(verdict) for verdict in judged.decision.verdicts]
    if not rows:
        return first
    return first + (rich_table(rows) if color else lines([COLUMNS, *rows]))


def _row(verdict: Verdict) -> Row:
    """Return a container's row."""
    choice = verdict.choice
    source = ""
    if choice is not None:
        by = " ".join(filter(None, [str(choice.source), choice.detail]))
        source = f"{choice.secret}/{choice.key} ({by})"
        if verdict.method is not None:
            source += f" as {verdict.method}"
    return Row(
        verdict.container,
        "yes" if verdict.action in _GETS_ONE else "taken back" if verdict.action is Action.REMOVE else "no",
        f"{verdict.reason}: {verdict.sentence}",
        source or "-",
        ", ".join(verdict.repositories) or "-",
    )
