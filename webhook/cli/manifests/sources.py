"""The texts that `-f` names: files, folders and standard input."""

import codecs
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

STDIN = "-"
EXTENSIONS = (".yaml", ".yml", ".json")
"""What is read of a folder, as kubectl does. A file that is named is read whatever its extension."""

BOM = "\ufeff"


class SourceError(Exception):
    """A text that cannot be had; its message begins with the text's name."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text and what people call it.

    Attributes:
        name: As it stands in messages.
        text: Without a byte order mark.
        mark: The byte order mark, or "".
    """

    name: str
    text: str
    mark: str = ""


def find(names: Sequence[str], *, recursive: bool) -> Iterator[str]:
    """Yield the files that names stand for, `-` as it is; those of a folder in the order of their names.

    Raises:
        SourceError: A folder holds no manifests.
    """
    for name in dict.fromkeys(names):
        if name == STDIN or not Path(name).is_dir():
            yield name
            continue
        found = [str(path) for path in _in_folder(Path(name), recursive=recursive)]
        if not found:
            hint = "" if recursive else " (-R looks into the folders below)"
            raise SourceError(f"{name}: no {', '.join(EXTENSIONS)} file in this folder{hint}")
        yield from found


def _in_folder(folder: Path, *, recursive: bool) -> Iterable[Path]:
    """Return the manifests of a folder, those of hidden folders below it left out."""
    if not recursive:
        return sorted(path for path in folder.iterdir() if path.suffix in EXTENSIONS and path.is_file())
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root, file) for file in files if Path(file).suffix in EXTENSIONS]
    return sorted(found)


def load(name: str) -> Source:
    """Read one text.

    Raises:
        SourceError: It cannot be read, or is not UTF-8.
    """
    shown = "<stdin>" if name == STDIN else name
    try:
        content = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise SourceError(f"{shown}: {error.strerror or error}") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceError(
            f"{shown}: this is UTF-16, and Kubernetes reads UTF-8 (PowerShell: Out-File -Encoding utf8)"
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise SourceError(f"{shown}:{line}:{column}: this is not UTF-8") from error
    return Source(shown, text.removeprefix(BOM), BOM if text.startswith(BOM) else "")
