"""What a container runs, as simple commands: shells opened, `eval` and `for` followed, wrappers taken off."""

from collections.abc import Iterator, Sequence

from webhook.core import caps, shell
from webhook.core.programs import SHELLS, SILENT, TRANSPARENT, basename, known, shell_script, wrapped
from webhook.core.variables import UNKNOWN, Environment

_KEYWORDS = frozenset(
    {"if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "fi", "done", "esac", "in"}
)
_SETTERS = frozenset({"export", "declare", "local", "readonly", "typeset"})
_BINDERS = frozenset({"for", "select", "read"})


def simple_commands(argv: Sequence[str], environment: Environment) -> Iterator[list[str]]:
    """Yield what a container's `command` and `args` run, one list of words a command.

    Variables that a script sets are put into `environment.script` as it goes, so a caller that reads them
    between two commands sees what the second one would see. Programs that read no token are left out.

    Args:
        argv: The words after kubelet's `$(VAR)` expansion.
        environment: The container's variables.

    Raises:
        OverCapError: Expansion became too long.
    """
    yield from _command(list(argv), [], environment, 0)


def _command(
    words: list[str], parameters: list[str], environment: Environment, depth: int
) -> Iterator[list[str]]:
    """Yield a command, or what the script that it is given runs."""
    start = _program(words, environment)
    if start is None:
        return
    words = words[start:]
    if basename(words[0]) == "busybox" and len(words) > 1:
        words = words[1:]
    name = basename(words[0])
    if name == "eval":
        yield from _script(" ".join(words[1:]), parameters, environment, depth + 1)
    elif name in SHELLS and (script := shell_script(words)) is not None:
        yield from _script(words[script], words[script + 1 :], environment, depth + 1)
    elif name in SILENT:
        return
    elif not known(name) and (inner := wrapped(words)) is not None:
        yield words[:inner]
        yield from _command(words[inner:], parameters, environment, depth)
    else:
        yield words


def _program(words: list[str], environment: Environment) -> int | None:
    """Return where the program stands behind keywords and assignments; None where there is none."""
    assigned: list[tuple[str, str]] = []
    program: int | None = None
    transparent = False
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if equals and name.removesuffix("+").isidentifier():
            assigned.append((name, value))
        elif word in TRANSPARENT:
            transparent = True
        elif not (word in _KEYWORDS or (transparent and word[:1] == "-")):
            program = index
            break
    # `NAME=value program` holds for that program alone. Remembering it for what follows costs nothing but
    # precision where a later command relies on the variable being unset.
    for name, value in assigned:
        environment.assign(name, value)
    if program is None or words[program] in _SETTERS or words[program] in _BINDERS:
        _binds(words[program:], environment)
        return None
    return program


def _binds(words: list[str], environment: Environment) -> None:
    """Set the variables of `export NAME=value`, `for NAME in word …`, `read NAME …`."""
    if words[:1] == ["for"] and words[2:3] == ["in"] and words[3:]:
        environment.assign(words[1], UNKNOWN if words[4:] else words[3])
        environment.loops[words[1]] = words[3 : 3 + caps.ROUNDS]
    elif words and words[0] in _BINDERS:
        for name in words[1:]:
            environment.assign(name, UNKNOWN)
    else:
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if equals:
                environment.assign(name, value)


def _script(
    script: str, parameters: Sequence[str], environment: Environment, depth: int
) -> Iterator[list[str]]:
    """Yield what a script runs."""
    if depth > caps.NESTING:
        return
    own = list(parameters) or [""]
    for raw in shell.commands(script, environment.steps):
        for words in _rounds(raw, own, environment):
            if not words:
                continue
            if words[0] == "set" and "--" in words:
                own[1:] = words[words.index("--") + 1 :]
            elif words[0] == "shift":
                environment.budget.take(1 + len(own) // 32)
                del own[1:2]
            else:
                yield from _command(words, own, environment, depth)


def _rounds(raw: shell.Command, parameters: list[str], environment: Environment) -> Iterator[list[str]]:
    """Yield a command's words; once for each value where it uses the variable of a `for` loop."""
    looped = None
    if environment.loops:
        names = (piece.text for word in raw for piece in word if piece.kind == "variable")
        looped = next((name for name in names if name in environment.loops), None)
    if looped is None:
        yield _words(raw, parameters, environment)
        return
    for value in environment.loops[looped]:
        environment.script[looped] = value
        words = _words(raw, parameters, environment)
        environment.budget.take(sum(map(len, words)) + len(words))
        yield words
    environment.script[looped] = UNKNOWN


def _words(raw: shell.Command, parameters: list[str], environment: Environment) -> list[str]:
    environment.used = set()
    return [field for word in raw for field in environment.words(word, parameters)]
