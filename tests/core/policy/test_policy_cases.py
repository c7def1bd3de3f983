"""Golden cases: `tests/cases/policy/**/final.yaml` and what the policy has against it, as files to diff.

A folder holds `final.yaml` (the object as it will be stored), `old.yaml` (the object before an UPDATE), and
`case.yaml` (why the case is there, the policy, the namespace). Expected are `findings.txt`, and
`warnings.txt` and `denial.txt` where there are any.

To write the expected files anew, for review as a diff:
`UPDATE_CASES=1 python -m pytest tests/core/policy/test_policy_cases.py`.
"""

import copy
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.core.decision import Decision, Request
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.validate import validate
from webhook.settings import load_settings

_CASES = Path(__file__).parents[2] / "cases" / "policy"
_FOLDERS = sorted(path.parent for path in _CASES.rglob("final.yaml"))
_EXPECTED = ("findings.txt", "warnings.txt", "denial.txt")
_KEYS = {"why", "policy", "namespace", "secrets", "rules", "cluster"}
_COLUMNS = ("FAULT", "ACTION", "CONTAINER", "PATH", "SUBJECT")


@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: str(folder.relative_to(_CASES)))
def test_an_object_is_judged_as_its_files_say(folder: Path, tmp_path: Path) -> None:
    expected = _written(_judged(folder, tmp_path))
    if "UPDATE_CASES" in os.environ:
        for name in _EXPECTED:
            (folder / name).unlink(missing_ok=True)
            if name in expected:
                (folder / name).write_text(expected[name])
    found = {name: (folder / name).read_text() for name in _EXPECTED if (folder / name).exists()}
    assert found == expected


def _judged(folder: Path, tmp_path: Path) -> Decision:
    document = yaml.safe_load((folder / "final.yaml").read_text())
    old_file = folder / "old.yaml"
    old = yaml.safe_load(old_file.read_text()) if old_file.exists() else None
    case: dict[str, Any] = yaml.safe_load((folder / "case.yaml").read_text())
    assert set(case) <= _KEYS
    assert case["why"]
    asked = case.get("namespace", {"labels": {"hf-token-injector.io/inject": "enabled"}})
    namespace = Namespace(asked.get("labels", {}), asked.get("annotations", {}))
    knowledge = Knowledge(
        {} if asked.get("unknown") else {"team-a": namespace},
        {name: frozenset({"team-a"} if there else ()) for name, there in case.get("secrets", {}).items()},
    )
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({name: case[name] for name in ("policy", "rules") if name in case}))
    group = document["apiVersion"].rpartition("/")[0]
    operation = "CREATE" if old is None else "UPDATE"
    where = "" if case.get("cluster") else "team-a"
    request = Request(group, document["kind"], operation, where, document, old)
    before = copy.deepcopy((request, knowledge))
    decision = validate(request, knowledge, load_settings(file, environ={}).settings)
    assert (request, knowledge) == before, "an argument was changed"
    return decision


def _written(decision: Decision) -> dict[str, str]:
    """Return the files that say a decision."""
    rows = [_COLUMNS] + [
        (
            str(finding.fault),
            str(finding.action),
            finding.container or "-",
            finding.path,
            finding.subject or "-",
        )
        for finding in decision.findings
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )
    written = {"findings.txt": f"{decision.outcome}: {decision.outcome.sentence}\n\n{table}"}
    if decision.warnings:
        written["warnings.txt"] = "".join(f"{text}\n" for text in decision.warnings)
    if decision.denial is not None:
        written["denial.txt"] = f"{decision.denial}\n"
    assert all(len(text) <= 120 for text in decision.warnings)
    assert not decision.patch
    return written
