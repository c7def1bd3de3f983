"""Pages that say which test holds a claim name tests and files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if re.search(r"`tests/[^`]*`", page.read_text())
)


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_exists(page: str) -> None:
    missing = []
    for name in re.findall(r"`(tests/[^`]*)`", (ROOT / page).read_text()):
        path, _, function = name.partition("::")
        named = ROOT / path
        if not named.exists() or (function and f"\ndef {function}(" not in named.read_text()):
            missing.append(name)
    assert missing == []


def test_the_pages_that_live_by_it_are_among_them() -> None:
    assert {"SECURITY.md", "docs/good-practices.md"} <= set(PAGES)
