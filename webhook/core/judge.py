"""Whether one container needs our token: the first of the reasons that applies.

Opted out, excluded, of the platform, from the model cache, names nothing on the Hub, has a token of its own
or may have one, would send ours to a foreign endpoint; else it gets one. The two mistakes are not equal: a
container that we miss fails loudly and can be named by annotation, a token in a container that never asks for
it widens who holds it. So evidence, not guesses.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import caps, names, tokens
from webhook.core.asked import Asked
from webhook.core.hub import redact
from webhook.core.reasons import Reason
from webhook.core.references import Budget, Reference, evidence
from webhook.core.screen import names_nothing
from webhook.core.servers import Server
from webhook.core.variables import Environment


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


_NO_NAMES: frozenset[str] = frozenset()
NOTHING = Judgement(Reason.NO_HUB_REFERENCE)


def names_of(container: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the names of a container's variables; None where its `env` has not the shape of one."""
    env = container.get("env")
    if env is None:
        return _NO_NAMES
    if type(env) is not list:
        return None
    try:
        return frozenset([entry["name"] for entry in env])
    except (TypeError, KeyError):
        return frozenset(entries_of(container) or ())


def entries_of(container: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """Return a container's `env` by name, the last entry of a name as at run time; None where it is no list."""
    env = container.get("env")
    if env is None:
        return {}
    if type(env) is not list:
        return None
    try:
        entries = {entry["name"]: entry for entry in env}
    except (TypeError, KeyError):
        entries = {
            entry["name"]: entry for entry in env if type(entry) is dict and type(entry.get("name")) is str
        }
    if set(map(type, entries)) - {str}:
        return {name: entry for name, entry in entries.items() if type(name) is str}
    return entries


def passed_over(name: str, around: Surroundings) -> Judgement | None:
    """Return why a container is not looked into, or None where it is."""
    asked = around.asked
    if asked.opted_out:
        return Judgement(Reason.OPTED_OUT)
    if name in asked.excluded:
        return Judgement(Reason.EXCLUDED)
    if name in asked.containers:
        return None
    if name in names.NEVER or name.startswith(names.NEVER_PREFIX):
        return Judgement(Reason.INFRASTRUCTURE, name[: caps.SUBJECT])
    return Judgement(Reason.LOCAL_MODEL_CACHE) if around.cached else None


def glance(
    name: str, container: Mapping[str, Any], variables: Collection[str], around: Surroundings
) -> Judgement | None:
    """Return the judgement where a look is enough, as for most containers; None where it must be read."""
    judgement = passed_over(name, around)
    if judgement is None and name not in around.asked.containers and names_nothing(container, variables):
        return NOTHING
    return judgement


def judge(
    name: str,
    container: Mapping[str, Any],
    entries: Mapping[str, Mapping[str, Any]],
    around: Surroundings,
    downloads: Sequence[Reference] = (),
    hinted: Server | None = None,
) -> Judgement:
    """Read one container that is not passed over, and judge it.

    Args:
        name: Of the container.
        container: Raw.
        entries: Its variables by name, an entry of ours left out.
        around: What it shares with its Pod.
        downloads: What the component downloads for it (an InferenceService's storage fields).
        hinted: The server that KServe will run it with, where the container does not say.
    """
    environment = Environment(entries)
    seen = evidence(container, environment, around.budget, hinted)
    references = [*downloads, *seen.references] if downloads else seen.references
    named = name in around.asked.containers
    if not references and not named:
        return Judgement(Reason.TOO_LARGE, seen.unread) if seen.unread else NOTHING
    repositories = tuple([reference.repository for reference in references])
    obstacle = tokens.own_token(container, environment, around.volumes, seen.token_argument)
    if obstacle is None and not named and around.asked.secret is None and "envFrom" in container:
        obstacle = tokens.possible_token(container)
    if obstacle is None:
        obstacle = tokens.foreign_endpoint(environment, around.endpoints)
    if obstacle is not None:
        return Judgement(obstacle.reason, _short(obstacle.subject), repositories, seen.server)
    if not references:
        return Judgement(Reason.NAMED_BY_ANNOTATION, "", (), seen.server)
    return Judgement(references[0].reason, _short(references[0].subject), repositories, seen.server)


def _short(subject: str) -> str:
    return redact(subject[: caps.SUBJECT])
