"""A PodSpec, wherever it stands: each container judged, and given what it needs.

Only additions.
"""

from collections.abc import Mapping
from typing import Any

from webhook.core import asked, names, patch, read, record
from webhook.core.case import Case
from webhook.core.decision import Action, Choice, Verdict
from webhook.core.evidence import Budget
from webhook.core.hub import HUGGING_FACE, redact
from webhook.core.judge import Judgement, judge, passed_over
from webhook.core.kinds import Place
from webhook.core.methods import PodVolumes, file_obstacle, file_operations
from webhook.core.names import Method
from webhook.core.reading import Reading, entries_of, read_container
from webhook.core.reasons import Reason, Source
from webhook.core.record import Recorded
from webhook.core.secrets import Neighbour, neighbour

_HUB = HUGGING_FACE
_ADD, _NONE = Action.ADD, Action.NONE
_ENV, _FILE = Method.ENV, Method.FILE
_MAY_HAVE = Reason.MAY_HAVE_TOKEN
"""Looked up once: a member of an enum costs 0.2 µs (CPython 3.11), and every Pod comes this way."""


class _Container:
    """One container of the Pod."""

    __slots__ = ("changed", "name", "ours", "pointer", "raw", "reading")

    def __init__(self, raw: dict[str, Any], pointer: str) -> None:
        name = raw.get("name")
        self.raw = raw
        self.pointer = pointer
        self.name: str = name if type(name) is str and "_" not in name else redact(read.string(raw, "name"))
        self.ours: Recorded | None = None
        self.changed: dict[str, Any] | None = None
        """Its variables, where they are not those of its `env`."""
        self.reading: Reading | None = None

    def without(self, variable: str) -> None:
        """Leave a variable out of what is read."""
        self.changed = {name: entry for name, entry in self.entries.items() if name != variable}

    def recognise(self, held: record.Record) -> None:
        """Tell our entry from other people's, and leave it out of what is read."""
        entries = entries_of(self.raw)
        self.ours = record.ours_in_pod(self.name, entries, held) if entries else None
        if self.ours is not None:
            self.without(_HUB.path_variable if self.ours.method is Method.FILE else _HUB.token_variable)

    @property
    def entries(self) -> Mapping[str, Any]:
        """Its variables by name, ours left out."""
        return (entries_of(self.raw) or {}) if self.changed is None else self.changed


