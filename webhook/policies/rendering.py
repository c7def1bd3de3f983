"""Templates become manifests: parts are joined, and what is in `<<…>>` is filled in."""

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final

from webhook.core.settings import Settings
from webhook.policies.values import values

_PLACE: Final = re.compile(r"^( *)(.*?)<<([a-z-]+)>>", re.MULTILINE)
_TEMPLATES: Final = files("webhook.policies") / "templates"


class Kind(StrEnum):
    """Which policies are written."""

    MUTATING = "mutating"
    """Those that inject."""

    VALIDATING = "validating"
    """Those that refuse or warn."""

    ALL = "all"
    """Both."""


def render(kind: Kind, settings: Settings) -> str:
    """Return the manifests as one stream of YAML documents."""
    filled = {"well-formed": _part("well-formed.yaml").rstrip(), **values(settings)}
    documents = {
        Kind.MUTATING: [
            fill(("pods.yaml", "reading.yaml", "judging.yaml", "pods-bindings.yaml"), filled),
        ],
        Kind.VALIDATING: [fill(("literal-tokens.yaml",), filled)],
    }
    return "---\n".join(text for of in documents if kind in {of, Kind.ALL} for text in documents[of])


def fill(parts: tuple[str, ...], values: Mapping[str, str]) -> str:
    """Return the parts of a manifest, joined, with every placeholder's value.

    A value of several lines is indented as the line that it stands in.
    """
    text = "".join(map(_part, parts))

    def value(match: re.Match[str]) -> str:
        indent, before, name = match.groups()
        return indent + before + values[name].replace("\n", f"\n{indent}")

    while _PLACE.search(text):
        text = _PLACE.sub(value, text)
    return text


def _part(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
