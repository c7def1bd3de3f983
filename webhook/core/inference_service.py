"""An InferenceService: the entry in the container that serves a component, and the life of that entry.

KServe downloads `hf://` in a `storage-initializer` that no field of the object reaches, so the Pod is where
tokens arrive; the entry here is what `kubectl get isvc -o yaml` shows. It is a function of the object, its
`oldObject`, the Namespace's annotations and the settings, never of a watched Secret, or a re-apply would flip
it and roll out.

The entry is added, kept, replaced when another Secret is chosen, and taken back when it is not wanted any
more or when the user wrote one: server-side apply merges the user's `value` beside our `valueFrom`, because
nobody owns our entry, and KServe then fails or ignores the user.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import asked, names, patch, read, record
from webhook.core.asked import Asked
from webhook.core.case import Case
from webhook.core.decision import Action, Choice
from webhook.core.hub import HUGGING_FACE, from_uri
from webhook.core.judge import Judgement, Surroundings, entries_of, judge, passed_over
from webhook.core.kinds import Place
from webhook.core.names import Method
from webhook.core.reasons import Reason
from webhook.core.record import Recorded
from webhook.core.references import Reference
from webhook.core.secrets import Neighbour, choose, neighbour
from webhook.core.servers import Server, by_format
from webhook.core.settings import MutatePolicy

_HUB = HUGGING_FACE
_NAME = _HUB.token_variable

FRAMEWORKS = (
    "sklearn",
    "xgboost",
    "tensorflow",
    "pytorch",
    "triton",
    "onnx",
    "huggingface",
    "pmml",
    "lightgbm",
    "paddle",
)
"""Fields of a predictor from before `model` (KServe, `predictor.go`); its defaulter moves them there."""


class _Serving(NamedTuple):
    """A container of a component, or what becomes one."""

    label: str
    """Its key in our record: `predictor`, `predictor/name`, `canary/0`."""

    name: str
    """The container's name in the Pod."""

    pointer: str
    raw: dict[str, Any]
    downloads: list[Reference]
    hinted: Server | None = None


def decide(case: Case, places: Sequence[Place]) -> dict[str, dict[str, str]]:
    """Decide about every component; return the record of what is ours.

    Raises:
        RefusedError: What the workload asks for is malformed, or its Secret is missing and must not be.
    """
    held = _held(case)
    recorded: dict[str, dict[str, str]] = {}
    stable_downloads: list[Reference] = []
    for place in places:
        wanted = asked.of_workload(place.labels, place.annotations)
        label = _label(place)
        downloads = [] if names.STORAGE_INITIALIZER in wanted.excluded else _storage(place.spec)
        if label == "predictor":
            stable_downloads = downloads
        elif label.startswith("canary") and not downloads:
            downloads = stable_downloads
        component = _Component(case, place, label, wanted, held)
        component.decide(list(_servings(place, label, downloads)), recorded)
    return recorded


def _held(case: Case) -> record.Record:
    """Return what we wrote earlier: the object's own record, and the one it had before this UPDATE."""
    own = record.parse(read.mapping(read.mapping(case.request.object, "metadata"), "annotations"))
    if case.request.old_object is None:
        return own
    old = record.parse(read.mapping(read.mapping(case.request.old_object, "metadata"), "annotations"))
    return {**old, **own}


def _label(place: Place) -> str:
    """Return the component's name in our record."""
    keys = place.pointer.split("/")[2:]
    if keys[0] == "canary":
        return f"canary/{keys[1]}"
    return "/".join(keys).removesuffix("/workerSpec") + ("/worker" if keys[-1] == "workerSpec" else "")


def _storage(component: Mapping[str, Any]) -> list[Reference]:
    """Return what KServe's `storage-initializer` downloads for a component."""
    uris = [
        read.string(read.mapping(component, field), "storageUri") for field in ("model", *FRAMEWORKS, "art")
    ]
    uris += [read.string(uri, "uri") for _, uri in read.objects(component, "storageUris")]
    for field in ("model", *FRAMEWORKS, "art"):
        storage = read.mapping(read.mapping(component, field), "storage")
        if read.mapping(storage, "parameters").get("type") == "hf":
            uris.append(_HUB.scheme + read.string(storage, "path"))
    found = [name for uri in uris if (name := from_uri(uri))]
    return [Reference(Reason.HUB_URI, name, name) for name in dict.fromkeys(found)]


