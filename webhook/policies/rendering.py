"""Templates become manifests: parts are joined, and what is in `<<…>>` is filled in."""

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final

from webhook.core.settings import MutatePolicy, Settings
from webhook.policies.values import values

_PLACE: Final = re.compile(r"^( *)(.*?)<<([a-z-]+)>>", re.MULTILINE)
_MUTATING: Final[dict[str, tuple[str, ...]]] = {
    what: (
        f"{what}.yaml",
        "reading.yaml",
        f"{what}-left-alone.yaml",
        "judging.yaml",
        f"{what}-bindings.yaml",
    )
    for what in ("pods", "inference-services")
}
"""What the parts of each policy are: where containers stand, what they say, what comes of it."""

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
    mutating: list[tuple[str, ...]] = [_MUTATING["pods"]]
    if settings.local_model_namespaces:
        mutating.append(("local-model-cache-binding.yaml",))
    if settings.mutate_inference_services is not MutatePolicy.NEVER:
        mutating.append(_MUTATING["inference-services"])
    validating: list[tuple[str, ...]] = [("literal-tokens.yaml",)]
    parts = {Kind.MUTATING: mutating, Kind.VALIDATING: validating, Kind.ALL: mutating + validating}[kind]
    return "---\n".join(fill(each, filled) for each in parts)


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
