"""Each link from a page of ours to another, and to a heading of it, leads somewhere."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import PAGES, ROOT

_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]*)\)|<img[^>]* src=\"([^\"]+)\"")
_CODE = re.compile(r"^[ ]*```.*?^[ ]*```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
_BLOCK = re.compile(r"^[ ]*```.*?^[ ]*```$", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[`*]")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(_BLOCK.sub("", path.read_text())):
        text = _MARKUP.sub(r"\1", heading).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return frozenset(found)


def links(path: Path) -> list[str]:
    """Return where the links of a page lead, if it is not to another site."""
    text = _CODE.sub("", path.read_text())
    targets = [first or second for first, second in _LINK.findall(text)]
    return [target for target in targets if _ELSEWHERE.match(target) is None]


def _leads_somewhere(path: Path, link: str) -> bool:
    file, _, anchor = unquote(link).partition("#")
    target = (path.parent / file).resolve() if file else path
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not anchor or anchor in anchors(target)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    lost = [link for link in links(path) if not _leads_somewhere(path, link)]
    assert lost == []


def test_links_and_headings_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Which `Secret`?\n## A\n## A\n[one](b.md#c) [`two`](../d) [three](https://example.com)\n"
        "```\n# no heading [no](link)\n```\n"
    )
    assert anchors(page) == {"which-secret", "a", "a-1"}
    assert links(page) == ["b.md#c", "../d"]


def test_the_table_of_contents_leads_to_every_page() -> None:
    contents = ROOT / "docs" / "README.md"
    led = {(contents.parent / unquote(link).partition("#")[0]).resolve() for link in links(contents)}
    pages = {path for path in PAGES if path.is_relative_to(contents.parent) and path.parent.name != "adr"}
    assert pages - led - {contents} == set()
