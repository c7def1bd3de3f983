"""The one error of settings, written for the person who has to mend it."""

import re

_TOKEN = re.compile(r"hf_[A-Za-z0-9]{4,}")
_SHOWN = 80


class SettingsError(Exception):
    """The settings cannot be used; the text is several lines and names every problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            "hf-token-injector cannot start: its settings are wrong.\n\n" + "\n\n".join(problems)
        )


def show(value: object) -> str:
    """Return a wrong value for a message: shortened, and without what looks like a token of the Hub."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    text = _TOKEN.sub("hf_…", str(value))
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return f'"{text}"' if isinstance(value, str) else text
