"""The page that answers each good practice answers all of them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "good-practices.md").read_text()
POINTS = 38
"""How many the page of Kubernetes has."""


def test_every_point_is_answered_once() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    assert numbers == list(range(1, POINTS + 1))


def test_a_point_that_refers_to_another_refers_to_a_test() -> None:
    rows = {int(number): rest for number, rest in re.findall(r"^\| (\d+) \|(.*)$", PAGE, re.MULTILINE)}
    for number, rest in rows.items():
        for other in re.findall(r"[Aa]s (\d+)", rest):
            assert "::" in rows[int(other)] or re.search(r"[Aa]s \d+", rows[int(other)]), number
