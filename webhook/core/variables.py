"""A container's environment, and what `$(VAR)`, `$VAR` and `${VAR:-default}` become.

What cannot be resolved (a `valueFrom`, a command's output, a variable nobody sets) becomes `UNKNOWN`, and a
word that contains it names nothing.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from webhook.core import caps
from webhook.core.caps import OverCapError, Steps
from webhook.core.hub import HUGGING_FACE
from webhook.core.shell import Piece, Word

UNKNOWN: Final = "\0"
"""Stands for what cannot be known.

No argument of a process can contain it.
"""

_KUBERNETES = re.compile(r"\$\$|\$\(([^()$\s]{1,256})\)")
_OURS: Final = HUGGING_FACE.token_variable


class Budget:
    """How many characters may still come out of expansions."""

    __slots__ = ("left",)

    def __init__(self, characters: int = caps.EXPANSION) -> None:
        self.left = characters

    def take(self, characters: int) -> None:
        """Spend some.

        Raises:
            OverCapError: More than there is.
        """
        self.left -= characters
        if self.left < 0:
            raise OverCapError(f"its variables expand to more than {caps.EXPANSION // 1024} KiB")


class Environment:
    """The variables of one container, literal values resolved when somebody asks.

    Args:
        entries: Name to the raw entry of `env`, in order; a name that is listed twice has its last entry, as
            at run time.

    Attributes:
        script: What the container's own script sets.
        loops: Variables of `for` loops that go over words.
        used: Variables that the command being read refers to as a shell does.
        referred: Variables that the container refers to as `$(VAR)`, directly or through another one.
        budget: What its expansions may still come to.
        steps: What may still be read of its scripts; of its object's, once that is known.
    """

    __slots__ = ("_resolved", "budget", "entries", "loops", "referred", "script", "steps", "used")

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self.entries = entries
        self.script: dict[str, str] = {}
        self.loops: dict[str, list[str]] = {}
        self.used: set[str] = set()
        self.referred: set[str] = set()
        self.budget = Budget()
        self.steps = Steps()
        self._resolved: dict[str, str] | None = None

    def literals(self) -> Mapping[str, str]:
        """Return name to value, with `$(VAR)` of earlier entries resolved (Kubernetes, `expansion.go`).

        Raises:
            OverCapError: The values double and double. It is raised once; from then on those that were not
                resolved are `UNKNOWN`.
        """
        if self._resolved is None:
            resolved: dict[str, str] = {}
            self._resolved = resolved
            try:
                self._resolve(resolved)
            except OverCapError:
                for name in self.entries:
                    resolved.setdefault(name, UNKNOWN)
                raise
        return self._resolved

    def _resolve(self, resolved: dict[str, str]) -> None:
        """Fill in the variables one after the other, as each may refer to those before it."""
        for name, entry in self.entries.items():
            value = entry.get("value")
            if type(value) is not str:
                # An entry without value and valueFrom is the empty string (core/v1, EnvVar).
                value = "" if value is None and not entry.get("valueFrom") else UNKNOWN
            elif len(value) > caps.STRING:
                value = UNKNOWN
            elif "$" in value:
                value = self._expand(value, resolved)
            resolved[name] = value

    def _expand(self, text: str, known: Mapping[str, str]) -> str:
        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name is None:
                return "$"
            value = known.get(name)
            if value is None:
                return match[0]
            self.referred.add(name)
            self.budget.take(len(value))
            return value

        return _KUBERNETES.sub(replace, text)

    def kubernetes(self, text: str) -> str:
        """Return an argument as kubelet hands it to the process: `$(VAR)` replaced where VAR is known.

        Raises:
            OverCapError: The result is too long.
        """
        return self._expand(text, self.literals()) if "$" in text else text

    def get(self, name: str) -> str | None:
        """Return a variable as a script sees it; None where nobody sets it."""
        return self.script[name] if name in self.script else self.literals().get(name)

    def assign(self, name: str, value: str) -> None:
        """Set a variable as a script does; `NAME+` adds to what it is.

        Raises:
            OverCapError: It grows and grows.
        """
        if name[-1:] == "+":
            name = name[:-1]
            value = (self.get(name) or "") + value
            # Adding copies: a script of nothing but `A+=x` would be quadratic.
            self.budget.take(len(value) // 32)
        self.script[name] = value
        self.loops.pop(name, None)

    def words(self, word: Word, parameters: Sequence[str] = ()) -> list[str]:
        """Return the fields that a word becomes: variables replaced, unquoted values split at blanks.

        Args:
            word: As the lexer gives it.
            parameters: `$0`, `$1`, …

        Raises:
            OverCapError: The result is too long.
        """
        if len(word) == 1 and word[0].kind == "text":
            return [word[0].text]
        fields: list[str] = []
        current: list[str] = []
        for piece in word:
            parts = [piece.text] if piece.kind == "text" else self._parts(piece, parameters)
            for index, part in enumerate(parts):
                if index:
                    fields.append("".join(current))
                    current = []
                current.append(part)
        if current:
            fields.append("".join(current))
        return fields

    def _parts(self, piece: Piece, parameters: Sequence[str]) -> list[str]:
        """Return what a reference becomes, in fields."""
        if piece.kind == "unknown":
            return [UNKNOWN]
        if piece.text in {"@", "*"}:
            parts = list(parameters[1:])
        else:
            value = self._value(piece, parameters)
            parts = [value] if piece.quoted else value.split()
        # An empty field costs something too: `"$@"` may stand for thousands of them, again and again.
        self.budget.take(sum(map(len, parts)) + len(parts))
        return parts

    def _value(self, piece: Piece, parameters: Sequence[str]) -> str:
        """Return a variable's value, or its marker (its name between two `UNKNOWN`) where nobody sets it."""
        name, operator = piece.text, piece.operator
        marker = f"{UNKNOWN}{name}{UNKNOWN}"
        value: str | None
        if name.isdigit():
            value = parameters[int(name)] if int(name) < len(parameters) else None
        else:
            self.used.add(name)
            value = self.get(name)
            if value is None and name == _OURS and "+" not in operator:
                # The script asks for the variable that we would inject, whatever it does without.
                return marker
        missing = value is None or (operator[:1] == ":" and not value)
        if operator[-1:] == "+":
            return "" if missing else self._default(piece, parameters)
        if missing and operator[-1:] in {"-", "="}:
            value = self._default(piece, parameters)
            if operator[-1:] == "=":
                self.script[name] = value
        return marker if value is None else value

    def _default(self, piece: Piece, parameters: Sequence[str]) -> str:
        return " ".join(self.words(piece.default, parameters))
