"""A text cut into documents, each of which is read on its own.

A line that begins with `---` or `...` marks a document and can be nothing else in YAML (specification 1.2,
9.1.2), not even within quotes. So a text can be cut before it is parsed, and what is wrong in one document
hides no other.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from webhook.cli.manifests.json_nodes import compose_stream
from webhook.cli.manifests.nodes import Json, ManifestError, Node, value_of
from webhook.cli.manifests.yaml_nodes import compose

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_NO_CONTENT = re.compile(r"(?:[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)|%[^\n]*(?:\n|\Z))*")
"""Blank lines, comments and directives."""

_HEADER = re.compile(r"---[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")


@dataclass(frozen=True)
class Document:
    """A piece of a text; all pieces of a text, joined, are that text.

    Attributes:
        text: The piece, with its `---`, its comments and its line breaks.
        line: Of the text, where the piece begins, from 0.
        column: Likewise, other than 0 only for one of several JSON values on a line.
        root: What it holds; None for comments alone and for what cannot be read.
        json: Whether it is JSON.
        error: Why it cannot be read.
    """

    text: str
    line: int = 0
    column: int = 0
    root: Node | None = None
    json: bool = False
    error: ManifestError | None = None

    @cached_property
    def value(self) -> Json:
        """What the document means to Kubernetes; None also where there is nothing."""
        return None if self.root is None else value_of(self.root)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset within the whole text, both from 1."""
        before = self.text[:offset]
        breaks = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        return self.line + breaks + 1, column + 1 + (0 if breaks else self.column)


def read(text: str, *, prefer_json: bool = False) -> list[Document]:
    """Return the documents of a text, the broken ones with their error.

    Args:
        text: Without a byte order mark.
        prefer_json: Whether what is neither JSON nor YAML is told to be wrong as JSON.
    """
    documents: list[Document] = []
    line = 0
    for piece in _cut(text):
        documents.extend(_read_piece(piece, line, prefer_json=prefer_json))
        line += piece.count("\n")
    return documents


def _cut(text: str) -> list[str]:
    """Return the pieces of a text: one a document, comments and directives with the document they precede."""
    cuts = [0]
    for marker in _MARKER.finditer(text):
        if marker.group() == "...":
            end = text.find("\n", marker.end()) + 1
            if end:
                cuts.append(end)
        elif not _is_prelude(text[cuts[-1] : marker.start()]):
            cuts.append(marker.start())
    if len(cuts) > 1 and _is_prelude(text[cuts[-1] :]):
        cuts.pop()  # what follows the last document belongs to it
    return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True) if start < end]


def _is_prelude(text: str) -> bool:
    """Return whether a text holds nothing but blank lines, comments and directives."""
    match = _NO_CONTENT.match(text)
    return match is not None and match.end() == len(text)


def _read_piece(piece: str, line: int, *, prefer_json: bool) -> list[Document]:
    """Return the documents of one piece: one, or several JSON values."""
    prelude = _NO_CONTENT.match(piece)
    body = prelude.end() if prelude else 0
    header = _HEADER.match(piece, body)
    if header is not None:
        body = header.end()
    broken_json: ManifestError | None = None
    if piece[body:].lstrip()[:1] in ("{", "["):
        try:
            return _json_documents(piece, line, compose_stream(piece, body))
        except ManifestError as error:
            broken_json = error
    try:
        document = Document(piece, line, root=compose(piece))
        _ = document.value  # merge keys are looked at here
    except ManifestError as broken_yaml:
        told_as_json = prefer_json or piece[body:].lstrip("{[ \t\r\n").startswith('"')
        told = broken_json if broken_json is not None and told_as_json else broken_yaml
        return [Document(piece, line, error=_explained(piece, told))]
    return [document]


def _json_documents(piece: str, line: int, roots: list[Node]) -> list[Document]:
    """Return one document for each JSON value, the piece cut in front of each but the first."""
    if len(roots) == 1:
        return [Document(piece, line, root=roots[0], json=True)]
    cuts = [0, *(root.start for root in roots[1:]), len(piece)]
    documents = []
    for start, end in pairwise(cuts):
        text = piece[start:end]
        before = piece[:start]
        root = compose_stream(text, roots[0].start if start == 0 else 0)[0]
        column = start - (before.rfind("\n") + 1)
        documents.append(Document(text, line + before.count("\n"), column, root=root, json=True))
    return documents


def _explained(piece: str, error: ManifestError) -> ManifestError:
    """Return an error with what likely is behind it."""
    line = piece[piece.rfind("\n", 0, error.offset) + 1 :].split("\n", 1)[0]
    if piece[error.offset : error.offset + 1] == "\t" and "cannot start any token" in error.message:
        return ManifestError("a tab cannot indent YAML, only spaces can", error.offset)
    if "{{" in line or "{%" in line:
        return ManifestError(
            f"{error.message}; this looks like a template, which must be rendered first", error.offset
        )
    return error
