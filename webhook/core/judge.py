"""Whether one container needs our token: the first of the reasons that applies.

Opted out, excluded, of the platform, from the model cache, names nothing on the Hub, has a token of its own
or may have one, would send ours to a foreign endpoint; else it gets one. The two mistakes are not equal: a
container that we miss fails loudly and can be named by annotation, a token in a container that never asks for
it widens who holds it. So evidence, not guesses.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import caps, names, tokens
from webhook.core.asked import NOTHING as NOTHING_ASKED
from webhook.core.asked import Asked
from webhook.core.evidence import Budget, Reference
from webhook.core.hub import redact
from webhook.core.reading import Reading
from webhook.core.reasons import Reason
from webhook.core.servers import Server


class Surroundings(NamedTuple):
    """What the containers of one Pod share."""

    asked: Asked
    volumes: Sequence[Any]
    cached: bool
    """The model comes from KServe's local model cache."""
    endpoints: frozenset[str]
    budget: Budget


class Judgement(NamedTuple):
    """What one container needs, and why."""

    reason: Reason
    subject: str = ""
    repositories: tuple[str, ...] = ()
    server: Server | None = None


NOTHING = Judgement(Reason.NO_HUB_REFERENCE)
_MALFORMED = Judgement(Reason.MALFORMED, "its env")
_TOO_LARGE = Reason.TOO_LARGE


def passed_over(name: str, around: Surroundings) -> Judgement | None:
    """Return why a container is not looked into, or None where it is."""
    asked = around.asked
    if asked is not NOTHING_ASKED:
        if asked.opted_out:
            return Judgement(Reason.OPTED_OUT)
        if name in asked.excluded:
            return Judgement(Reason.EXCLUDED)
        if name in asked.containers:
            return None
    if name in names.NEVER or name.startswith(names.NEVER_PREFIX):
        return Judgement(Reason.INFRASTRUCTURE, name[: caps.SUBJECT])
    return Judgement(Reason.LOCAL_MODEL_CACHE) if around.cached else None


def judge(
    name: str,
    container: Mapping[str, Any],
    reading: Reading,
    around: Surroundings,
    downloads: Sequence[Reference] = (),
) -> Judgement:
    """Judge one container that is not passed over.

    Args:
        name: Of the container.
        container: Raw.
        reading: What it says by itself.
        around: What it shares with its Pod.
        downloads: What the component downloads for it (an InferenceService's storage fields).
    """
    if reading.malformed:
        return _MALFORMED
    references, repositories = reading.references, reading.repositories
    if downloads:
        references = (*downloads, *references)
        repositories = tuple([reference.repository for reference in references])
    named = name in around.asked.containers
    if not references and not named:
        return Judgement(_TOO_LARGE, reading.unread) if reading.unread else NOTHING
    obstacle = reading.own
    if obstacle is None and around.volumes:
        obstacle = tokens.token_mount(container, reading.home, around.volumes)
    if obstacle is None and not named and around.asked.secret is None and "envFrom" in container:
        obstacle = tokens.possible_token(container)
    obstacle = obstacle or reading.endpoint
    if obstacle is not None:
        return Judgement(obstacle.reason, _short(obstacle.subject), repositories, reading.server)
    if not references:
        return Judgement(Reason.NAMED_BY_ANNOTATION, "", (), reading.server)
    first = references[0]
    return Judgement(first.reason, first.subject, repositories, reading.server)


def _short(subject: str) -> str:
    return redact(subject)[: caps.SUBJECT]
