"""Where a workload takes an annotation that reaches its Pods, so that its own controller restarts them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from webhook.cli.restart.times import written
from webhook.cluster.changes import moment
from webhook.cluster.reader import Object
from webhook.cluster.resources import (
    DAEMON_SET,
    DEPLOYMENT,
    INFERENCE_SERVICE,
    KNATIVE_SERVICE,
    LEADER_WORKER_SET,
    LLM_INFERENCE_SERVICE,
    STATEFUL_SET,
    Resource,
)
from webhook.core import names, read
from webhook.core.parts import TEMPLATE, Path, places_of

TEMPLATES: Final = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, KNATIVE_SERVICE)
"""Kinds with one Pod template."""
KSERVE: Final = (INFERENCE_SERVICE, LLM_INFERENCE_SERVICE)
RESTARTABLE: Final = (*KSERVE, *TEMPLATES, LEADER_WORKER_SET)
_A_SECOND: Final = timedelta(microseconds=999_999)
"""So that a moment that is written in whole seconds is none before it."""


def stamped(resource: Resource, found: Mapping[str, Any], part: str) -> datetime | None:
    """Return when a part was last restarted; None where it never was."""
    times = [
        moment(read.string(read.mapping(read.at(found, path), "annotations"), names.RESTARTED_AT))
        for path in _places(resource, found, part)
    ]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def stamped_since(resource: Resource, found: Mapping[str, Any], part: str, since: datetime | None) -> bool:
    """Whether a part was restarted since then."""
    time = stamped(resource, found, part)
    return time is not None and since is not None and time >= since


def stamp(resource: Resource, found: Object, parts: Iterable[str], time: datetime) -> Object:
    """Return the merge patch that restarts parts of a workload.

    It holds for this version of the object: on a later one a part may be gone, and the patch would make it.
    """
    patch: Object = {"metadata": {"resourceVersion": read.string(found["metadata"], "resourceVersion")}}
    for part in parts:
        for path in _places(resource, found, part):
            if resource == INFERENCE_SERVICE and not read.at(found, path):
                continue
            node = patch
            for key in path:
                node = node.setdefault(key, {})
            node["annotations"] = {names.RESTARTED_AT: written(time + _A_SECOND)}
    return patch


def obstacle(resource: Resource, found: Mapping[str, Any]) -> str:
    """Return why an annotation would not restart a workload, or ""."""
    spec = read.mapping(found, "spec")
    if resource == DEPLOYMENT and spec.get("paused") is True:
        return "it is paused; kubectl rollout resume, then call this again"
    if resource in {STATEFUL_SET, DAEMON_SET}:
        if read.string(read.mapping(spec, "updateStrategy"), "type") == "OnDelete":
            return "its updateStrategy is OnDelete; delete its Pods one by one"
    elif resource == KNATIVE_SERVICE and read.string(read.at(found, TEMPLATE), "name"):
        return "its template names the revision; give it another name"
    elif resource == INFERENCE_SERVICE:
        share = read.mapping(spec, "predictor").get("canaryTrafficPercent")
        if type(share) is int and 0 < share < 100:  # noqa: PLR2004 - per cent
            return "a canary takes a part of its traffic, and a restart would replace it; promote it first"
    return ""


def _places(resource: Resource, found: Mapping[str, Any], part: str) -> list[Path]:
    return places_of((resource.group, resource.kind), found, part)
