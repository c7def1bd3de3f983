"""Golden cases: `tests/cases/**/input.yaml` and what must come of it, as files to diff.

A folder holds `input.yaml` (the object), `old.yaml` (the object before an UPDATE), `case.yaml` (why the case
is there, and what differs from the defaults below), and what is expected: `patch.yaml`, `verdicts.txt`, and
`warnings.txt`, `denial.txt` or `audited.yaml` where there are any.

To write the expected files anew, for review as a diff:
`UPDATE_CASES=1 python -m pytest tests/core/test_cases.py`.
"""

import os
from pathlib import Path

import pytest
import yaml

from tests.core.golden import CASES, FOLDERS, case, situation
from tests.core.oracles import (
    equal_in_two_passes,
    hold,
    keep_generation,
    survive_unknown_fields,
)
from webhook.core.decision import Decision, Verdict

_KEYS = {"why", "operation", "scope", "namespace", "secrets", "settings", "subresource"}
_COLUMNS = ("CONTAINER", "ACTION", "REASON", "SECRET", "SOURCE", "METHOD", "SUBJECT")


@pytest.fixture(params=FOLDERS, ids=lambda folder: str(folder.relative_to(CASES)))
def folder(request: pytest.FixtureRequest) -> Path:
    """Each folder of a case."""
    path: Path = request.param
    return path


def test_a_case_is_decided_as_its_files_say(folder: Path) -> None:
    expected = _written(hold(situation(folder)))
    names = ("patch.yaml", "audited.yaml", "verdicts.txt", "warnings.txt", "denial.txt")
    if "UPDATE_CASES" in os.environ:
        for name in names:
            (folder / name).unlink(missing_ok=True)
            if name in expected:
                (folder / name).write_text(expected[name])
    found = {name: (folder / name).read_text() for name in names if (folder / name).exists()}
    assert found == expected


def test_a_case_survives_unknown_fields(folder: Path) -> None:
    survive_unknown_fields(situation(folder))


def test_a_case_keeps_its_generation_when_it_is_applied_again(folder: Path) -> None:
    asked = situation(folder)
    request = asked.request
    if request.kind == "InferenceService" and request.old_object is None:
        decision = asked.decide()
        if decision.allowed:
            keep_generation(asked, decision)


def test_a_pod_comes_out_the_same_in_two_passes(folder: Path) -> None:
    asked = situation(folder)
    if asked.request.kind == "Pod":
        decision = asked.decide()
        if decision.patch:
            equal_in_two_passes(asked, decision)


def test_every_case_says_why_it_is_there_in_known_words() -> None:
    for folder in FOLDERS:
        assert set(case(folder)) <= _KEYS, folder


def _written(decision: Decision) -> dict[str, str]:
    """Return the files that say a decision."""
    written = {"patch.yaml": _yaml(decision.patch), "verdicts.txt": _table(decision)}
    if decision.audited:
        written["audited.yaml"] = _yaml(decision.audited)
    if decision.warnings:
        written["warnings.txt"] = "".join(f"{text}\n" for text in decision.warnings)
    if decision.denial is not None:
        written["denial.txt"] = f"{decision.denial}\n"
    return written


def _yaml(value: object) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)


def _table(decision: Decision) -> str:
    rows = [_COLUMNS, *map(_row, decision.verdicts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([f"{decision.outcome}: {decision.outcome.sentence}", "", *lines, ""])


def _row(verdict: Verdict) -> tuple[str, ...]:
    choice = verdict.choice
    secret = source = "-"
    if choice is not None:
        secret = f"{choice.secret}/{choice.key}" + (" (ConfigMap)" if choice.config_map else "")
        source = f"{choice.source} {choice.detail}".strip()
    subject = "; ".join(filter(None, [verdict.subject, verdict.note])) or "-"
    method = str(verdict.method or "-")
    return (
        verdict.container or '""',
        str(verdict.action),
        str(verdict.reason),
        secret,
        source,
        method,
        subject,
    )
