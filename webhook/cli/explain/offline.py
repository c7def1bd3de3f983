"""`explain -f`: manifests, without a cluster."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from webhook.cli.explain.container import as_row, described, objection
from webhook.cli.explain.version import VERSION
from webhook.cli.offline import Judged, Read, Run, identity, title
from webhook.cli.table import COLUMNS, lines, rich_table
from webhook.cli.terminal import colored, write
from webhook.core.hub import redact
from webhook.core.misspelt import misspelt
from webhook.core.reasons import Outcome


def explain_manifests(  # noqa: PLR0913 - the options of the command
    *,
    filenames: Sequence[str],
    recursive: bool,
    namespace: str | None,
    annotations: Mapping[str, str],
    mode: str,
    config: Path | None,
    output: str,
    color: str,
    **_: object,
) -> int:
    """Explain manifests, and return the exit code."""
    run = Run(filenames, recursive, namespace, annotations, mode, config)
    documents = run.documents()
    if output == "json":
        objects = [_described(document, judged) for document in documents for judged in document.objects]
        write(redact(json.dumps({"version": VERSION, "objects": objects}, indent=2)) + "\n")
    else:
        write(redact(_as_text(documents, color=colored(color))))
    return run.exit_code


def _described(document: Read, judged: Judged) -> dict[str, Any]:
    """Return all that was decided about an object."""
    decision = judged.decision
    return {
        **identity(document.source, judged),
        "outcome": str(decision.outcome),
        "sentence": decision.outcome.sentence,
        "denial": judged.denial,
        "warnings": list(dict.fromkeys([*decision.warnings, *judged.policy.warnings])),
        "containers": [described(verdict) for verdict in decision.verdicts],
        "policy": [objection(finding) for finding in judged.policy.findings],
        "misspelt": list(_misspelt(judged)),
    }


def _misspelt(judged: Judged) -> tuple[str, ...]:
    """Return what is wrong with URIs that look like a model on the Hub."""
    return misspelt(judged.manifest.group, judged.manifest.kind, judged.manifest.object)


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
    outcome = judged.denial or "; ".join(_misspelt(judged)) or judged.decision.outcome.sentence
    first = f"{heading} in namespace {judged.namespace} ({place}): {outcome}\n"
    rows = [as_row(verdict) for verdict in judged.decision.verdicts]
    if not rows:
        return first
    return first + (rich_table(rows) if color else lines([COLUMNS, *rows]))
