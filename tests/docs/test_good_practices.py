"""The page that answers each good practice names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "good-practices.md").read_text()
POINTS = 38
"""How many the page of Kubernetes has."""


def test_every_point_is_answered_once() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    assert numbers == list(range(1, POINTS + 1))


def test_every_test_that_is_named_exists() -> None:
    named = [name.split("::") for name in re.findall(r"`([^`]*::[^`]*)`", PAGE)]
    assert named
    missing = [f"{path}::{name}" for path, name in named if f"\ndef {name}(" not in (ROOT / path).read_text()]
    assert missing == []


def test_a_point_that_refers_to_another_refers_to_a_test() -> None:
    rows = {int(number): rest for number, rest in re.findall(r"^\| (\d+) \|(.*)$", PAGE, re.MULTILINE)}
    for number, rest in rows.items():
        for other in re.findall(r"[Aa]s (\d+)", rest):
            assert "::" in rows[int(other)] or re.search(r"[Aa]s \d+", rows[int(other)]), number