class PodCase:
    """The decision about one PodSpec."""

    def __init__(self, case: Case, place: Place) -> None:
        self.case = case
        self.place = place
        self.asked = asked.of_workload(place.labels, place.annotations)
        self.around = case.around(place, self.asked)
        self.volumes: PodVolumes | None = None
        self.containers, self.unread = _containers(place, case.budget)
        if names.INJECTED in place.annotations:
            held = record.for_pod(record.parse(place.annotations), place.labels)
            for container in self.containers:
                container.recognise(held)
        self.recorded: dict[str, dict[str, str]] = {}
        self._near: Neighbour | None = None
        self._near_known = False

    def decide(self) -> dict[str, dict[str, str]]:
        """Decide about every container; return the record of what is ours in this Pod.

        Raises:
            RefusedError: What the workload asks for is malformed, or its Secret is missing and must not be.
        """
        for container in self.containers:
            self.case.verdicts.append(self._decide(container))
        if self.unread:
            self.case.too_many(self.unread)
        return self.recorded

    def _decide(self, container: _Container) -> Verdict:
        name = container.name
        judgement = passed_over(name, self.around) or judge(
            name, container.raw, container.reading or self._read(container), self.around
        )
        reason, subject, repositories, _ = judgement
        if container.ours is not None:
            return self._keep(container, container.ours, judgement)
        if reason.needs:
            return self._grant(container, judgement)
        if reason is _MAY_HAVE:
            self.case.warn_of_env_from(name, subject)
        return Verdict(name, container.pointer, _NONE, reason, subject, None, None, repositories)

    def _read(self, container: _Container) -> Reading:
        around = self.around
        reading = read_container(container.raw, container.changed, around.endpoints, around.budget)
        if (
            reading.references
            and container.name == names.KSERVE_CONTAINER
            and names.SOURCE_URI in self.place.annotations
        ):
            # The container does not download what STORAGE_URI names: KServe's webhook, which may run after
            # us, adds a storage-initializer and sets it to a folder (`storage_initializer_injector.go`).
            container.without(names.STORAGE_URI)
            reading = read_container(container.raw, container.changed, around.endpoints, around.budget)
        container.reading = reading
        return reading

    def _keep(self, container: _Container, ours: Recorded, judgement: Judgement) -> Verdict:
        """An entry that we wrote stays as it is: by an earlier call, or on the InferenceService."""
        reason, subject = judgement.reason, judgement.subject
        if not reason.needs:
            reason, subject = Reason.INHERITED, ""
        choice = Choice(ours.secret, ours.key, Source.RECORD, config_map=ours.config_map)
        self._record(container, choice, reason, ours.method)
        return Verdict(
            container.name,
            container.pointer,
            Action.KEEP,
            reason,
            subject,
            choice,
            ours.method,
            judgement.repositories,
        )

    def _grant(self, container: _Container, judgement: Judgement) -> Verdict:
        """Give a container its token."""
        case = self.case
        near = self._neighbour() if self.asked.secret is None else None
        choice = case.choose(judgement.repositories, self.asked, near)
        action, reason, subject, note = _ADD, judgement.reason, judgement.subject, ""
        method: Method | None = None
        if choice is None:
            action, reason, subject = (
                Action.NONE,
                Reason.NO_TOKEN_BY_RULE,
                ", ".join(judgement.repositories[:1]),
            )
        elif case.missing(choice):
            action, reason, subject = _NONE, Reason.SECRET_MISSING, choice.secret
        else:
            method = case.method(self.asked)
            if method is _FILE:
                note = self._file(container, judgement, choice, near)
                if note:
                    method = _ENV
                    case.warnings.append(f"container {container.name} gets method env: {note}")
            if method is _ENV:
                entry = case.env_entry(_HUB.token_variable, choice, near)
                case.operations.append(patch.append(container.raw, container.pointer, "env", entry))
            self._record(container, choice, reason, method)
        return Verdict(
            container.name,
            container.pointer,
            action,
            reason,
            subject,
            choice,
            method,
            judgement.repositories,
            note,
        )

    def _file(
        self, container: _Container, judgement: Judgement, choice: Choice, near: Neighbour | None
    ) -> str:
        """Add volume, mount and variable; return why not, where that does not work."""
        if near is not None and near.kind != "secretKeyRef":
            return "the token that is copied is in no Secret"
        self.volumes = volumes = self.volumes or PodVolumes(self.place.pointer, self.place.spec)
        if obstacle := file_obstacle(container.raw, judgement.server, volumes, choice):
            return obstacle
        self.case.operations += volumes.add(choice, optional=self.case.optional)
        self.case.operations += file_operations(container.pointer, container.raw, choice)
        return ""

    def _record(self, container: _Container, choice: Choice, reason: Reason, method: Method) -> None:
        self.recorded[container.name] = record.entry(choice, reason, method)

    def _neighbour(self) -> Neighbour | None:
        if not self._near_known:
            self._near_known = True
            holding = [
                (container.name, container.entries)
                for container in self.containers
                if (container.reading or self._read(container)).has_token
            ]
            self._near = neighbour(holding, self.case.warnings) if holding else None
        return self._near


def _containers(place: Place, budget: Budget) -> tuple[list[_Container], str]:
    """Return the containers in the order in which they start, and where those over the cap begin."""
    found: list[_Container] = []
    for field in ("initContainers", "containers"):
        raws = place.spec.get(field)
        if type(raws) is list:
            for index, raw in enumerate(raws):
                if type(raw) is dict:
                    if budget.containers == 0:
                        return found, f"{place.pointer}/{field}/{index}"
                    budget.containers -= 1
                    found.append(_Container(raw, f"{place.pointer}/{field}/{index}"))
    return found, ""
