"""What a container says by itself, read once for all the Pods that have it.

The Pods of a workload repeat its containers to the letter, so what was read of one is remembered by a digest
of what it was read from. No value is kept: a reading holds repositories, and names of variables and flags.
"""

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from webhook.core import tokens
from webhook.core.caps import OverCapError
from webhook.core.evidence import Budget, Reference
from webhook.core.hub import HUGGING_FACE
from webhook.core.references import evidence
from webhook.core.servers import Server
from webhook.core.tokens import Obstacle
from webhook.core.variables import Environment

_REMEMBERED: Final = 2048
"""Readings. One takes about 1 KiB."""

_SMALL: Final = 8 * 1024
"""Bytes of JSON of a container whose reading is remembered; larger ones are rare."""

_HOME: Final = HUGGING_FACE.home_variable

Entries = Mapping[str, Mapping[str, Any]]
"""A container's variables: name to the raw entry of `env`."""


class Reading(NamedTuple):
    """What one container says.

    Attributes:
        references: What it asks the Hub for, the one downloaded first in front.
        repositories: Theirs.
        server: The server that runs, where one was recognised.
        own: What tells that it has a token of its own, or wants none.
        endpoint: What would send our token elsewhere.
        home: The folder of the hub's client, "" for its default.
        has_token: Whether one of its variables is a token.
        remote_code: What lets code of a repository run, or "".
        malformed: Its `env` has not the shape of one, so nothing was read.
        unread: Why something was not read, or "".
        size: Characters that were read.
        steps: Words and signs of scripts that were read.
    """

    references: tuple[Reference, ...]
    repositories: tuple[str, ...]
    server: Server | None
    own: Obstacle | None
    endpoint: Obstacle | None
    home: str
    has_token: bool
    remote_code: str
    malformed: bool
    unread: str
    size: int
    steps: int


_MALFORMED = Reading(
    (), (), None, None, None, "", has_token=False, remote_code="", malformed=True, unread="", size=0, steps=0
)
_READINGS: dict[tuple[bytes, frozenset[str]], Reading] = {}


def read_container(
    container: Mapping[str, Any], changed: Entries | None, endpoints: frozenset[str], budget: Budget
) -> Reading:
    """Return what a container says, from memory where one like it was read before.

    Args:
        container: A `core/v1` Container, raw.
        changed: Its variables, where they are not those of `env`: an entry of ours is left out.
        endpoints: Where a token may be sent.
        budget: How much of its object may still be read.
    """
    get = container.get
    env = get("env") if changed is None else list(changed.values())
    try:
        text = orjson.dumps([get("image"), get("command"), get("args"), env])
    except TypeError:
        # Deeper than orjson goes, or a number that it does not take: no container has that.
        text = b""
    if not text or len(text) > _SMALL:
        return read_variables(
            container, entries_of(container) if changed is None else changed, endpoints, budget
        )
    key = sha256(text).digest(), endpoints
    reading = _READINGS.get(key)
    if reading is None:
        entries = entries_of(container) if changed is None else changed
        reading = read_variables(container, entries, endpoints, Budget())
        if len(_READINGS) >= _REMEMBERED:
            del _READINGS[next(iter(_READINGS))]
        _READINGS[key] = reading
    budget.left -= reading.size
    budget.steps.left -= reading.steps
    if budget.left < 0 or budget.steps.left < 0:
        return reading._replace(references=(), repositories=(), unread=reading.unread or budget.spent)
    return reading


def read_variables(
    container: Mapping[str, Any],
    entries: Entries | None,
    endpoints: frozenset[str],
    budget: Budget,
    hinted: Server | None = None,
) -> Reading:
    """Read a container.

    Args:
        container: Raw, or an InferenceService's `model`.
        entries: Its variables; None where its `env` has not the shape of one.
        endpoints: Where a token may be sent.
        budget: How much of its object may still be read.
        hinted: The server that KServe will run it with, where the container does not say.
    """
    if entries is None:
        return _MALFORMED
    environment = Environment(entries)
    left, steps = budget.left, budget.steps.left
    seen = evidence(container, environment, budget, hinted)
    if _HOME in entries or not HUGGING_FACE.speaking.isdisjoint(entries):
        # Nothing may have asked for the variables so far, and the questions below take no error.
        with suppress(OverCapError):
            environment.literals()
    return Reading(
        tuple(seen.references),
        tuple([reference.repository for reference in seen.references]),
        seen.server,
        tokens.own_token(environment, seen.token_argument),
        tokens.foreign_endpoint(environment, endpoints),
        (environment.get(_HOME) or "").rstrip("/") if _HOME in entries else "",
        has_token=not tokens.TOKENS.isdisjoint(entries),
        remote_code=seen.remote_code,
        malformed=False,
        unread=seen.unread,
        size=left - budget.left,
        steps=steps - budget.steps.left,
    )


def entries_of(container: Mapping[str, Any]) -> dict[str, dict[str, Any]] | None:
    """Return a container's `env` by name, the last entry of a name as at run time; None where it is none."""
    env = container.get("env")
    if env is None:
        return {}
    if type(env) is not list:
        return None
    try:
        entries = {entry["name"]: entry for entry in env}
    except (TypeError, KeyError):
        entries = {}
    if entries and {str} == set(map(type, entries)):
        return entries
    return {entry["name"]: entry for entry in env if type(entry) is dict and type(entry.get("name")) is str}
