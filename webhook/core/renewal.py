"""How a Pod that was made too early comes to be made anew: by a rollout that runs, or by a command."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.owners import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    Owner,
    belongs_to,
    controller,
)
from webhook.core.parts import INFERENCE_SERVICE, LLM_INFERENCE_SERVICE, part_of, place_of, places_of
from webhook.core.remedies import delete_pod, replace_pod, roll_out, stamp_now

_REVISION: Final = "deployment.kubernetes.io/revision"
_STAMPS: Final = (names.RESTARTED_AT, "kubectl.kubernetes.io/restartedAt")
"""Annotations of which a new value makes Pods anew, so that a Pod carries the one that it was made for."""
_ROLLED_OUT: Final = frozenset({DEPLOYMENT, STATEFUL_SET, DAEMON_SET})
"""Kinds that `kubectl rollout` knows."""


class Renewal(NamedTuple):
    """How a Pod comes to be made anew.

    Attributes:
        running: What makes it anew already, as a clause; empty where nothing does.
        look: The command that shows how far that is, or lets it go on; empty where nothing runs.
        anew: The command that makes it anew; empty where its successor comes by itself.
    """

    running: str
    look: str
    anew: str


def renewal(pod: Mapping[str, Any], owners: Sequence[Owner]) -> Renewal:
    """Return how a Pod comes to be made anew.

    A restart that was asked for is told by what it leaves: a template that the Pod is not of, or a time in an
    annotation that the Pod does not carry. So no clocks are compared, and whoever asks again while it runs is
    not told to restart once more.

    Args:
        pod: The Pod.
        owners: Those above it, as far as they could be read, the nearest first.
    """
    metadata = read.mapping(pod, "metadata")
    name, namespace = read.string(metadata, "name"), read.string(metadata, "namespace")
    if any(_waits_for_deletion(owner) for owner in owners):
        return Renewal("", "", delete_pod(name, namespace))
    running, look = _running(pod, owners, namespace)
    target = belongs_to(pod, owners)
    part = part_of(target.kind, read.mapping(metadata, "labels"))
    if not controller(pod):
        anew = replace_pod(name, namespace)
    elif target.kind in {INFERENCE_SERVICE, LLM_INFERENCE_SERVICE} and part is not None:
        anew = stamp_now(target, place_of(target.kind, part))
    elif target.kind in _ROLLED_OUT:
        anew = roll_out(target)
    elif target.kind == CRON_JOB:
        anew = ""
    else:
        anew = delete_pod(name, namespace)
    return Renewal(running, look, anew)


def left_behind(pod: Mapping[str, Any], owners: Sequence[Owner]) -> Owner | None:
    """Return the owner that has another template than a Pod is of, so that its rollout ends the Pod."""
    for below, owner in zip((None, *owners), owners, strict=False):
        if owner.found is None:
            continue
        if _kind(owner) == DEPLOYMENT and below is not None and _kind(below) == REPLICA_SET:
            if _annotations(below.found).get(_REVISION) != _annotations(owner.found).get(_REVISION):
                return owner
        elif _kind(owner) == STATEFUL_SET:
            latest = read.string(read.mapping(owner.found, "status"), "updateRevision")
            labels = read.mapping(read.mapping(pod, "metadata"), "labels")
            if latest and labels.get("controller-revision-hash") != latest:
                return owner
    return None


def _running(pod: Mapping[str, Any], owners: Sequence[Owner], namespace: str) -> tuple[str, str]:
    """Return what makes a Pod anew already, as a clause, and the command that shows it."""
    mover = left_behind(pod, owners)
    asked = mover or next((owner for owner in owners if _asked_anew(pod, owner)), None)
    if asked is None:
        return "", ""
    what = f"{asked.word} -n {namespace}"
    hindrance, look = _hindrance(asked, what)
    if hindrance:
        return f"the rollout of {asked.word}, which is to replace it, {hindrance}", look
    look = f"kubectl rollout status {what}" if _kind(asked) in _ROLLED_OUT else f"kubectl describe {what}"
    if mover is None:
        return f"a restart of {asked.word} was asked for and has not come to it yet", look
    return f"the rollout of {asked.word}, which is under way, replaces it", look


def _hindrance(owner: Owner, what: str) -> tuple[str, str]:
    """Return what a Deployment says of why its rollout stands still, and the command for that."""
    found = owner.found or {}
    if _kind(owner) != DEPLOYMENT:
        return "", ""
    if read.mapping(found, "spec").get("paused") is True:
        return "is paused", f"kubectl rollout resume {what}"
    messages = (
        f"""kubectl get {what} -o jsonpath='{{range .status.conditions[*]}}{{.message}}{{"\\n"}}{{end}}'"""
    )
    for _, condition in read.objects(read.mapping(found, "status"), "conditions"):
        if condition.get("type") == "ReplicaFailure" and condition.get("status") == "True":
            return "cannot create its Pods", messages
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return "makes no progress", messages
    return "", ""


def _asked_anew(pod: Mapping[str, Any], owner: Owner) -> bool:
    """Whether an owner carries the time of a restart that reaches the Pod, and the Pod does not carry it."""
    carried = _annotations(pod)
    for key in _STAMPS:
        times = set(_times(pod, owner, key))
        if times and carried.get(key) not in times:
            return True
    return False


def _times(pod: Mapping[str, Any], owner: Owner, key: str) -> Iterator[str]:
    """Yield what an owner says at a key where that reaches a Pod; of several templates each one's."""
    found = owner.found or {}
    kind = _kind(owner)
    part = part_of(kind, read.mapping(read.mapping(pod, "metadata"), "labels"))
    if part is None:
        return
    # On an InferenceService the component's annotation beats the object's.
    weaker = read.string(_annotations(found), key) if kind == INFERENCE_SERVICE else ""
    for place in places_of(kind, found, part):
        time = read.string(read.mapping(read.at(found, place), "annotations"), key) or weaker
        if time:
            yield time


def _waits_for_deletion(owner: Owner) -> bool:
    """Whether an owner makes a Pod of its new template only where the old one is deleted."""
    strategy = read.at(owner.found or {}, ("spec", "updateStrategy"))
    return _kind(owner) in {STATEFUL_SET, DAEMON_SET} and strategy.get("type") == "OnDelete"


def _kind(owner: Owner) -> tuple[str, str]:
    return owner.group, owner.kind


def _annotations(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return read.at(found or {}, ("metadata", "annotations"))
