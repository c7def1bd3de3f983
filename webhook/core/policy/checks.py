"""All checks of the policy that are on, one after another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from webhook.core import caps, read
from webhook.core.case import Case
from webhook.core.hub import redact
from webhook.core.policy.contents import Content, contents
from webhook.core.policy.finding import NEVER_DENIED, Fault, Finding
from webhook.core.policy.literal_tokens import literal_tokens
from webhook.core.policy.needs import tokenless
from webhook.core.policy.repositories import allowed, pinned, remote_code
from webhook.core.policy.strings import pointer_of
from webhook.core.settings import Policy, PolicyAction

_ALLOW: Final = PolicyAction.ALLOW
_CONTAINERS: Final = frozenset({"initContainers", "containers", "ephemeralContainers"})
_COMPONENTS: Final = frozenset({"predictor", "transformer", "explainer"})

Ask = Callable[[Content], Iterator[tuple[Fault, str]]]
"""A question about one container: what is wrong with it, and the subjects."""


def check(case: Case) -> Iterator[Finding]:
    """Yield what the checks find, each with the action that the platform wants; so many a check."""
    policy, document = case.settings.policy, case.request.object
    if policy.literal_tokens is not _ALLOW:
        yield from in_clear_text(document, policy.literal_tokens)
    asks = [(ask, action) for ask, action in _asks(case, policy) if action is not _ALLOW]
    if asks:
        known = list(contents(case))
        for ask, action in asks:
            yield from islice(_asked(ask, action, known), caps.FINDINGS)
        yield from islice(_unread(known), caps.FINDINGS)


def in_clear_text(document: Mapping[str, Any], action: PolicyAction) -> Iterator[Finding]:
    """Yield the tokens in clear text, with the action that the platform wants; so many."""
    for literal in islice(literal_tokens(document), caps.FINDINGS):
        yield Finding(
            literal.fault,
            PolicyAction.WARN if literal.fault in NEVER_DENIED else action,
            pointer_of(literal.keys),
            container_of(document, literal.keys),
            literal.subject,
        )


def _asks(case: Case, policy: Policy) -> Iterator[tuple[Ask, PolicyAction]]:
    """Yield the questions about containers, with what comes of an objection."""
    yield lambda content: allowed(content, policy.repositories), policy.repositories.action
    yield pinned, policy.require_revision
    yield lambda content: tokenless(case, content), policy.require_token
    yield remote_code, policy.trust_remote_code


def _asked(ask: Ask, action: PolicyAction, known: Sequence[Content]) -> Iterator[Finding]:
    for content in known:
        for fault, subject in ask(content):
            yield Finding(fault, action, content.path, content.container, subject)


def _unread(known: Sequence[Content]) -> Iterator[Finding]:
    """Yield the containers of which not all was read, and that there are more than is looked at."""
    for content in known:
        if content.reading is not None and content.reading.unread:
            subject = content.reading.unread
            yield Finding(Fault.NOT_READ, PolicyAction.WARN, content.path, content.container, subject)
    if len(known) >= caps.CONTAINERS:
        subject = f"the object has {caps.CONTAINERS} containers or more"
        yield Finding(Fault.NOT_READ, PolicyAction.WARN, known[-1].path, "", subject)


def container_of(document: Mapping[str, Any], keys: Sequence[Any]) -> str:
    """Return the name of the container that a place is in, else the component that it is in, or ""."""
    for index in range(len(keys) - 1, 0, -1):
        if keys[index - 1] in _CONTAINERS:
            raw = read.at(document, tuple(map(str, keys[: index + 1])))
            return redact(read.string(raw, "name"))[: caps.SUBJECT]
    return next((key for key in keys[1:2] if key in _COMPONENTS), "")
