"""Golden cases: `tests/cases/**/input.yaml` and what must come of it, as files to diff.

A folder holds `input.yaml` (the object), `old.yaml` (the object before an UPDATE), `case.yaml` (why the case
is there, and what differs from the defaults below), and what is expected: `patch.yaml`, `verdicts.txt`, and
`warnings.txt`, `denial.txt` or `audited.yaml` where there are any.

To write the expected files anew, for review as a diff:
`UPDATE_CASES=1 python -m pytest tests/core/test_cases.py`.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.core.oracles import (
    Situation,
    equal_in_two_passes,
    hold,
    keep_generation,
    survive_unknown_fields,
)
from webhook.core.decision import Decision, Request, Scope, Verdict
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import Method, MissingSecret
from webhook.core.settings import MutatePolicy, Rule, SecretRef, Settings

_CASES = Path(__file__).parent.parent / "cases"
_FOLDERS = sorted(path.parent for path in _CASES.rglob("input.yaml"))
_NAMESPACE = "team-a"
_KEYS = {"why", "operation", "scope", "namespace", "secrets", "settings", "subresource"}
_COLUMNS = ("CONTAINER", "ACTION", "REASON", "SECRET", "SOURCE", "METHOD", "SUBJECT")


@pytest.fixture(params=_FOLDERS, ids=lambda folder: str(folder.relative_to(_CASES)))
def folder(request: pytest.FixtureRequest) -> Path:
    """Each folder of a case."""
    path: Path = request.param
    return path


def test_a_case_is_decided_as_its_files_say(folder: Path) -> None:
    expected = _written(hold(_situation(folder)))
    names = ("patch.yaml", "audited.yaml", "verdicts.txt", "warnings.txt", "denial.txt")
    if "UPDATE_CASES" in os.environ:
        for name in names:
            (folder / name).unlink(missing_ok=True)
            if name in expected:
                (folder / name).write_text(expected[name])
    found = {name: (folder / name).read_text() for name in names if (folder / name).exists()}
    assert found == expected


def test_a_case_survives_unknown_fields(folder: Path) -> None:
    survive_unknown_fields(_situation(folder))


def test_a_case_keeps_its_generation_when_it_is_applied_again(folder: Path) -> None:
    situation = _situation(folder)
    request = situation.request
    if request.kind == "InferenceService" and request.old_object is None:
        decision = situation.decide()
        if decision.allowed:
            keep_generation(situation, decision)


def test_a_pod_comes_out_the_same_in_two_passes(folder: Path) -> None:
    situation = _situation(folder)
    if situation.request.kind == "Pod":
        decision = situation.decide()
        if decision.patch:
            equal_in_two_passes(situation, decision)


def test_every_case_says_why_it_is_there_in_known_words() -> None:
    for folder in _FOLDERS:
        assert set(_case(folder)) <= _KEYS, folder


def _situation(folder: Path) -> Situation:
    document = yaml.safe_load((folder / "input.yaml").read_text())
    old_file = folder / "old.yaml"
    old = yaml.safe_load(old_file.read_text()) if old_file.exists() else None
    case = _case(folder)
    group, _, version = document["apiVersion"].rpartition("/")
    assert version
    asked = case.get("namespace", {})
    name = asked.get("name", document["metadata"].get("namespace", _NAMESPACE))
    labels = asked.get("labels", {"hf-token-injector.io/inject": "enabled"})
    knowledge = Knowledge(
        {} if asked.get("unknown") else {name: Namespace(labels, asked.get("annotations", {}))},
        {secret: frozenset({name} if exists else ()) for secret, exists in case.get("secrets", {}).items()},
    )
    request = Request(
        group,
        document["kind"],
        case.get("operation", "UPDATE" if old is not None else "CREATE"),
        name,
        document,
        old,
        Scope(case.get("scope", "kserve" if document["kind"] in {"Pod", "InferenceService"} else "all")),
        case.get("subresource", ""),
    )
    return Situation(request, knowledge, _settings(case.get("settings", {})))


def _case(folder: Path) -> dict[str, Any]:
    file = folder / "case.yaml"
    case: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {}
    return case


def _settings(wanted: dict[str, Any]) -> Settings:
    plain = Settings()
    return Settings(
        secret=SecretRef(*wanted.get("secret", "hf-secret/token").split("/")),
        method=Method(wanted.get("method", plain.method)),
        missing_secret=MissingSecret(wanted.get("missingSecret", plain.missing_secret)),
        rules=tuple(_rule(rule) for rule in wanted.get("rules", ())),
        endpoints=frozenset(wanted.get("endpoints", plain.endpoints)),
        mutate_inference_services=MutatePolicy(wanted.get("mutate", plain.mutate_inference_services)),
    )


def _rule(rule: dict[str, Any]) -> Rule:
    name, _, key = rule["secret"].partition("/")
    secret = None if name == "none" else SecretRef(name, key)
    return Rule(rule["repository"], secret, tuple(rule.get("namespaces", ("*",))))


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
