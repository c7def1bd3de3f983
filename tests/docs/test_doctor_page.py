"""The page about `doctor` has a row for each check, in their order, with the check's own sentence."""

import re
from pathlib import Path

from webhook.doctor.registry import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
ROWS = re.findall(r"^\| `([a-z-]+)` \| (.*?) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_check_has_its_row() -> None:
    assert [(name, about) for name, about, _ in ROWS] == [(check.name, check.about) for check in CHECKS]


def test_every_row_says_what_mends_it() -> None:
    assert [name for name, _, mends in ROWS if len(mends.split()) < 2 and "](" not in mends] == []


def test_the_number_of_checks_in_the_example_is_that_of_the_checks() -> None:
    assert f"in {len(CHECKS)} checks" in PAGE
