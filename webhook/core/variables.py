"""A container's environment, and what `$(VAR)`, `$VAR` and `${VAR:-default}` become.

What cannot be resolved (a `valueFrom`, a command's output, a variable nobody sets) becomes `UNKNOWN`, and a
word that contains it names nothing.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from webhook.core import caps
from webhook.core.shell import Word

UNKNOWN: Final = "\0"
"""Stands for what cannot be known.

No argument of a process can contain it.
"""

_KUBERNETES = re.compile(r"\$\$|\$\(([^()$\s]{1,256})\)")


class OverCapError(Exception):
    """More was asked of us than the caps allow; its text is the subject of the reason."""


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
        entries: Name to the raw entry of `env`, in order; a name that is listed twice has its last entry, as at
            run time.
    """

    __slots__ = ("_resolved", "budget", "entries", "script", "used")

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self.entries = entries
        self.script: dict[str, str] = {}
        """What the container's own script sets."""
        self.used: set[str] = set()
        """Variables that were asked for; the reader of a command empties it."""
        self.budget = Budget()
        self._resolved: dict[str, str] | None = None

    def literals(self) -> Mapping[str, str]:
        """Return name to value, with `$(VAR)` of earlier entries resolved (Kubernetes, `expansion.go`).

        Raises:
            OverCapError: The values double and double.
        """
        if self._resolved is None:
            resolved: dict[str, str] = {}
            self._resolved = resolved
            for name, entry in self.entries.items():
                value = entry.get("value")
                if type(value) is not str:
                    # An entry without value and valueFrom is the empty string (core/v1, EnvVar).
                    value = "" if value is None and not entry.get("valueFrom") else UNKNOWN
                elif "$" in value:
                    value = self._expand(value, resolved)
                resolved[name] = value
        return self._resolved

    def _expand(self, text: str, known: Mapping[str, str]) -> str:
        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name is None:
                return "$"
            value = known.get(name)
            if value is None:
                return match[0]
            self.used.add(name)
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

    def words(self, word: Word, positional: Sequence[str] = ()) -> list[str]:
        """Return the fields that a word of a script becomes: variables replaced, unquoted values split at
        blanks.

        Args:
            word: As the lexer gives it.
            positional: What `$1 …` and `"$@"` stand for.

        Raises:
            OverCapError: The result is too long.
        """
        if len(word) == 1 and word[0].kind == "text":
            return [word[0].text]
        fields: list[str] = []
        current: list[str] = []
        open_field = False
        for piece in word:
            if piece.kind == "text":
                current.append(piece.text)
                open_field = True
                continue
            value = UNKNOWN if piece.kind == "unknown" else self._value(piece.text, positional)
            if isinstance(value, list):
                parts = value
            else:
                if piece.has_default and not value:
                    value = piece.default
                value = f"{UNKNOWN}{piece.text}{UNKNOWN}" if value is None else value
                parts = [value] if piece.quoted else value.split()
            self.budget.take(sum(map(len, parts)))
            for index, part in enumerate(parts):
                if index:
                    fields.append("".join(current))
                    current = []
                current.append(part)
                open_field = True
        if open_field:
            fields.append("".join(current))
        return fields

    def _value(self, name: str, positional: Sequence[str]) -> str | list[str] | None:
        if name in {"@", "*"}:
            return list(positional)
        if name.isdigit():
            return positional[int(name) - 1] if 0 < int(name) <= len(positional) else UNKNOWN
        self.used.add(name)
        return self.get(name)
