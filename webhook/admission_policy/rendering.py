"""Templates become manifests: parts are joined, and what is in `<<…>>` is filled in."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final

from webhook.admission_policy.values import values
from webhook.core.settings import MutatePolicy, Policy, PolicyAction, Settings

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

_CONTROLLED: Final = """- name: has-{name}-controller
  expression: |-
    {is_not}object.metadata.?ownerReferences.orValue([]).exists(owner, owner.?controller.orValue(false))"""
_WHOEVER: Final = "# Pods that have a controller as well."
_HEAD: Final = (
    "# Written by `hf-token-injector render admission-policy`; docs/admission-policy.md tells what it does.\n"
)
_TEMPLATES: Final = files("webhook.admission_policy") / "templates"


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
    filled = {**_shared(), **values(settings)}
    documents = [] if kind is Kind.VALIDATING else [fill(parts, filled) for parts in _mutating(settings)]
    if kind is not Kind.MUTATING:
        documents.append(fill(("annotations.yaml",), filled))
        documents += [
            fill(("literal-tokens.yaml",), filled | more) for more in _literal_tokens(settings.policy)
        ]
    return _HEAD + "---\n".join(documents)


def _mutating(settings: Settings) -> Iterator[tuple[str, ...]]:
    """Yield the parts of each policy that injects."""
    yield _MUTATING["pods"]
    if settings.local_model_namespaces:
        yield ("local-model-cache-binding.yaml",)
    if settings.mutate_inference_services is not MutatePolicy.NEVER:
        yield _MUTATING["inference-services"]


def _literal_tokens(policy: Policy) -> Iterator[dict[str, str]]:
    """Yield what differs between the policies about tokens in clear text.

    A Pod that has a controller is warned about where others are refused: it must be rescheduled.
    """
    action = policy.literal_tokens
    if action is PolicyAction.ALLOW:
        return
    apart = action is PolicyAction.DENY and policy.pods is not PolicyAction.DENY
    refusing = action is PolicyAction.DENY
    yield {
        "of": "",
        "other-kinds": _part("other-kinds.yaml").rstrip(),
        "controlled": _CONTROLLED.format(name="no", is_not="!") if apart else _WHOEVER,
        "literal-action": "Deny" if refusing else "Warn",
        "literal-failure-policy": "Fail" if refusing else "Ignore",
    }
    if apart:
        yield {
            "of": "-controlled",
            "other-kinds": "# Others have no controller.",
            "controlled": _CONTROLLED.format(name="a", is_not=""),
            "literal-action": "Warn",
            "literal-failure-policy": "Ignore",
        }


def _shared() -> dict[str, str]:
    """Return the parts that stand within several others."""
    return {name: _part(f"{name}.yaml").rstrip() for name in ("well-formed", "new-or-changed")}


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
