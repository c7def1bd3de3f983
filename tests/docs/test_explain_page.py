"""The page about `explain` has a row for each answer, in their order."""

import re
from pathlib import Path

from webhook.cli.explain.codes import Code
from webhook.cli.explain.judged import Holding

PAGE = (Path(__file__).parents[2] / "docs" / "explain.md").read_text()


def test_every_answer_has_its_row() -> None:
    assert re.findall(r"^\| `([A-Z]\w+)` \|", PAGE, re.MULTILINE) == [str(code) for code in Code]


def test_every_word_of_the_table_is_told() -> None:
    assert [holding.cell for holding in Holding if f"`{holding.cell}`" not in PAGE] == []
