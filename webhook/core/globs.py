"""Globs over names: of repositories on the Hub, of namespaces."""

import re
from functools import lru_cache


@lru_cache(maxsize=1024)
def glob(pattern: str) -> re.Pattern[str]:
    """Compile a glob: `*` and `?` do not cross a slash; `*` alone is anything.

    Case does not count, as on the Hub.
    """
    if pattern == "*":
        return re.compile(r"(?s:.*)")
    parts = re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.compile(parts, re.IGNORECASE)
