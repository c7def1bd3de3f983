"""A PodSpec, wherever it stands: each container judged, and given what it needs.

Only additions.
"""

from typing import Any

from webhook.core import asked, names, patch, read, record
from webhook.core.case import Case
from webhook.core.decision import Action, Choice, Verdict
from webhook.core.hub import HUGGING_FACE, redact
from webhook.core.judge import Judgement, Surroundings, entries_of, glance, judge, names_of
from webhook.core.kinds import Place
from webhook.core.methods import PodVolumes, file_obstacle, file_operations
from webhook.core.names import Method
from webhook.core.reasons import Reason, Source
from webhook.core.record import Recorded
from webhook.core.secrets import Neighbour, neighbour

_HUB = HUGGING_FACE
_TOKENS = frozenset(_HUB.token_variables)
_ADD, _NONE = Action.ADD, Action.NONE
_ENV, _FILE = Method.ENV, Method.FILE
_MAY_HAVE = Reason.MAY_HAVE_TOKEN
"""Looked up once: a member of an enum costs 0.2 µs (CPython 3.11), and every Pod comes this way."""


class _Container:
    """One container of the Pod, read once."""

    __slots__ = ("_entries", "name", "ours", "pointer", "raw", "variables")

    def __init__(self, raw: dict[str, Any], pointer: str) -> None:
        name = raw.get("name")
        self.raw = raw
        self.pointer = pointer
        self.name = redact(name) if type(name) is str else ""
        self.variables = names_of(raw)
        """Names of its variables; None where its `env` has not the shape of one."""
        self.ours: Recorded | None = None
        self._entries: dict[str, Any] | None = None

    @property
    def entries(self) -> dict[str, Any]:
        """Its variables by name, ours left out."""
        if self._entries is None:
            self._entries = entries_of(self.raw) or {}
        return self._entries

    def recognise(self, held: record.Record) -> None:
        """Tell our entry from other people's, and leave it out of the variables."""
        if not self.entries:
            return
        self.ours = record.ours_in_pod(self.name, self.entries, held)
        if self.ours is not None:
            variable = _HUB.path_variable if self.ours.method is Method.FILE else _HUB.token_variable
            self._entries = {name: entry for name, entry in self.entries.items() if name != variable}


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
        self.containers = _containers(place)
        if names.INJECTED in place.annotations:
            held = record.for_pod(record.parse(place.annotations), place.labels)
            for container in self.containers:
                container.recognise(held)
        if names.SOURCE_URI in place.annotations:
            # The container does not download what it names: KServe's webhook, which may run after us, adds a
            # storage-initializer and sets the variable to its folder (`storage_initializer_injector.go`).
            for container in self.containers:
                if container.name == names.KSERVE_CONTAINER:
                    container.entries.pop(names.STORAGE_URI, None)
        self.recorded: dict[str, dict[str, str]] = {}
        self._near: Neighbour | None = None
        self._near_known = False

    def decide(self) -> dict[str, dict[str, str]]:
        """Decide about every container; return the record of what is ours in this Pod.

        Raises:
            RefusedError: What the workload asks for is malformed, or its Secret is missing and must not be.
        """
        for container in self.containers:
            if container.variables is None:
                verdict = Verdict(container.name, container.pointer, _NONE, Reason.MALFORMED, "its env")
            else:
                judgement = glance(container.name, container.raw, container.variables, self.around) or judge(
                    container.name, container.raw, container.entries, self.around
                )
                reason, subject, repositories, _ = judgement
                if container.ours is not None:
                    verdict = self._keep(container, container.ours, judgement)
                elif reason.needs:
                    verdict = self._grant(container, judgement)
                else:
                    if reason is _MAY_HAVE:
                        self.case.warn_of_env_from(container.name, subject)
                    verdict = Verdict(
                        container.name, container.pointer, _NONE, reason, subject, None, None, repositories
                    )
            self.case.verdicts.append(verdict)
        return self.recorded

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
            holding = [
                (container.name, container.entries)
                for container in self.containers
                if container.variables and not _TOKENS.isdisjoint(container.variables)
            ]
            self._near = neighbour(holding, self.case.warnings) if holding else None
        return self._near


def _containers(place: Place) -> list[_Container]:
    """Return every container, init containers first, as kubelet runs them."""
    found: list[_Container] = []
    for field in ("initContainers", "containers"):
        raws = place.spec.get(field)
        if type(raws) is list:
            for index, raw in enumerate(raws):
                if type(raw) is dict:
                    found.append(_Container(raw, f"{place.pointer}/{field}/{index}"))
    return found
