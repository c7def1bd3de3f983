"""What `doctor` prints."""

import json
import textwrap
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import click

from webhook.core.hub import redact
from webhook.doctor.collected import Collected
from webhook.doctor.finding import Finding, Status
from webhook.doctor.registry import Result

_VERSION: Final = 1
"""Of the shape that `--output json` prints. A member may come in under the same version; one that changes or
goes makes a new one."""
_MARKS: Final = {Status.OK: "✓", Status.WARN: "!", Status.FAIL: "✗"}
_ASCII_MARKS: Final = {Status.OK: "+", Status.WARN: "!", Status.FAIL: "x"}
_COLORS: Final = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}
_MOST: Final = 10
"""Findings of a check that are shown in full, unless all are asked for: a fleet may have thousands alike."""


def as_json(results: Sequence[Result], collected: Collected) -> str:
    """Return everything that was found."""
    document = {
        "version": _VERSION,
        "status": str(worst(results)),
        "namespaces": sorted(seen.name for seen in collected.opted_in),
        "checks": [
            {
                "name": result.check.name,
                "about": result.check.about,
                "status": str(result.status),
                "findings": [_described(found) for found in result.findings],
            }
            for result in results
        ],
    }
    return json.dumps(document, indent=2) + "\n"


class Style(NamedTuple):
    """How it is shown.

    Attributes:
        verbose: Also what is well, and all of many findings.
        color: With colours.
        unicode: Whether marks may be other than ASCII.
        width: Columns to fill lines to; None leaves them as they are.
    """

    verbose: bool = False
    color: bool = False
    unicode: bool = True
    width: int | None = None


def as_text(results: Sequence[Result], collected: Collected, style: Style) -> str:
    """Return a line a check, and below it what is wrong and the command that mends it."""
    marks = _MARKS if style.unicode else _ASCII_MARKS

    def mark(status: Status) -> str:
        return click.style(marks[status], fg=_COLORS[status], bold=True) if style.color else marks[status]

    lines = []
    for result in results:
        lines.append(f"{mark(result.status)} {result.check.name}: {_headline(result)}")
        shown = [found for found in result.findings if style.verbose or found.status is not Status.OK]
        for found in shown if style.verbose else shown[:_MOST]:
            lines += _lines(found, mark(found.status), style.width)
        if not style.verbose and len(shown) > _MOST:
            lines.append(f"    and {len(shown) - _MOST} more, with --verbose")
    return "\n".join([*lines, "", _summary(results, collected)]) + "\n"


def worst(results: Sequence[Result]) -> Status:
    """Return the worst of all."""
    return max((result.status for result in results), key=lambda status: status.rank, default=Status.OK)


def _headline(result: Result) -> str:
    if result.status is Status.OK:
        return result.check.about
    count = sum(found.status is not Status.OK for found in result.findings)
    return "1 finding" if count == 1 else f"{count} findings"


def _lines(found: Finding, mark: str, width: int | None) -> list[str]:
    sentence = redact(f"{found.subject} {found.sentence}" if found.subject else found.sentence)
    filled = _wrapped(sentence, max(width - 4, 40)) if width else [sentence]
    first, *rest = filled
    fix = [f"      {redact(found.fix)}"] if found.fix else []
    return [f"  {mark} {first}", *(f"    {line}" for line in rest), *fix]


def _wrapped(text: str, width: int) -> list[str]:
    """Return lines that end between words only, so that addresses and names of models can be copied."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _summary(results: Sequence[Result], collected: Collected) -> str:
    findings = [found for result in results for found in result.findings]
    parts = [
        _counted(sum(found.status is status for found in findings), word)
        for status, word in ((Status.FAIL, "problem"), (Status.WARN, "warning"))
    ]
    namespaces = _counted(len(collected.opted_in), "namespace")
    return f"{' and '.join(parts)} in {_counted(len(results), 'check')}, over {namespaces} that opted in."


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _described(found: Finding) -> dict[str, Any]:
    subject = found.subject
    return {
        "status": str(found.status),
        "subject": subject
        and {"kind": subject.kind, "namespace": subject.namespace or None, "name": redact(subject.name)},
        "sentence": redact(found.sentence),
        "fix": redact(found.fix),
    }
