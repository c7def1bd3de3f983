"""A PodSpec, wherever it stands: each container judged, and given what it needs.

Only additions.
"""

from collections.abc import Iterator
from typing import Any

from webhook.core import asked, names, patch, read, record
from webhook.core.case import Case
from webhook.core.decision import Action, Choice, PatchOperation
from webhook.core.hub import HUGGING_FACE
from webhook.core.judge import Judgement, Surroundings, entries_of, judge
from webhook.core.kinds import Place
from webhook.core.methods import PodVolumes, file_obstacle, file_operations
from webhook.core.names import Method
from webhook.core.reasons import Reason, Source
from webhook.core.record import Recorded
from webhook.core.secrets import Neighbour, choose, neighbour

_HUB = HUGGING_FACE


class _Container:
    """One container of the Pod, read once."""

    __slots__ = ("entries", "name", "ours", "pointer", "raw")

    def __init__(self, raw: dict[str, Any], pointer: str, held: record.Record) -> None:
        self.raw = raw
        self.pointer = pointer
        self.name = read.string(raw, "name")
        self.entries = entries_of(raw)
        self.ours: Recorded | None = None
        if held and self.entries:
            self.ours = record.ours_in_pod(self.name, self.entries, held)
            if self.ours is not None:
                variable = _HUB.path_variable if self.ours.method is Method.FILE else _HUB.token_variable
                self.entries = {name: entry for name, entry in self.entries.items() if name != variable}


class PodCase:
    """The decision about one PodSpec."""

    def __init__(self, case: Case, place: Place) -> None:
        self.case = case
        self.place = place
        self.asked = asked.of_workload(place.labels, place.annotations)
        self.around = Surroundings(
            self.asked,
            read.items(place.spec, "volumes"),
            names.LOCAL_MODEL_LABEL in place.labels,
            case.settings.endpoints,
            case.budget,
        )
        self.volumes = PodVolumes(place.pointer, place.spec)
        held = record.parse(place.annotations) if names.INJECTED in place.annotations else {}
        self.containers = [_Container(raw, pointer, held) for pointer, raw in _containers(place)]
        self.recorded: dict[str, dict[str, str]] = {}
        self._near: Neighbour | None = None
        self._near_known = False

    def decide(self) -> dict[str, dict[str, str]]:
        """Decide about every container; return the record of what is ours in this Pod.

        Raises:
            RefusedError: What the workload asks for is malformed, or its Secret is missing and must not be.
        """
        for container in self.containers:
            if container.entries is None:
                self.case.verdict(container.name, container.pointer, Action.NONE, Reason.MALFORMED, "its env")
                continue
            judgement = judge(container.name, container.raw, container.entries, self.around)
            if container.ours is not None:
                self._keep(container, container.ours, judgement)
            elif judgement.reason.needs:
                self._grant(container, judgement)
            else:
                self.case.verdict(
                    container.name,
                    container.pointer,
                    Action.NONE,
                    judgement.reason,
                    judgement.subject,
                    repositories=judgement.repositories,
                )
        return self.recorded

    def _keep(self, container: _Container, ours: Recorded, judgement: Judgement) -> None:
        """An entry that we wrote stays as it is: by an earlier call, or on the InferenceService."""
        reason, subject = judgement.reason, judgement.subject
        if not reason.needs:
            reason, subject = Reason.INHERITED, ""
        choice = Choice(ours.secret, ours.key, Source.RECORD, config_map=ours.config_map)
        self._record(container, choice, reason, ours.method)
        self.case.verdict(
            container.name,
            container.pointer,
            Action.KEEP,
            reason,
            subject,
            choice,
            ours.method,
            judgement.repositories,
        )

    def _grant(self, container: _Container, judgement: Judgement) -> None:
        """Give a container its token."""
        case = self.case
        near = self._neighbour() if self.asked.secret is None else None
        choice = choose(
            judgement.repositories,
            asked=self.asked,
            near=near,
            namespace=case.request.namespace,
            namespace_asked=case.namespace_asked,
            settings=case.settings,
            warnings=case.warnings,
        )
        action, reason, subject, note = Action.ADD, judgement.reason, judgement.subject, ""
        method: Method | None = None
        if choice is None:
            action, reason, subject = (
                Action.NONE,
                Reason.NO_TOKEN_BY_RULE,
                ", ".join(judgement.repositories[:1]),
            )
        elif case.missing(choice):
            action, reason, subject = Action.NONE, Reason.SECRET_MISSING, choice.secret
        else:
            method = case.method(self.asked)
            if method is Method.FILE:
                note = self._file(container, judgement, choice, near)
                if note:
                    method = Method.ENV
                    case.warnings.append(f"container {container.name} gets method env: {note}")
            if method is Method.ENV:
                case.operations.append(self._env(container, choice, near))
            self._record(container, choice, reason, method)
        case.verdict(
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

    def _env(self, container: _Container, choice: Choice, near: Neighbour | None) -> PatchOperation:
        entry = self.case.env_entry(_HUB.token_variable, choice)
        if near is not None:
            entry["valueFrom"] = near.value_from
        return patch.append(container.raw, container.pointer, "env", entry)

    def _file(
        self, container: _Container, judgement: Judgement, choice: Choice, near: Neighbour | None
    ) -> str:
        """Add volume, mount and variable; return why not, where that does not work."""
        if near is not None and near.kind != "secretKeyRef":
            return "the token that is copied is in no Secret"
        if obstacle := file_obstacle(container.raw, judgement.server, self.volumes, choice):
            return obstacle
        self.case.operations += self.volumes.add(choice, optional=self.case.optional)
        self.case.operations += file_operations(container.pointer, container.raw, choice)
        return ""

    def _record(self, container: _Container, choice: Choice, reason: Reason, method: Method) -> None:
        self.recorded[container.name] = record.entry(choice, reason, method)

    def _neighbour(self) -> Neighbour | None:
        if not self._near_known:
            self._near_known = True
            self._near = neighbour(
                ((c.name, c.entries) for c in self.containers if c.entries), self.case.warnings
            )
        return self._near


def _containers(place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield pointer and object of every container, init containers first, as kubelet runs them."""
    for field in ("initContainers", "containers"):
        for index, raw in read.objects(place.spec, field):
            yield f"{place.pointer}/{field}/{index}", raw
