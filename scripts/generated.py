"""Files that are made of the code: written by `make docs`, compared by `make lint` (`--check`)."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parent.parent


def write_or_check(files: Iterable[tuple[Path, str]]) -> NoReturn:
    """Write each file, or tell with `--check` which ones are not what they should be, and exit."""
    check = "--check" in sys.argv[1:]
    stale = []
    for path, text in files:
        if path.exists() and path.read_text() == text:
            continue
        if check:
            stale.append(str(path.relative_to(ROOT)))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if stale:
        print(f"not up to date: {', '.join(stale)}; `make docs` writes them", file=sys.stderr)
    sys.exit(1 if stale else 0)
