r"""A lexer for POSIX shell scripts that finds simple commands, in time linear in the script.

It knows quotes, `\` continuations, comments, here-documents, redirections, `${…}`, `$(…)` and backticks, and
leaves control flow alone: a command is a command wherever it stands. It is not a parser and refuses
nothing: what it does not understand becomes part of a word that names nothing. `shlex` takes 7.7 s for one
word of 1 MB and tree-sitter-bash 49 s on repeated `<<E`, hence a lexer of our own.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from webhook.core import caps


class Piece(NamedTuple):
    """A part of a word: text, or a reference to a variable."""

    text: str
    """Literal text; or the variable's name; or empty for what cannot be known, as a command's output."""
    kind: str
    """`text`, `variable` or `unknown`."""

    quoted: bool
    """Its value is not split at blanks."""
    operator: str = ""
    """Of `${name:-default}`: one of `-`, `=`, `+`, `?`, with or without a colon."""

    default: "tuple[Piece, ...]" = ()
    """What stands behind the operator."""


Word = tuple[Piece, ...]
Command = list[Word]

_UNKNOWN: Final = Piece("", "unknown", quoted=True)

_SUBSTITUTIONS = r"""
    |(?P<variable>\$(?:[A-Za-z_][A-Za-z0-9_]{0,127}|[0-9@*\#?$!-]))
    |(?P<braced>\$\{(?:[A-Za-z_][A-Za-z0-9_]{0,127}|[0-9]{1,3}|[@*])\})
    |(?P<default>\$\{(?:[A-Za-z_][A-Za-z0-9_]{0,127}|[0-9]{1,3}|[@*]):?[-=+?])
    |(?P<broken>\$\{)
    |(?P<tick>`)"""
_PLAIN = re.compile(
    r"""(?P<blank>[ \t\r]+)
    |(?P<text>[^\s\\'"$`\#;&|()<>]+)
    |(?P<join>\\\r?\n)
    |(?P<escape>\\.)
    |(?P<single>'[^']*'?)
    |(?P<ansi>\$'[^'\\]*(?:\\[\s\S][^'\\]*)*'?)
    |(?P<double>\$?")
    |(?P<open>\$\(|[<>]\()
    |(?P<hash>\#)
    |(?P<here><<(?!<)-?[ \t]*(?:'[^'\n]{1,64}'|"[^"\n]{1,64}"|\\?[A-Za-z0-9_.-]{1,64}))
    |(?P<redirect>&?(?:>>|>&|>\||>|<<<|<&|<>|<))
    |(?P<newline>\n)
    |(?P<paren>[()])
    |(?P<end>[;&|]+)"""
    + _SUBSTITUTIONS
    + r"|(?P<other>[\s\S])",
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""(?P<text>[^"\\$`]+)
    |(?P<close>")
    |(?P<join>\\\r?\n)
    |(?P<escape>\\[$`"\\])
    |(?P<open>\$\()"""
    + _SUBSTITUTIONS
    + r"|(?P<other>[\s\S])",
    re.VERBOSE,
)
_BRACED = re.compile(
    r"""(?P<text>[^'"\\$`}]+)
    |(?P<close>\})
    |(?P<join>\\\r?\n)
    |(?P<escape>\\.)
    |(?P<single>'[^'}\n]{0,256}')
    |(?P<double>")
    |(?P<open>\$\()"""
    + _SUBSTITUTIONS
    + r"|(?P<other>[\s\S])",
    re.VERBOSE,
)
_READERS: Final = {"quote": _QUOTED, "brace": _BRACED}
_ANSI = re.compile(r"\\([\s\S])")
_ANSI_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r"}
_DEEPEST = 64
"""Frames within frames; what is deeper cannot be known."""


class _Frame:
    """A script within a script: what was being read when `$(`, `${`, a backtick or a quote opened."""

    __slots__ = ("command", "head", "kind", "parentheses", "quoted", "skip", "word")

    def __init__(self, kind: str, *, quoted: bool = False, head: str = "") -> None:
        self.kind = kind
        self.quoted = quoted
        self.head = head
        self.command: Command = []
        self.word: list[Piece] | None = None
        self.skip = False
        self.parentheses = 0


def commands(script: str, steps: caps.Steps) -> Iterator[Command]:
    """Yield the simple commands of a script in the order in which they end, inner ones first.

    Assignments (`NAME=value`) are words like others. Redirections and their targets are left out.

    Args:
        script: Any text.
        steps: How many tokens may still be read.

    Raises:
        OverCapError: It has more.
    """
    frames = [_Frame("script")]
    documents: list[str] = []
    position = 0
    while position < len(script):
        steps.take()
        frame = frames[-1]
        # The last alternative of each takes any character, so there always is a match.
        match = cast("re.Match[str]", _READERS.get(frame.kind, _PLAIN).match(script, position))
        kind, text = match.lastgroup, match.group()
        position = match.end()
        ended: Command | None = None
        if frame.kind in _READERS:
            ended = _within(frames, kind, text)
        elif kind == "hash" and frame.word is None:
            position = _end_of_line(script, position)
        elif kind == "here":
            _end_word(frame)
            documents.append(text.lstrip("<-").strip(" \t\\").strip("'\""))
        elif kind == "newline":
            ended = _end_command(frame)
            position = _skip_documents(script, position, documents)
            documents = []
        else:
            ended = _plain(frames, kind, text)
        if ended:
            yield ended
    while frames:
        if ended := _end_command(frames.pop()):
            yield ended


def _end_of_line(script: str, position: int) -> int:
    end = script.find("\n", position)
    return len(script) if end < 0 else end


def _skip_documents(script: str, position: int, delimiters: list[str]) -> int:
    """Return where the script goes on after the here-documents that begin at a position."""
    for delimiter in delimiters:
        while position < len(script):
            end = _end_of_line(script, position)
            line = script[position:end].strip("\t\r")
            position = end + 1
            if line == delimiter:
                break
    return position


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


def _end_command(frame: _Frame) -> Command | None:
    """End a command and return it; what stands in a quote or brace that never closes is none."""
    if frame.kind in _READERS:
        return None
    _end_word(frame)
    frame.skip = False
    command = frame.command
    if command:
        frame.command = []
    return command


def _open(frames: list[_Frame], frame: _Frame) -> None:
    if len(frames) < _DEEPEST:
        frames.append(frame)
    else:
        _append(frames[-1], _UNKNOWN)


def _substitution(frames: list[_Frame], kind: str | None, text: str, *, quoted: bool) -> Command | None:
    """Read what begins with `$` or a backtick."""
    frame = frames[-1]
    if kind == "variable":
        _append(frame, Piece(text[1:], "variable", quoted))
    elif kind == "braced":
        _append(frame, Piece(text[2:-1], "variable", quoted))
    elif kind in {"default", "broken"}:
        _open(frames, _Frame("brace", quoted=quoted, head=text[2:]))
    elif kind == "open":
        _open(frames, _Frame("substitution"))
    elif frame.kind == "tick":
        return _end_substitution(frames)
    else:
        _open(frames, _Frame("tick"))
    return None


def _end_substitution(frames: list[_Frame]) -> Command | None:
    """Return the last command of what is now closed; its output cannot be known."""
    command = _end_command(frames.pop())
    _append(frames[-1], _UNKNOWN)
    return command


def _within(frames: list[_Frame], kind: str | None, text: str) -> Command | None:
    """Read one token within double quotes or braces; the word belongs to the frame below."""
    frame = frames[-1]
    quoted = frame.kind == "quote" or frame.quoted
    if kind == "close":
        _close(frames)
    elif kind == "double":
        _open(frames, _Frame("quote"))
    elif kind == "single" and not quoted:
        _append(frame, Piece(text[1:-1], "text", quoted=True))
    elif kind == "escape":
        _append(frame, Piece(text[1:], "text", quoted=True))
    elif kind in {"text", "other", "single"}:
        _append(frame, Piece(text, "text", quoted=True))
    elif kind != "join":
        return _substitution(frames, kind, text, quoted=quoted)
    return None


def _close(frames: list[_Frame]) -> None:
    """Hand what a quote or brace holds to the frame that it stands in."""
    frame = frames.pop()
    pieces = frame.word or []
    if frame.kind == "quote":
        for piece in pieces or [Piece("", "text", quoted=True)]:
            _append(frames[-1], piece)
    elif frame.head:
        name = frame.head.rstrip(":-=+?")
        operator = frame.head[len(name) :]
        _append(frames[-1], Piece(name, "variable", frame.quoted, operator, tuple(pieces)))
    else:
        _append(frames[-1], _UNKNOWN)


def _plain(frames: list[_Frame], kind: str | None, text: str) -> Command | None:
    """Read one token outside double quotes and braces."""
    frame = frames[-1]
    if kind == "blank":
        _end_word(frame)
    elif kind in {"text", "other", "hash"}:
        _append(frame, Piece(text, "text", quoted=False))
    elif kind == "escape":
        _append(frame, Piece(text[1:], "text", quoted=True))
    elif kind == "single":
        _append(frame, Piece(text[1:].removesuffix("'"), "text", quoted=True))
    elif kind == "ansi":
        inner = text[2:].removesuffix("'")
        decoded = _ANSI.sub(lambda match: _ANSI_LETTERS.get(match[1], match[1]), inner)
        _append(frame, Piece(decoded, "text", quoted=True))
    elif kind == "double":
        _open(frames, _Frame("quote"))
    elif kind == "redirect":
        _redirect(frame)
    elif kind in {"paren", "end"}:
        return _separator(frames, text)
    elif kind != "join":
        return _substitution(frames, kind, text, quoted=False)
    return None


def _redirect(frame: _Frame) -> None:
    """Leave the next word out; in `2>file` the number belongs to the redirection."""
    if frame.word is not None and len(frame.word) == 1 and frame.word[0].text.isdigit():
        frame.word = None
    _end_word(frame)
    frame.skip = True


def _separator(frames: list[_Frame], text: str) -> Command | None:
    """End a command at `;`, `&`, `|` or a parenthesis, which may close a substitution."""
    frame = frames[-1]
    if text == "(":
        frame.parentheses += 1
    elif text == ")" and frame.parentheses:
        frame.parentheses -= 1
    elif text == ")" and frame.kind == "substitution":
        return _end_substitution(frames)
    return _end_command(frame)
