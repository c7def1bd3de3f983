"""What is to be done about each workload: read of its Pods, their owners and the age of their Secrets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from webhook.cli.restart.ages import Age, Ages
from webhook.cli.restart.places import KSERVE, RESTARTABLE, obstacle, stamped_since
from webhook.cluster.client import StatusError
from webhook.cluster.owners import Owner, Owners
from webhook.cluster.reader import Reader
from webhook.cluster.resources import CRON_JOB, JOB, POD, Resource
from webhook.core import read
from webhook.core.held import Held, held_by
from webhook.core.hub import redact
from webhook.core.parts import part_of
from webhook.core.renewal import left_behind

_ENDED: Final = ("Succeeded", "Failed")


class Step(StrEnum):
    """What is to be done about a workload."""

    RESTART = "restart"
    """Its Pods are made anew."""
    WAIT = "wait"
    """A rollout replaces its Pods already."""
    KEEP = "keep"
    """It has the token as it is, or reads it anew."""
    NO_SECRET = "no secret"  # noqa: S105 - a word
    """It may have a token of which nothing is left in the cluster."""
    BY_HAND = "by hand"
    """It has an old token, and this command does not restart it."""
    UNKNOWN = "unknown"
    """Whether it has an old token cannot be read."""


@dataclass
class Workload:
    """A workload that has a token from us.

    Attributes:
        namespace, word: What kubectl takes for it.
        resource: None where it is of a kind that is not restarted.
        name: Of the object.
        step, why: What is to be done, and the reason as a sentence without its full stop.
        parts: Components to restart; `""` where it has none.
        pods: Those that are to go, or that are kept.
        secrets: Where their token comes from.
        since: What is older than this is old.
        rollouts: What says when a rollout is over: Deployments and their like.
    """

    namespace: str
    word: str
    resource: Resource | None
    name: str
    step: Step
    why: str
    parts: list[str] = field(default_factory=list)
    pods: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    since: datetime | None = None
    rollouts: set[tuple[Resource, str]] = field(default_factory=set)

    @property
    def title(self) -> str:
        """Its name for people, with what of it is meant."""
        parts = ", ".join(part for part in self.parts if part)
        return f"{self.word} ({parts})" if parts else self.word


class _Seen(NamedTuple):
    """A Pod that has a token from us."""

    pod: Mapping[str, Any]
    held: list[Held]
    age: Age
    owners: tuple[Owner, ...]

    @property
    def name(self) -> str:
        return read.string(self.pod["metadata"], "name")


class Planner:
    """Makes the plan of a namespace, or of all."""

    def __init__(self, reader: Reader, ages: Ages, *, secret: str = "") -> None:
        """Prepare.

        Args:
            reader: Of the cluster.
            ages: Tells which Pods are old.
            secret: The only Secret that is meant; any where empty.
        """
        self._reader = reader
        self._owners = Owners(reader)
        self._ages = ages
        self._secret = secret

    async def plan(self, namespace: str) -> list[Workload]:
        """Return the workloads, in order of namespace and name.

        Raises:
            StatusError: Pods may not be listed.
            NoAnswerError: There was no answer.
        """
        groups: dict[tuple[str, str], list[_Seen]] = {}
        unread: list[Workload] = []
        async for page in self._reader.pages(POD, namespace):
            for pod in page:
                held = self._meant(pod)
                if not held:
                    continue
                try:
                    owners = await self._owners.of(pod)
                except StatusError as error:
                    unread.append(_unread(pod, str(error)))
                    continue
                seen = _Seen(pod, held, await self._ages.of(pod, held), owners)
                groups.setdefault((_namespace(pod), _top(seen)), []).append(seen)
        planned = [_workload(seen) for seen in groups.values()]
        return sorted([*planned, *unread], key=lambda one: (one.namespace, one.word))

    def _meant(self, pod: Mapping[str, Any]) -> list[Held]:
        """Return a Pod's entries of ours, where it runs and they are of the Secret that is meant."""
        if read.string(pod["metadata"], "deletionTimestamp"):
            return []
        if read.string(read.mapping(pod, "status"), "phase") in _ENDED:
            return []
        return [
            held
            for held in held_by(pod)
            if not self._secret or (held.recorded.secret == self._secret and not held.recorded.config_map)
        ]


