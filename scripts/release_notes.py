"""Print what `CHANGELOG.md` tells of a version; fail where that is not the version of the package."""

import re
import sys
from pathlib import Path

from webhook import __version__

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"


def notes(version: str, changelog: str) -> str:
    """Return the section of a version.

    Raises:
        ValueError: There is none, or it is not the version of the package.
    """
    if version != __version__:
        raise ValueError(f"the tag says {version}, webhook/__init__.py says {__version__}")
    heading = rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    found = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    if not found or not found[1].strip():
        raise ValueError(f"CHANGELOG.md has no section '## {version} - YYYY-MM-DD'")
    return found[1].strip() + "\n"


def main() -> None:
    """Print the section of the version on the command line."""
    try:
        print(notes(sys.argv[1], CHANGELOG.read_text()), end="")
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
