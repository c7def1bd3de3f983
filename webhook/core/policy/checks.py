"""All checks of the policy that are on, one after another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from webhook.core import caps, read
from webhook.core.decision import Request
from webhook.core.hub import redact
from webhook.core.policy.finding import NEVER_DENIED, Finding
from webhook.core.policy.literal_tokens import literal_tokens
from webhook.core.policy.strings import pointer_of
from webhook.core.settings import PolicyAction, Settings

_ALLOW: Final = PolicyAction.ALLOW
_CONTAINERS: Final = frozenset({"initContainers", "containers", "ephemeralContainers"})
_COMPONENTS: Final = frozenset({"predictor", "transformer", "explainer"})


def check(request: Request, settings: Settings) -> Iterator[Finding]:
    """Yield what the checks find, each with the action that the platform wants."""
    policy = settings.policy
    if policy.literal_tokens is not _ALLOW:
        yield from _literal_tokens(request.object, policy.literal_tokens)


def _literal_tokens(document: Mapping[str, Any], action: PolicyAction) -> Iterator[Finding]:
    for literal in literal_tokens(document):
        yield Finding(
            literal.fault,
            PolicyAction.WARN if literal.fault in NEVER_DENIED else action,
            pointer_of(literal.keys),
            container_of(document, literal.keys),
            literal.subject,
        )


def container_of(document: Mapping[str, Any], keys: Sequence[Any]) -> str:
    """Return the name of the container that a place is in, else the component that it is in, or ""."""
    for index in range(len(keys) - 1, 0, -1):
        if keys[index - 1] in _CONTAINERS:
            raw = read.at(document, tuple(map(str, keys[: index + 1])))
            return redact(read.string(raw, "name"))[: caps.SUBJECT]
    return next((key for key in keys[1:2] if key in _COMPONENTS), "")
