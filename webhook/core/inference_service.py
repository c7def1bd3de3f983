"""An InferenceService: the entry in the container that serves a component, and the life of that entry.

KServe downloads `hf://` in a `storage-initializer` that no field of the object reaches, so the Pod is where
tokens arrive; the entry here is what `kubectl get isvc -o yaml` shows. It is a function of the object, its
`oldObject`, the Namespace's annotations and the settings, never of a watched Secret, or a re-apply would flip
it and roll out.

The entry is added, kept, replaced when another Secret is chosen, and taken back when it is not wanted any
more or when the user wrote one: server-side apply merges the user's `value` beside our `valueFrom`, because
nobody owns our entry, and KServe then fails or ignores the user.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from webhook.core import asked, names, patch, read, record
from webhook.core.case import Case
from webhook.core.components import Serving, label_of, servings
from webhook.core.decision import Action, Choice, PatchOperation, Verdict
from webhook.core.history import History, token_entry
from webhook.core.hub import HUGGING_FACE
from webhook.core.judge import Judgement, judge, passed_over
from webhook.core.kinds import Place
from webhook.core.names import Method
from webhook.core.reading import entries_of, read_variables
from webhook.core.reasons import Reason
from webhook.core.record import Recorded
from webhook.core.secrets import Neighbour, neighbour
from webhook.core.settings import MutatePolicy

_NAME = HUGGING_FACE.token_variable
_STABLE = "predictor"
"""The label of the container that serves the stable predictor, which a canary is laid over."""


def decide(case: Case, found: Sequence[Place]) -> dict[str, dict[str, str]]:
    """Decide about every component; return the record of what is ours.

    Raises:
        RefusedError: What the workload asks for is malformed, or its Secret is missing and must not be.
    """
    history = History(case)
    given: dict[str, _Given] = {}
    for place in found:
        _Component(case, place, history, given).decide()
    return {label: entry.noted for label, entry in given.items()}


class _Given(NamedTuple):
    """An entry of ours after the decision."""

    value_from: Mapping[str, Any]
    noted: dict[str, str]


class _Component:
    """The decision about one component."""

    def __init__(self, case: Case, place: Place, history: History, given: dict[str, _Given]) -> None:
        self.case = case
        self.history = history
        self.given = given
        self.asked = asked.of_workload(place.labels, place.annotations)
        self.around = case.around(place, self.asked)
        self.canary = label_of(place).startswith("canary/")
        stable = read.at(case.request.object, ("spec", "predictor"))
        self.servings = list(islice(servings(place, stable), case.budget.containers + 1))
        if len(self.servings) > case.budget.containers:
            case.too_many(self.servings.pop().pointer)
        case.budget.containers -= len(self.servings)
        self._neighbours: list[Neighbour | None] = []
        self._warn_of_renamed()

    def decide(self) -> None:
        """Judge every container; change its entry, or say why not; note what is ours."""
        for serving in self.servings:
            entries = self._entries(serving)
            if entries is None or _listed_twice(serving.raw):
                verdict = Verdict(serving.label, serving.pointer, Action.NONE, Reason.MALFORMED, "its env")
            else:
                verdict = self._decide(serving, entries)
            self.case.verdicts.append(verdict)

    def _warn_of_renamed(self) -> None:
        """Tell of an annotation that names a container as the Pod will not know it."""
        named = self.asked.containers | self.asked.excluded
        for serving in self.servings:
            name = serving.raw.get("name")
            if type(name) is str and name in named and name != serving.name:
                self.case.warnings.append(f"KServe calls container {name} {serving.name}: name it so")

    def _decide(self, serving: Serving, entries: Mapping[str, Any]) -> Verdict:
        if not entries:
            entries = self._inherited(serving)
        judgement = self._judge(serving, entries)
        choice: Choice | None = None
        wanted: dict[str, Any] | None = None
        if judgement.reason.needs:
            near = self._neighbour() if self.asked.secret is None else None
            choice = self.case.choose(judgement.repositories, self.asked, near)
            if choice is None:
                judgement = self._instead(judgement, Reason.NO_TOKEN_BY_RULE, *judgement.repositories[:1])
            else:
                # It warns or refuses; what is written here does not depend on it.
                self.case.missing(choice)
                wanted = self.case.env_entry(_NAME, choice, near)
                if (reason := self._left_alone(serving, entries, wanted)) is not None:
                    choice = wanted = None
                    judgement = self._instead(
                        judgement, reason, *[serving.name] * (reason is Reason.MUTATE_AUTO)
                    )
        elif judgement.reason is Reason.MAY_HAVE_TOKEN:
            self.case.warn_of_env_from(serving.name, judgement.subject)
        action = self._apply(serving, wanted)
        if choice is not None and wanted is not None:
            noted = record.entry(choice, judgement.reason, Method.ENV)
            self.given[serving.label] = _Given(wanted["valueFrom"], noted)
        return Verdict(
            serving.label,
            serving.pointer,
            action,
            judgement.reason,
            judgement.subject,
            choice,
            Method.ENV if choice else None,
            judgement.repositories,
        )

    def _judge(self, serving: Serving, entries: Mapping[str, Any]) -> Judgement:
        downloads = () if names.STORAGE_INITIALIZER in self.asked.excluded else serving.downloads
        passed = passed_over(serving.name, self.around)
        if passed is not None:
            return passed
        reading = read_variables(
            serving.body, entries, self.around.endpoints, self.around.budget, serving.hinted
        )
        return judge(serving.name, serving.body, reading, self.around, downloads)

    @staticmethod
    def _instead(judgement: Judgement, reason: Reason, subject: str = "") -> Judgement:
        return Judgement(reason, subject, judgement.repositories)

    def _left_alone(
        self, serving: Serving, entries: Mapping[str, Any], wanted: Mapping[str, Any]
    ) -> Reason | None:
        """Return why the object is left alone although its Pods need a token."""
        mutate = self.case.settings.mutate_inference_services
        if mutate is MutatePolicy.NEVER:
            return Reason.MUTATE_NEVER
        if self.case.method(self.asked) is Method.FILE:
            return Reason.POD_ONLY_METHOD
        if self.canary and not self._entries(serving):
            # KServe replaces the stable predictor's whole list by a canary's that is not empty.
            if entries:
                return Reason.CANARY_REPLACES_ENV
            if _STABLE in self.given and self.given[_STABLE].value_from == wanted["valueFrom"]:
                return Reason.CANARY_INHERITS
        if mutate is MutatePolicy.AUTO and self._has_list(serving):
            return Reason.MUTATE_AUTO
        return None

    def _has_list(self, serving: Serving) -> bool:
        """Whether the container has an `env` list without us."""
        env = serving.raw.get("env")
        return env is not None and not (len(env) == 1 and self._ours(serving))

    def _ours(self, serving: Serving) -> Recorded | None:
        """Return what we noted of the container's entry, where it is ours."""
        return self.history.ours(serving.label, serving.raw, self.servings)

    def _entries(self, serving: Serving) -> dict[str, Any] | None:
        """Return the variables that are not ours; None where `env` is no list."""
        return self._without_ours(serving.label, serving.raw)

    def _without_ours(self, label: str, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        entries = entries_of(raw)
        if entries and self.history.ours(label, raw, self.servings):
            return {name: entry for name, entry in entries.items() if name != _NAME}
        return entries

    def _inherited(self, serving: Serving) -> dict[str, Any]:
        """Return the variables that a canary without any has from the stable predictor, ours left out."""
        return self._without_ours(_STABLE, serving.stable) or {}

    def _neighbour(self) -> Neighbour | None:
        if not self._neighbours:
            holding = [(serving.name, self._entries(serving) or {}) for serving in self.servings]
            self._neighbours.append(neighbour(holding, self.case.warnings))
        return self._neighbours[0]

    def _apply(self, serving: Serving, wanted: Mapping[str, Any] | None) -> Action:
        """Bring the container's entry to what is wanted; return what that took."""
        index, entry = token_entry(serving.raw)
        ours = self._ours(serving)
        if wanted is None:
            operation = self._remove(serving, index) if ours else self._untangle(serving, index, entry)
            action = Action.REMOVE if operation else Action.NONE
        elif ours is None:
            operation, action = self._add(serving, wanted), Action.ADD
        elif entry is not None and entry["valueFrom"] != wanted["valueFrom"]:
            path = f"{serving.pointer}/env/{index}/valueFrom"
            operation, action = patch.replace(path, wanted["valueFrom"]), Action.REPLACE
        else:
            operation, action = None, Action.KEEP
        if operation is not None:
            self.case.operations.append(operation)
        return action

    def _add(self, serving: Serving, wanted: Mapping[str, Any]) -> PatchOperation:
        """Add our entry where it stood before this UPDATE, else at the end."""
        index = self.history.index(serving.label)
        if index is not None and index < len(read.items(serving.raw, "env")):
            return patch.add(f"{serving.pointer}/env/{index}", wanted)
        return patch.append(serving.raw, serving.pointer, "env", wanted)

    @staticmethod
    def _remove(serving: Serving, index: int) -> PatchOperation:
        """Take our entry back, and the list with it where it holds nothing else."""
        alone = len(read.items(serving.raw, "env")) == 1
        return patch.remove(f"{serving.pointer}/env" if alone else f"{serving.pointer}/env/{index}")

    def _untangle(
        self, serving: Serving, index: int, entry: Mapping[str, Any] | None
    ) -> PatchOperation | None:
        """Take our reference out of an entry that the user has written into."""
        source = entry.get("valueFrom") if entry else None
        if entry is None or type(source) is not dict:
            return None
        for recorded in self.history.recorded(serving.label):
            if record.holds(source, recorded) and not record.is_entry(entry, recorded):
                path = f"{serving.pointer}/env/{index}/valueFrom"
                return patch.remove(path if len(source) == 1 else f"{path}/{record.kind_of(recorded)}")
        return None


def _listed_twice(raw: Mapping[str, Any]) -> bool:
    """Whether the token's variable is listed twice, which the API server refuses (a map by name)."""
    return [entry.get("name") for _, entry in read.objects(raw, "env")].count(_NAME) > 1