def _servings(place: Place, label: str, downloads: list[Reference]) -> Iterator[_Serving]:
    """Yield the containers of a component; its downloads go to the one that serves them."""
    left = downloads
    fields = () if label.endswith("/worker") else ("model", *FRAMEWORKS, "art")
    for field in fields:
        raw = place.spec.get(field)
        if type(raw) is dict:
            yield _Serving(
                label, names.KSERVE_CONTAINER, f"{place.pointer}/{field}", raw, left, _hinted(field, raw)
            )
            left = []
    containers = read.objects(place.spec, "containers")
    serving = next((i for i, raw in containers if read.string(raw, "name") == names.KSERVE_CONTAINER), 0)
    for list_name in ("initContainers", "containers"):
        for index, raw in read.objects(place.spec, list_name):
            name = read.string(raw, "name")
            pointer = f"{place.pointer}/{list_name}/{index}"
            serves = list_name == "containers" and index == serving
            if (
                list_name == "containers"
                and (len(containers) == 1 or (not name and index == 0))
                and not _has_model(place)
            ):
                # KServe's defaulter gives a sole or unnamed custom container this name.
                name = names.KSERVE_CONTAINER if not label.endswith("/worker") else name
            yield _Serving(
                f"{label}/{read.string(raw, 'name') or index}", name, pointer, raw, left if serves else []
            )


def _has_model(place: Place) -> bool:
    """Whether the component has a model field, so that its containers stand beside the serving one."""
    return any(type(place.spec.get(field)) is dict for field in ("model", *FRAMEWORKS, "art"))


def _hinted(field: str, raw: Mapping[str, Any]) -> Server | None:
    """Return the server that KServe will choose for a model, where its format or runtime tells."""
    if field not in {"model", "art"}:
        return by_format(field)
    runtime = read.string(raw, "runtime")
    return (by_format(runtime) if runtime else None) or by_format(
        read.string(read.mapping(raw, "modelFormat"), "name")
    )


