"""What can be chosen from on the command line, and which of it a misspelt word means."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import click


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the near one, after a space, or ""; click says it so of options."""
    close = get_close_matches(word.lower(), known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


class Choice(click.Choice[str]):
    """One of a few words."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ANN401 - click's
        """Return which words there are, and which of them is meant."""
        return super().get_invalid_choice_message(value, ctx) + did_you_mean(str(value), self.choices)