def _unread(pod: Mapping[str, Any], why: str) -> Workload:
    name = read.string(pod["metadata"], "name")
    why = f"its owner cannot be read: {redact(why)}"
    return Workload(_namespace(pod), f"pod/{name}", None, name, Step.UNKNOWN, why)


def _namespace(pod: Mapping[str, Any]) -> str:
    return read.string(pod["metadata"], "namespace")


def _top(seen: _Seen) -> str:
    """Return what kubectl takes for the workload that a Pod is restarted by, or is told under."""
    target = _target(seen)
    return target.word if target else f"pod/{seen.name}"


def _target(seen: _Seen) -> Owner | None:
    """Return the owner whose annotation reaches a Pod: the topmost, unless it has none for this Pod."""
    if not seen.owners:
        return None
    top = seen.owners[-1]
    if top.resource in KSERVE and _part(top.resource, seen) is None:
        return next((one for one in reversed(seen.owners[:-1]) if one.resource in RESTARTABLE), top)
    return top


def _workload(group: Sequence[_Seen]) -> Workload:
    """Decide about a workload's Pods."""
    first = group[0]
    target = _target(first)
    old = [seen for seen in group if seen.age.old]
    unknown = [seen for seen in group if seen.age.unknown]
    if not old:
        absent = [seen for seen in group if seen.age.absent]
        step = Step.UNKNOWN if unknown else Step.NO_SECRET if absent else Step.KEEP
        return _described(group, target, step, (unknown or absent or group)[0].age.why)
    why = old[0].age.why
    if target is None:
        return _described(old, None, Step.BY_HAND, f"{why}; nothing would make the Pod anew")
    if target.found is None or target.resource not in RESTARTABLE:
        return _described(old, target, Step.BY_HAND, f"{why}; {_left(target)}")
    hindrance = obstacle(target.resource, target.found)
    if hindrance:
        return _described(old, target, Step.BY_HAND, f"{why}; {hindrance}")
    parts = {part for seen in old if (part := _part(target.resource, seen)) is not None}
    since = max(seen.age.since for seen in old if seen.age.since is not None)
    due = {part for part in parts if not stamped_since(target.resource, target.found, part, since)}
    current = [
        seen for seen in old if _part(target.resource, seen) in due and not left_behind(seen.pod, seen.owners)
    ]
    if not current:
        return _described(old, target, Step.WAIT, f"{why}, and a rollout replaces it already", since=since)
    # Pods of a rollout that is under way go with it, so that all old ones are waited for.
    going = sorted({str(_part(target.resource, seen)) for seen in current})
    return _described(old, target, Step.RESTART, why, parts=going, since=since)


def _described(  # noqa: PLR0913 - the attributes of what it makes
    group: Iterable[_Seen],
    target: Owner | None,
    step: Step,
    why: str,
    *,
    parts: list[str] | None = None,
    since: datetime | None = None,
) -> Workload:
    seen = list(group)
    name = target.name if target else seen[0].name
    return Workload(
        _namespace(seen[0].pod),
        target.word if target else f"pod/{name}",
        target.resource if target else None,
        name,
        step,
        why,
        parts or [],
        {one.name: read.string(one.pod["metadata"], "uid") for one in seen},
        {held.recorded.secret for one in seen for held in one.held},
        since,
        {(owner.resource, owner.name) for one in seen if (owner := _rollout(one)) and owner.resource},
    )


def _part(resource: Resource, seen: _Seen) -> str | None:
    return part_of((resource.group, resource.kind), read.mapping(seen.pod["metadata"], "labels"))


def _left(owner: Owner) -> str:
    """Return why an owner is not restarted."""
    if owner.found is None and owner.resource is not None:
        return f"its owner {owner.word} is gone"
    if owner.resource in {JOB, CRON_JOB}:
        return "a Job is not restarted: it ends, and its next Pod has the new one"
    if owner.resource is None:
        return f"{owner.kind} ({owner.group or 'v1'}) is a kind that this command does not restart"
    return f"nothing that this command restarts owns {owner.word}"


def _rollout(seen: _Seen) -> Owner | None:
    """Return the owner whose status tells of a rollout: the topmost below KServe's own."""
    return next(
        (one for one in reversed(seen.owners) if one.resource in RESTARTABLE and one.resource not in KSERVE),
        None,
    )
