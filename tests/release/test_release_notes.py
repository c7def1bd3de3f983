"""The notes of a release are its section of the changelog, and its tag is the version of the package."""

import pytest

from scripts.release_notes import notes
from webhook import __version__

CHANGELOG = f"""# Changelog

## Unreleased

### Added

- Later.

## {__version__} - 2026-12-01

### Fixed

- This.

## 0.0.1 - 2026-11-01

### Added

- Before.
"""


def test_the_section_of_the_version_is_told_and_no_other() -> None:
    assert notes(__version__, CHANGELOG) == "### Fixed\n\n- This.\n"


@pytest.mark.parametrize(
    ("version", "changelog", "sentence"),
    [
        ("9.9.9", CHANGELOG, f"the tag says 9.9.9, webhook/__init__.py says {__version__}"),
        (__version__, "# Changelog\n\n## Unreleased\n", "no section"),
        (__version__, f"# Changelog\n\n## {__version__}\n\n- Without a date.\n", "no section"),
        (__version__, f"# Changelog\n\n## {__version__} - 2026-12-01\n\n## 0.0.1\n", "no section"),
    ],
    ids=["another version", "not released", "no date", "nothing to tell"],
)
def test_what_is_no_release_is_refused(version: str, changelog: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        notes(version, changelog)