class _Component:
    """The decision about one component of an InferenceService."""

    def __init__(self, case: Case, place: Place, label: str, wanted: Asked, held: record.Record) -> None:
        self.case = case
        self.place = place
        self.label = label
        self.asked = wanted
        self.held = held
        self.around = Surroundings(
            wanted,
            read.items(place.spec, "volumes"),
            names.LOCAL_MODEL_LABEL in place.labels,
            case.settings.endpoints,
            case.budget,
        )

    def decide(self, servings: Sequence[_Serving], recorded: dict[str, dict[str, str]]) -> None:
        """Judge every container; change its entry, or say why not; note what is ours."""
        read_entries = [(serving, entries_of(serving.raw)) for serving in servings]
        others = [
            (serving.name, self._without_ours(serving, entries))
            for serving, entries in read_entries
            if entries
        ]
        near_known: list[Neighbour | None] = []
        for serving, entries in read_entries:
            if entries is None:
                self.case.verdict(serving.label, serving.pointer, Action.NONE, Reason.MALFORMED, "its env")
                continue
            others_entries = self._without_ours(serving, entries)
            judgement = passed_over(serving.name, self.around) or judge(
                serving.name,
                serving.raw,
                others_entries,
                self.around,
                serving.downloads,
                serving.hinted,
            )
            choice: Choice | None = None
            near: Neighbour | None = None
            if judgement.reason.needs:
                judgement = self._policy(serving, others_entries, judgement)
            if judgement.reason.needs:
                if self.asked.secret is None:
                    if not near_known:
                        near_known.append(neighbour(others, self.case.warnings))
                    near = near_known[0]
                choice = choose(
                    judgement.repositories,
                    asked=self.asked,
                    near=near,
                    namespace=self.case.request.namespace,
                    namespace_asked=self.case.namespace_asked,
                    settings=self.case.settings,
                    warnings=self.case.warnings,
                )
                if choice is None:
                    judgement = Judgement(
                        Reason.NO_TOKEN_BY_RULE, ", ".join(judgement.repositories[:1]), judgement.repositories
                    )
                else:
                    self.case.missing(choice)
            action = self._apply(serving, choice, near)
            self.case.verdict(
                serving.label,
                serving.pointer,
                action,
                judgement.reason,
                judgement.subject,
                choice,
                Method.ENV if choice else None,
                judgement.repositories,
            )
            if choice is not None:
                recorded[serving.label] = record.entry(choice, judgement.reason, Method.ENV)

    def _policy(self, serving: _Serving, entries: Mapping[str, Any], judgement: Judgement) -> Judgement:
        """Return why the object is left alone although its Pods need a token, or the judgement as it was."""
        reason: Reason | None = None
        subject = ""
        mutate = self.case.settings.mutate_inference_services
        if mutate is MutatePolicy.NEVER:
            reason = Reason.MUTATE_NEVER
        elif self.case.method(self.asked) is Method.FILE:
            reason = Reason.POD_ONLY_METHOD
        elif mutate is MutatePolicy.AUTO and entries:
            reason, subject = Reason.MUTATE_AUTO, serving.name
        elif self.label.startswith("canary") and not entries:
            stable = self._stable_env(serving)
            if stable is not None:
                reason = Reason.CANARY_REPLACES_ENV if stable else Reason.CANARY_INHERITS
        return judgement if reason is None else Judgement(reason, subject, judgement.repositories)

    def _stable_env(self, serving: _Serving) -> bool | None:
        """Return whether the stable predictor has variables that an entry in this canary would replace.

        KServe replaces the whole list of a stable predictor by a canary's that is not empty
        (`predictor.go`, mergo with override), so an entry in a canary without `env` would lose the others.

        Returns:
            None where the stable predictor has no variables at all, so that nothing is lost; False where it has just
            the entry that we give it, which the canary inherits.
        """
        ours = any(label.partition("/")[0] == "predictor" for label in self.held) or any(
            verdict.container == "predictor" and verdict.action in {Action.ADD, Action.KEEP, Action.REPLACE}
            for verdict in self.case.verdicts
        )
        stable = read.at(self.case.request.object, ("spec", "predictor"))
        field = serving.pointer.rpartition("/")[2]
        fields = [field] if field in stable else ["model", *FRAMEWORKS]
        bodies = [read.mapping(stable, name) for name in fields]
        bodies += [raw for _, raw in read.objects(stable, "containers")]
        present = {name for body in bodies for name in (entries_of(body) or {})}
        if present - {_NAME}:
            return True
        return False if ours or present else None

    def _without_ours(self, serving: _Serving, entries: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables that are not ours; an entry that the user has written beside ours is the
        user's."""
        entry = entries.get(_NAME)
        recorded = self.held.get(serving.label)
        if recorded is None or type(entry) is not dict or not record.is_entry(entry, recorded):
            return dict(entries)
        return {name: value for name, value in entries.items() if name != _NAME}

    def _apply(self, serving: _Serving, choice: Choice | None, near: Neighbour | None) -> Action:
        """Bring the container's entry to what is wanted; return what that took."""
        index, entry = _find(serving.raw)
        recorded = self.held.get(serving.label)
        ours = entry is not None and recorded is not None and record.is_entry(entry, recorded)
        if choice is None:
            if ours:
                self._remove(serving, index)
                return Action.REMOVE
            if entry is not None and recorded is not None and self._merged(serving, index, entry, recorded):
                return Action.REMOVE
            return Action.NONE
        wanted = self.case.env_entry(_NAME, choice)
        if near is not None:
            wanted["valueFrom"] = near.value_from
        if not ours:
            self.case.operations.append(patch.append(serving.raw, serving.pointer, "env", wanted))
            return Action.ADD
        if entry is not None and entry.get("valueFrom") == wanted["valueFrom"]:
            return Action.KEEP
        self.case.operations.append(
            patch.replace(f"{serving.pointer}/env/{index}/valueFrom", wanted["valueFrom"])
        )
        return Action.REPLACE

    def _remove(self, serving: _Serving, index: int) -> None:
        """Take our entry back, and the list with it where it holds nothing else."""
        alone = len(read.items(serving.raw, "env")) == 1
        path = f"{serving.pointer}/env" if alone else f"{serving.pointer}/env/{index}"
        self.case.operations.append(patch.remove(path))

    def _merged(self, serving: _Serving, index: int, entry: Mapping[str, Any], recorded: Recorded) -> bool:
        """Take our reference out of an entry that the user has written into; return whether it was in
        there."""
        source = entry.get("valueFrom")
        if type(source) is not dict or not record.holds(source, recorded):
            return False
        path = f"{serving.pointer}/env/{index}/valueFrom"
        if len(source) > 1:
            path += "/configMapKeyRef" if recorded.config_map else "/secretKeyRef"
        self.case.operations.append(patch.remove(path))
        return True


def _find(raw: Mapping[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """Return index and entry of the token's variable, the last one as at run time."""
    found: tuple[int, dict[str, Any] | None] = (-1, None)
    for index, entry in read.objects(raw, "env"):
        if entry.get("name") == _NAME:
            found = (index, entry)
    return found
