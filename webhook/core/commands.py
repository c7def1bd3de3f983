"""What a container runs, as simple commands: shells opened, `eval` followed, wrappers taken off."""

from collections.abc import Iterator, Sequence

from webhook.core import caps, shell
from webhook.core.programs import SHELLS, basename
from webhook.core.variables import UNKNOWN, Environment

_KEYWORDS = frozenset(
    {"if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "fi", "done", "esac", "in"}
)
_SETTERS = frozenset({"export", "declare", "local", "readonly", "typeset"})
_BINDERS = frozenset({"for", "select", "read"})


def simple_commands(argv: Sequence[str], environment: Environment) -> Iterator[list[str]]:
    """Yield what a container's `command` and `args` run, one list of words a command.

    Variables that a script sets are put into `environment.script` as it goes, so a caller that reads them between
    two commands sees what the second one would see.

    Args:
        argv: The words after kubelet's `$(VAR)` expansion.
        environment: The container's variables.

    Raises:
        OverCapError: Expansion became too long.
    """
    yield from _command(list(argv), environment, 0)


def _command(words: list[str], environment: Environment, depth: int) -> Iterator[list[str]]:
    """Yield a command, or what the script that it is given runs."""
    start = _program(words, environment)
    if start is None:
        return
    words = words[start:]
    name = basename(words[0])
    if name == "busybox" and len(words) > 1:
        words = words[1:]
        name = basename(words[0])
    if name == "eval":
        yield from _script(" ".join(words[1:]), [], environment, depth + 1)
    elif name in SHELLS:
        if (script := _shell_script(words)) is not None:
            yield from _script(words[script], words[script + 2 :], environment, depth + 1)
    else:
        yield words


def _program(words: list[str], environment: Environment) -> int | None:
    """Return where the program stands behind keywords and assignments; None where there is none."""
    assigned: list[tuple[str, str]] = []
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if equals and name.removesuffix("+").isidentifier():
            assigned.append((name, value))
        elif word in _KEYWORDS:
            continue
        else:
            if word in _SETTERS:
                _set(words[index + 1 :], environment)
                return None
            if word in _BINDERS:
                for bound in words[index + 1 : index + 3]:
                    if bound.isidentifier():
                        environment.script[bound] = UNKNOWN
                return None
            break
    else:
        environment.script.update(assigned)
        return None
    # `NAME=value program` holds for that program alone. Remembering it also for what follows costs nothing but
    # precision where a later command relies on the variable being unset.
    environment.script.update(assigned)
    return index


def _set(words: list[str], environment: Environment) -> None:
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name.isidentifier():
            environment.script[name] = value


def _shell_script(words: list[str]) -> int | None:
    """Return the index of the script in `sh -c script`; None where the shell reads a file."""
    for index, word in enumerate(words[1:], 1):
        if not word.startswith(("-", "+")):
            return None
        if word.startswith("-") and not word.startswith("--") and "c" in word:
            script = index + 1
            if script < len(words) and words[script] == "--":
                script += 1
            return script if script < len(words) else None
    return None


def _script(script: str, positional: list[str], environment: Environment, depth: int) -> Iterator[list[str]]:
    """Yield what a script runs."""
    if depth > caps.NESTING:
        return
    for raw in shell.commands(script):
        words = [field for word in raw for field in environment.words(word, positional)]
        if words:
            yield from _command(words, environment, depth)
