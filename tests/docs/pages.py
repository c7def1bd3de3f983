"""The pages that people read, and the commands in them."""

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

ROOT = Path(__file__).parents[2]
PAGES: Final = tuple(
    sorted(
        path
        for pattern in ("*.md", "docs/**/*.md", "charts/*/README.md", "benchmarks/*.md")
        for path in ROOT.glob(pattern)
    )
)
_BLOCK = re.compile(
    r"(?:^[ ]*<!-- not run: (?P<reason>[^>]+?) -->\n\n?)?"
    r"^(?P<indent>[ ]*)```(?P<language>[^\n]*)\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_REMARK = re.compile(r"\s{2,}# .*$")
_CONTINUED = "\\"


class Block(NamedTuple):
    """A block of code.

    Attributes:
        page: The page, from the root on.
        language: What stands behind the fence.
        body: Its text.
        reason: Why its commands are not run; empty where nothing is said.
    """

    page: str
    language: str
    body: str
    reason: str

    @property
    def commands(self) -> list[str]:
        """What stands behind a prompt, each in one line, without the remark at its end."""
        found: list[str] = []
        going_on = False
        for line in self.body.splitlines():
            prompt, _, rest = line.strip().partition(" ")
            if prompt == "$" or going_on:
                text = _REMARK.sub("", rest if prompt == "$" else line.strip())
                going_on = text.endswith(_CONTINUED)
                text = text.removesuffix(_CONTINUED).strip()
                if prompt == "$":
                    found.append(text)
                else:
                    found[-1] += f" {text}"
        return found


@cache
def blocks() -> tuple[Block, ...]:
    """Return the blocks of code of all pages."""
    return tuple(
        Block(
            str(path.relative_to(ROOT)),
            match["language"].strip(),
            match["body"],
            " ".join((match["reason"] or "").split()),
        )
        for path in PAGES
        for match in _BLOCK.finditer(path.read_text())
    )
