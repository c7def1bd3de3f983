r"""A lexer for POSIX shell scripts that finds simple commands, in time linear in the script.

It knows quotes, `\` continuations, comments, here-documents, redirections, `$(…)` and backticks, and leaves
control flow alone: a command is a command wherever it stands. It is not a parser and refuses nothing: what it
does not understand becomes part of a word that names nothing. `shlex` takes 7.7 s for one word of 1 MB and
tree-sitter-bash 49 s for repeated `<<E`, hence a lexer of our own.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Piece(NamedTuple):
    """A part of a word: text, or a reference to a variable."""

    text: str
    """Literal text; or the variable's name; or empty for what cannot be known, as a command's output."""
    kind: str
    """`text`, `variable` or `unknown`."""

    quoted: bool
    """Its value is not split at blanks."""
    default: str = ""
    """Of `${name:-default}`."""

    has_default: bool = False
    """Whether there is one, and whether it also stands in for an empty value is not told apart."""


Word = tuple[Piece, ...]
Command = list[Word]

_UNKNOWN: Final = Piece("", "unknown", quoted=True)

_PLAIN = re.compile(
    r"""(?P<blank>[ \t\r]+)
    |(?P<text>[^\s\\'"$`\#;&|()<>]+)
    |(?P<join>\\\r?\n)
    |(?P<escape>\\.)
    |(?P<single>'[^']*(?:'|\Z))
    |(?P<double>\$?")
    |(?P<variable>\$(?:[A-Za-z_][A-Za-z0-9_]{0,127}|[0-9@*\#?$!-]))
    |(?P<braced>\$\{[A-Za-z_][A-Za-z0-9_]{0,127}(?::?[-=][^{}"'`$\\]{0,256})?\})
    |(?P<broken>\$\{)
    |(?P<open>\$\(|[<>]\()
    |(?P<tick>`)
    |(?P<hash>\#)
    |(?P<here><<(?!<)-?[ \t]*(?:'(?P<h1>[^'\n]{1,64})'|"(?P<h2>[^"\n]{1,64})"|\\?(?P<h3>[A-Za-z0-9_.-]{1,64})))
    |(?P<redirect>&?(?:>>|>&|>\||>|<<<|<&|<>|<))
    |(?P<newline>\n)
    |(?P<paren>[()])
    |(?P<end>[;&|]+)
    |(?P<other>[\s\S])""",
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""(?P<text>[^"\\$`]+)
    |(?P<close>")
    |(?P<join>\\\r?\n)
    |(?P<escape>\\[$`"\\])
    |(?P<variable>\$(?:[A-Za-z_][A-Za-z0-9_]{0,127}|[0-9@*\#?$!-]))
    |(?P<braced>\$\{[A-Za-z_][A-Za-z0-9_]{0,127}(?::?[-=][^{}"'`$\\]{0,256})?\})
    |(?P<broken>\$\{)
    |(?P<open>\$\()
    |(?P<tick>`)
    |(?P<other>[\s\S])""",
    re.VERBOSE,
)
_BRACED = re.compile(r"\$\{(\w+)(?:(:?[-=])(.*))?\}", re.DOTALL)
_DEEPEST = 64


class _Frame:
    """A script within a script: what was being read when `$(`, a backtick or a quote opened."""

    __slots__ = ("command", "kind", "parentheses", "skip", "word")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.command: Command = []
        self.word: list[Piece] | None = None
        self.skip = False
        self.parentheses = 0


def _variable(text: str, *, quoted: bool) -> Piece:
    if match := _BRACED.fullmatch(text):
        name, operator, default = match.groups()
        return Piece(name, "variable", quoted, default or "", operator is not None)
    return Piece(text[1:], "variable", quoted)


def _skip_documents(script: str, position: int, delimiters: list[str]) -> int:
    """Return where the script goes on after the here-documents that begin at a position."""
    for delimiter in delimiters:
        while position < len(script):
            end = script.find("\n", position)
            end = len(script) if end < 0 else end
            line = script[position:end].strip("\t\r")
            position = end + 1
            if line == delimiter:
                break
    return position


def commands(script: str) -> Iterator[Command]:
    """Yield the simple commands of a script in the order in which they end, inner ones first.

    Assignments (`NAME=value`) are words like others. Redirections and their targets are left out.
    """
    frames = [_Frame("script")]
    documents: list[str] = []
    position = 0
    while position < len(script):
        frame = frames[-1]
        match = (_QUOTED if frame.kind == "quote" else _PLAIN).match(script, position)
        if match is None:  # pragma: no cover - the last alternative takes any character
            return
        kind = match.lastgroup if match.lastgroup not in {"h1", "h2", "h3"} else "here"
        text = match.group()
        position = match.end()
        if frame.kind == "quote":
            yield from _quoted(frames, kind, text)
            continue
        if kind == "hash":
            if frame.word is None:
                end = script.find("\n", position)
                position = len(script) if end < 0 else end
            else:
                frame.word.append(Piece(text, "text", quoted=False))
        elif kind == "here":
            _end_word(frame)
            documents.append(match["h1"] or match["h2"] or match["h3"])
        elif kind == "newline":
            yield from _end_command(frame)
            if documents:
                position = _skip_documents(script, position, documents)
                documents = []
        else:
            yield from _plain(frames, kind, text)
    while frames:
        frame = frames.pop()
        yield from _end_command(frame)
        if frames and frame.kind != "quote":
            _append(frames[-1], _UNKNOWN)


def _append(frame: _Frame, piece: Piece) -> None:
    if frame.word is None:
        frame.word = []
    frame.word.append(piece)


def _end_word(frame: _Frame) -> None:
    if frame.word is not None:
        if frame.skip:
            frame.skip = False
        else:
            frame.command.append(tuple(frame.word))
        frame.word = None


def _end_command(frame: _Frame) -> Iterator[Command]:
    if frame.kind == "quote":
        return
    _end_word(frame)
    frame.skip = False
    if frame.command:
        yield frame.command
        frame.command = []


def _open(frames: list[_Frame], kind: str) -> None:
    if len(frames) < _DEEPEST:
        frames.append(_Frame(kind))
    else:
        _append(frames[-1], _UNKNOWN)


def _tick(frames: list[_Frame]) -> Iterator[Command]:
    """A backtick closes the innermost open one, or opens one."""
    if frames[-1].kind == "tick":
        yield from _end_command(frames.pop())
        _append(frames[-1], _UNKNOWN)
    else:
        _open(frames, "tick")


def _quoted(frames: list[_Frame], kind: str | None, text: str) -> Iterator[Command]:
    """Read one token within double quotes; the word belongs to the frame below."""
    frame = frames[-1]
    if kind == "close":
        pieces = frame.word or [Piece("", "text", quoted=True)]
        frames.pop()
        for piece in pieces:
            _append(frames[-1], piece)
    elif kind in {"variable", "braced"}:
        _append(frame, _variable(text, quoted=True))
    elif kind == "broken":
        _append(frame, _UNKNOWN)
    elif kind == "open":
        _open(frames, "substitution")
    elif kind == "tick":
        yield from _tick(frames)
    elif kind != "join":
        _append(frame, Piece(text[1:] if kind == "escape" else text, "text", quoted=True))


def _plain(frames: list[_Frame], kind: str | None, text: str) -> Iterator[Command]:
    """Read one token outside double quotes."""
    frame = frames[-1]
    if kind == "blank":
        _end_word(frame)
    elif kind == "text" or kind == "other":
        _append(frame, Piece(text, "text", quoted=False))
    elif kind == "escape":
        _append(frame, Piece(text[1:], "text", quoted=True))
    elif kind == "single":
        _append(frame, Piece(text[1:].removesuffix("'"), "text", quoted=True))
    elif kind == "double":
        _open(frames, "quote")
    elif kind in {"variable", "braced"}:
        _append(frame, _variable(text, quoted=False))
    elif kind == "broken":
        _append(frame, _UNKNOWN)
    elif kind == "open":
        _open(frames, "substitution")
    elif kind == "tick":
        yield from _tick(frames)
    elif kind == "redirect":
        # `2>file`: the number belongs to the redirection.
        if frame.word is not None and len(frame.word) == 1 and frame.word[0].text.isdigit():
            frame.word = None
        _end_word(frame)
        frame.skip = True
    elif kind == "paren" and text == ")" and frame.kind == "substitution" and frame.parentheses == 0:
        yield from _end_command(frames.pop())
        _append(frames[-1], _UNKNOWN)
    elif kind in {"paren", "end"}:
        frame.parentheses += {"(": 1, ")": -1}.get(text, 0) if frame.parentheses or text == "(" else 0
        yield from _end_command(frame)
