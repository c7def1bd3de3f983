"""What a release is told by: one version, a changelog in order, and a list of all decisions."""

import re
from pathlib import Path

import yaml

from webhook import __version__

ROOT = Path(__file__).parents[2]
CHANGES = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""In the order of Keep a Changelog."""
VERSION = r"(\d+\.\d+\.\d+(?:-[0-9a-z.]+)?)"


def test_the_version_stands_in_one_place_and_the_chart_repeats_it() -> None:
    chart = yaml.safe_load((ROOT / "charts" / "hf-token-injector" / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
    assert re.fullmatch(VERSION, __version__)


def test_the_changelog_is_in_order() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [re.fullmatch(VERSION + r" - (\d{4}-\d{2}-\d{2})", heading) for heading in headings[1:]]
    assert all(released)
    dates = [match[2] for match in released if match]
    assert dates == sorted(dates, reverse=True)


def test_the_kinds_of_changes_of_a_version_are_known_and_in_order() -> None:
    for section in (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        kinds = re.findall(r"^### (.*)$", section, re.MULTILINE)
        assert kinds == [kind for kind in CHANGES if kind in kinds], section.splitlines()[0]


def test_the_latest_release_is_no_newer_than_the_version() -> None:
    """A version that is being worked on has no section of its own yet."""
    released = re.findall(rf"^## {VERSION} ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    numbers = [
        [int(part) for part in re.findall(r"\d+", version)[:3]] for version in (__version__, *released)
    ]
    assert numbers[0] == max(numbers)


def test_every_decision_is_in_the_list_by_its_title() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text()
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.*) \|$", index, re.MULTILINE)
    found = []
    for record in sorted(folder.glob("[0-9]*.md")):
        number, title = re.fullmatch(r"# (\d+)\. (.*)", record.read_text().splitlines()[0]).groups()  # type: ignore[union-attr]
        assert record.name.startswith(f"{int(number):04}-")
        found.append((f"{int(number):04}", record.name, title))
    assert listed == found
    assert [int(number) for number, _, _ in found] == list(range(1, len(found) + 1))


def test_the_licence_is_the_one_that_the_package_declares() -> None:
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License\n" in text
    assert "Version 2.0, January 2004" in text
