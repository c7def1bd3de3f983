"""`explain -f`: manifests, without a cluster."""

from collections.abc import Sequence
from typing import Any

import click

from webhook.cli.explain.container import as_row, described
from webhook.cli.offline import Judged, Read, identity, title
from webhook.cli.table import COLUMNS, lines, rich_table
from webhook.core.reasons import Outcome


def described_object(document: Read, judged: Judged) -> dict[str, Any]:
    """Return all that was decided about an object."""
    decision = judged.decision
    return {
        **identity(document.source, judged),
        "outcome": str(decision.outcome),
        "sentence": decision.outcome.sentence,
        "denial": decision.denial,
        "warnings": decision.warnings,
        "containers": [described(verdict) for verdict in decision.verdicts],
    }


def as_text(documents: Sequence[Read], *, color: bool) -> str:
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
    rows = [as_row(verdict) for verdict in judged.decision.verdicts]
    if not rows:
        return first
    return first + (rich_table(rows) if color else lines([COLUMNS, *rows]))
