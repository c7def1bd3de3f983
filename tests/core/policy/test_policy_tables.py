"""The golden tables of `tests/cases/policy`: which revision a container names, and what lets code run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.core.case import Case
from webhook.core.decision import Request
from webhook.core.knowledge import UNKNOWN
from webhook.core.policy.contents import Content, contents
from webhook.core.policy.repositories import pinned, remote_code
from webhook.core.servers import REMOTE_CODE_FLAGS, REMOTE_CODE_VARIABLE, REVISIONS, SERVERS
from webhook.core.settings import Settings

_TABLES = Path(__file__).parents[2] / "cases" / "policy"


def _lines(name: str) -> Iterator[Any]:
    for number, line in enumerate((_TABLES / name).read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            container, arrow, expected = line.rpartition(" -> ")
            assert arrow, f"line {number} has no arrow"
            yield pytest.param(container, expected, id=f"{number}-{container[1:60]}")


_REVISIONS, _REMOTE_CODE = list(_lines("revisions.txt")), list(_lines("remote-code.txt"))


def _content(container: str) -> Content:
    pod = {"metadata": {}, "spec": {"containers": [{"name": "main"} | yaml.safe_load(container)]}}
    [content] = contents(Case(Request("", "Pod", "CREATE", "ns", pod), UNKNOWN, Settings()))
    return content


@pytest.mark.parametrize(("container", "expected"), _REVISIONS)
def test_a_revision_is_read_as_the_table_says(container: str, expected: str) -> None:
    content = _content(container)
    [reference] = content.references
    revision = "?" if "\0" in reference.revision else reference.revision
    said = " ".join([f"{reference.repository}@{revision}", *(fault for fault, _ in pinned(content))])
    assert said == expected


@pytest.mark.parametrize(("container", "expected"), _REMOTE_CODE)
def test_remote_code_is_seen_as_the_table_says(container: str, expected: str) -> None:
    subjects = [subject for _, subject in remote_code(_content(container))]
    assert (subjects or ["nothing"]) == [expected]


def test_the_tables_cover_every_flag_and_variable() -> None:
    """What is added to the tables of the core is added here."""
    said = "\n".join(str(case.values[0]) for case in _REVISIONS).replace("_", "-")
    flags = {flag for names in REVISIONS.values() for flag in names}
    variables = {server.revision_variable for server in SERVERS}
    assert [name for name in flags | variables if name.replace("_", "-") not in said] == []
    said = "\n".join(str(case.values[0]) for case in _REMOTE_CODE)
    assert [name for name in {*REMOTE_CODE_FLAGS, REMOTE_CODE_VARIABLE} if name not in said] == []
