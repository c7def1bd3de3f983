"""What `doctor` prints."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import click

from webhook.core.hub import redact
from webhook.doctor.collected import Collected, Topic
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
_MOST_UNSEEN: Final = 20
"""Of what was not looked at: without any rights it is a dozen things."""
_RIGHTS: Final = "The rights that it takes are in docs/doctor.md#rights, a ClusterRole to be asked for."


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
        seen = [found for found in result.findings if not found.unseen]
        shown = [found for found in seen if style.verbose or found.status is not Status.OK]
        for found in shown if style.verbose else shown[:_MOST]:
            lines += _lines(found, mark(found.status), style.width)
        if not style.verbose and len(shown) > _MOST:
            lines.append(f"    and {len(shown) - _MOST} more, with --verbose")
    lines += _not_looked_at(results, collected, style, mark(Status.WARN))
    return "\n".join([*lines, "", _summary(results, collected)]) + "\n"


def worst(results: Sequence[Result]) -> Status:
    """Return the worst of all."""
    return max((result.status for result in results), key=lambda status: status.rank, default=Status.OK)


def _headline(result: Result) -> str:
    if result.status is Status.OK:
        return result.check.about
    count = sum(found.status is not Status.OK and not found.unseen for found in result.findings)
    parts = [_counted(count, "finding")] if count else []
    if any(found.unseen for found in result.findings):
        parts.append("not looked at in full, see below")
    return "; ".join(parts)


def _not_looked_at(results: Sequence[Result], collected: Collected, style: Style, mark: str) -> Iterator[str]:
    """Yield what was not seen, each thing once, with the checks that need it."""
    checks: dict[Finding, list[str]] = {}
    for result in results:
        for found in result.findings:
            if found.unseen:
                checks.setdefault(found, []).append(result.check.name)
    if not checks:
        return
    yield ""
    for found, names in list(checks.items())[: None if style.verbose else _MOST_UNSEEN]:
        yield from _lines(found, mark, style.width)
        needed = f"Needed by {', '.join(names)}."
        yield from (f"    {line}" for line in (_wrapped(needed, style.width) if style.width else [needed]))
    if not style.verbose and len(checks) > _MOST_UNSEEN:
        yield f"    and {len(checks) - _MOST_UNSEEN} more, with --verbose"
    if any(one.forbidden for one in collected.unread):
        yield f"    {_RIGHTS}"


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
    unseen = {found for result in results for found in result.findings if found.unseen}
    findings = [found for result in results for found in result.findings if not found.unseen] + list(unseen)
    parts = [
        _counted(sum(found.status is status for found in findings), word)
        for status, word in ((Status.FAIL, "problem"), (Status.WARN, "warning"))
    ]
    said = f"{' and '.join(parts)} in {_counted(len(results), 'check')}"
    blind = sum(any(found.unseen for found in result.findings) for result in results)
    if blind:
        said += f" ({blind} not looked at in full)"
    if any(Topic.NAMESPACES in result.check.needs for result in results):
        said += f", over {_over(collected)}"
    return f"{said}."


def _over(collected: Collected) -> str:
    """Return which namespaces were looked at; of one that may not be read nobody says that it opted in."""
    known = sum(seen.known for seen in collected.opted_in)
    unknown = [seen.name for seen in collected.opted_in if not seen.known]
    parts = [f"{_counted(known, 'namespace')} that opted in"] if known or not unknown else []
    if len(unknown) == 1:
        parts.append(f"namespace {unknown[0]}, whose label you may not read")
    elif unknown:
        parts.append(f"{_counted(len(unknown), 'namespace')} whose labels you may not read")
    return " and ".join(parts)


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
