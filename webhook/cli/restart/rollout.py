"""Whether a rollout is over, as `kubectl rollout status` would say it, read of a workload's status."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webhook.cli.restart.places import stamped_since
from webhook.cluster.resources import DAEMON_SET, DEPLOYMENT, LEADER_WORKER_SET, STATEFUL_SET, Resource
from webhook.core import read


class StuckError(Exception):
    """A rollout makes no progress; the text is a sentence without its full stop."""


def lacking(resource: Resource, found: Mapping[str, Any], *, since: datetime | None = None) -> str:
    """Return what a rollout still lacks, or "".

    Args:
        resource: Of what rolls out.
        found: The object.
        since: A rollout that began before it may be stuck: the one that is waited for has yet to come.

    Raises:
        StuckError: Its controller has given it up.
    """
    status = read.mapping(found, "status")
    generation = _number(read.mapping(found, "metadata"), "generation")
    if resource != LEADER_WORKER_SET and _number(status, "observedGeneration") < generation:
        return "its controller has not seen the change"
    if resource == DAEMON_SET:
        wanted = _number(status, "desiredNumberScheduled")
        return _short("updated", _number(status, "updatedNumberScheduled"), wanted) or _short(
            "available", _number(status, "numberAvailable"), wanted
        )
    wanted = _number(read.mapping(found, "spec"), "replicas", default=1)
    if resource == STATEFUL_SET:
        return _short("updated", _updated(status), wanted) or _short(
            "ready", _number(status, "readyReplicas"), wanted
        )
    if resource == DEPLOYMENT and stamped_since(resource, found, "", since):
        _check_progress(status)
    updated = _number(status, "updatedReplicas")
    ready = "readyReplicas" if resource == LEADER_WORKER_SET else "availableReplicas"
    over = _number(status, "replicas") - updated
    if resource == DEPLOYMENT and updated >= wanted and over > 0:
        return f"{over} old to be ended"
    return _short("updated", updated, wanted) or _short("available", _number(status, ready), wanted)


def _updated(status: Mapping[str, Any]) -> int:
    """Return how many Pods of a StatefulSet are new.

    Once all are, the controller makes the new revision the current one and counts no more updated ones.
    """
    if status.get("currentRevision") == status.get("updateRevision"):
        return _number(status, "replicas")
    return _number(status, "updatedReplicas")


def _check_progress(status: Mapping[str, Any]) -> None:
    for _, condition in read.objects(status, "conditions"):
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise StuckError("its rollout makes no progress (ProgressDeadlineExceeded)")


def _short(what: str, are: int, wanted: int) -> str:
    return f"{are} of {wanted} {what}" if are < wanted else ""


def _number(parent: Mapping[str, Any], key: str, default: int = 0) -> int:
    value = parent.get(key)
    return value if type(value) is int else default
