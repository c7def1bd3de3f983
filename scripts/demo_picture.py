"""Write `docs/pictures/demo.svg` from what `make demo` prints; with `--check`, tell whether it is up to date.

What differs from run to run is left out: the port, how long an answer took, until when the CA is valid.
"""

import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from scripts.demo import main as demo

PICTURE: Final = Path(__file__).parent.parent / "docs" / "pictures" / "demo.svg"
SHOWN: Final = ("3", "6")
"""The parts of the story that fit on a first screen."""
_WIDTH: Final = 108
_CHANGING: Final = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8443"),
    (r" in [\d.]+ ms", ""),
    (r" \(CA valid .*?\)", ""),
)
_FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""They would be fetched from elsewhere; the reader's own monospaced font does."""
_NUMBER: Final = re.compile(r"(?:\x1b\[\d+m)*(\d)\. ")


def said() -> str:
    """Return what the demo prints on a terminal, without what changes."""
    output = io.StringIO()
    with redirect_stdout(output), click.Context(click.Command("demo"), color=True).scope():
        code = demo()
    if code:
        raise SystemExit(output.getvalue())
    text = output.getvalue()
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    return text


def first_screen(text: str) -> str:
    """Return the first line, the parts that are shown, and the last line; `…` stands for the others."""
    first, *parts, last = text.rstrip().split("\n\n")
    shown = [f"$ make demo\n{first.splitlines()[0]}", "…"]
    for part in parts:
        number = _NUMBER.match(part)
        if number and number[1] in SHOWN:
            shown.append(part)
        elif shown[-1] != "…":
            shown.append("…")
    return "\n\n".join([*shown, last])


def picture(text: str) -> str:
    """Return a terminal with that text, as SVG."""
    console = Console(
        record=True, width=_WIDTH, file=io.StringIO(), color_system="truecolor", force_terminal=True
    )
    console.print(Text.from_ansi(text), no_wrap=True, overflow="ellipsis")
    return _FONTS.sub("", console.export_svg(title="hf-token-injector", unique_id="demo")) + "\n"


def main() -> int:
    """Write the picture, or check it; return the exit code."""
    drawn = picture(first_screen(said()))
    if "--check" not in sys.argv[1:]:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(drawn)
    elif not PICTURE.exists() or PICTURE.read_text() != drawn:
        print("not up to date: docs/pictures/demo.svg; `make docs` writes it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
