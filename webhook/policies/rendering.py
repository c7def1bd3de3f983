"""Templates become manifests: parts are joined, and what is in `<<…>>` is filled in."""

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final

from webhook.core.settings import Settings

_PLACE: Final = re.compile(r"^( *)(.*?)<<([a-z-]+)>>", re.MULTILINE)
_TEMPLATES: Final = files("webhook.policies") / "templates"


class Kind(StrEnum):
    """Which policies are written."""

    VALIDATING = "validating"
    """Those that refuse or warn."""

    ALL = "all"
    """Both."""


def render(kind: Kind, settings: Settings) -> str:
    """Return the manifests as one stream of YAML documents."""
    secret = {"secret": settings.secret.name, "key": settings.secret.key}
    documents = {Kind.VALIDATING: fill(("literal-tokens.yaml",), secret)}
    return "---\n".join(text for of, text in documents.items() if kind in {of, Kind.ALL})


def fill(parts: tuple[str, ...], values: Mapping[str, str]) -> str:
    """Return the parts of a manifest, joined, with every placeholder's value.

    A value of several lines is indented as the line that it stands in.
    """
    text = "".join((_TEMPLATES / part).read_text(encoding="utf-8") for part in parts)

    def value(match: re.Match[str]) -> str:
        indent, before, name = match.groups()
        return indent + before + values[name].replace("\n", f"\n{indent}")

    while _PLACE.search(text):
        text = _PLACE.sub(value, text)
    return text
