"""Programs whose command lines can be read, and how they are recognised."""

import re
from collections.abc import Sequence
from typing import Final

from webhook.core.hub import HUGGING_FACE
from webhook.core.servers import BY_PROGRAM, Server, by_module
from webhook.core.variables import UNKNOWN

SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"})

SILENT: Final = frozenset(
    {
        "echo",
        "printf",
        "git",
        "curl",
        "wget",
        "aria2c",
        "test",
        "[",
        "[[",
        "sleep",
        "mkdir",
        "rm",
        "ls",
        "cd",
        "set",
    }
)
"""Programs that read no token, whatever their arguments say."""

KNOWN: Final = SHELLS | BY_PROGRAM.keys() | {tool.program[0] for tool in HUGGING_FACE.tools}
"""Programs that are read, but for Python under its many names."""

_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*|torchrun|accelerate|deepspeed")

_WRAPPED = 32
"""How far behind a wrapper (`tini --`, `timeout 9`, `uv run`) the program that it starts may stand, in
words."""


def basename(word: str) -> str:
    """Return a program's name without its folder."""
    return word.rpartition("/")[2]


def known(program: str) -> bool:
    """Whether a program's command line can be read."""
    return program in KNOWN or _PYTHON.fullmatch(program) is not None


def wrapped(words: Sequence[str]) -> int | None:
    """Return where a program that we know starts behind another one."""
    for index, word in enumerate(words[1:_WRAPPED], 1):
        if word[:1] != "-" and UNKNOWN not in word and known(basename(word)):
            return index
    return None


def starts(words: Sequence[str], front: tuple[str, ...]) -> bool:
    """Whether a command line starts with a program and its subcommands."""
    return basename(words[0]) == front[0] and tuple(words[1 : len(front)]) == front[1:]


def started(words: Sequence[str]) -> tuple[Server | None, Sequence[str]]:
    """Return the server that a command line starts, and its arguments."""
    name = basename(words[0])
    for front, server in BY_PROGRAM.get(name, ()):
        if starts(words, front):
            return server, words[len(front) :]
    if _PYTHON.fullmatch(name):
        for index, word in enumerate(words[1:_WRAPPED], 1):
            if word == "-m" and index + 1 < len(words):
                server_or_none = by_module(words[index + 1])
                if server_or_none is not None:
                    return server_or_none, words[index + 2 :]
            elif word == "-c" or word.endswith(".py"):
                break
    return None, ()
