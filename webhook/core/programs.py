"""Programs whose command lines can be read, and how they are recognised."""

import re
from collections.abc import Sequence
from typing import Final

from webhook.core.hub import HUGGING_FACE
from webhook.core.servers import BY_PROGRAM, Server, by_module

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
        ":",
        "sleep",
        "mkdir",
        "rm",
        "ls",
        "cd",
        "set",
        "shift",
        # They start things elsewhere, where our variable is not.
        "kubectl",
        "oc",
        "docker",
        "podman",
        "ssh",
        "pip",
        "pip3",
        "apt-get",
    }
)
"""Programs that read no token, whatever their arguments say."""

TRANSPARENT: Final = frozenset({"exec", "command", "builtin", "env", "nohup", "time"})
"""Words before a program that leave its command line as it is; assignments may follow `env`."""

KNOWN: Final = (
    SHELLS
    | BY_PROGRAM.keys()
    | {tool.program[0] for tool in HUGGING_FACE.tools}
    | {"torchrun", "accelerate", "deepspeed"}
)
"""Programs that are read, but for Python under its many names."""

_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*|torchrun|accelerate|deepspeed")

_WRAPPED = 32
"""How many words behind a wrapper (`tini --`, `timeout 9`, `uv run`) the program that it starts may stand."""


def basename(word: str) -> str:
    """Return a program's name without its folder."""
    return word.rpartition("/")[2]


def known(program: str) -> bool:
    """Whether a program's command line can be read."""
    return program in KNOWN or (program[:1] == "p" and _PYTHON.fullmatch(program) is not None)


def wrapped(words: Sequence[str]) -> int | None:
    """Return where a command line that says something to us starts behind another program.

    A name alone is not enough: in `conda run -n vllm vllm serve …` the first `vllm` is an environment.
    """
    for index in range(1, min(len(words), _WRAPPED)):
        word = words[index]
        if word[:1] != "-" and known(basename(word)) and "://" not in word and _says(words[index:]):
            return index
    return None


def _says(words: Sequence[str]) -> bool:
    """Whether a command line is a shell's with a script, a download tool's or a server's."""
    if basename(words[0]) in SHELLS:
        return shell_script(words) is not None
    return any(starts(words, tool.program) for tool in HUGGING_FACE.tools) or started(words)[0] is not None


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
        return _module(words)
    return None, ()


def _module(words: Sequence[str]) -> tuple[Server | None, Sequence[str]]:
    """Return the server that `python -m`, or a launcher around it, starts."""
    for index in range(1, min(len(words), _WRAPPED)):
        word = words[index]
        if word in {"-m", "--module"} and index + 1 < len(words):
            if server := by_module(words[index + 1]):
                return server, words[index + 2 :]
        elif word[:2] == "-m" and (server := by_module(word[2:])):
            return server, words[index + 1 :]
        elif word == "-c" or word.endswith(".py"):
            break
    return None, ()


def shell_script(words: Sequence[str]) -> int | None:
    """Return the index of the script in `sh -c script`; None where the shell reads a file or its input."""
    inline = False
    index = 1
    while index < len(words) and words[index][:1] in {"-", "+"}:
        word = words[index]
        index += 1
        if word in {"-", "--"}:
            break
        if word[:2] == "--":
            index += word in {"--rcfile", "--init-file"}
        else:
            inline = inline or (word[0] == "-" and "c" in word)
            # `-o pipefail`, `-euo pipefail`, `-O extglob`.
            index += word[-1] in {"o", "O"}
    return index if inline and index < len(words) else None
