"""The one entry to the core: an object comes in, a decision goes out."""

from collections.abc import Mapping
from typing import Any

from webhook.core import caps, inference_service, names, read
from webhook.core.asked import RefusedError, misplaced, of_workload
from webhook.core.case import Case
from webhook.core.decision import Action, Decision, Operation, Request, Scope, Verdict
from webhook.core.hub import from_uri, redact
from webhook.core.kinds import KINDS, Kind, Place, expand, places
from webhook.core.knowledge import UNKNOWN, Knowledge
from webhook.core.pods import PodCase
from webhook.core.reasons import Outcome, Reason
from webhook.core.settings import Settings

_DEFAULTS = Settings()
_OWN = (("metadata",),)
_CREATE, _UPDATE = str(Operation.CREATE), str(Operation.UPDATE)
_KEEP = Action.KEEP


def admit(request: Request, knowledge: Knowledge = UNKNOWN, settings: Settings = _DEFAULTS) -> Decision:
    """Decide about one object: what is injected, why, or why it is refused.

    Pure: the same arguments give the same answer, no argument is changed, nothing is raised for any object.
    """
    kind = KINDS.get((request.group, request.kind))
    if kind is None:
        return Decision(Outcome.KIND_NOT_HANDLED)
    if (passed := _passed(request, kind, settings)) is not None:
        return Decision(passed)
    case = Case(request, knowledge, settings)
    found = places(request.object, kind)
    if len(found) > caps.CONTAINERS:
        case.too_many(found.pop().pointer)
    _misplaced(case, kind, found)
    denial: str | None = None
    try:
        if kind.components:
            case.remember(("metadata",), inference_service.decide(case, found), forget=True)
        else:
            _pods(case, found)
            if kind.downloads:
                _elsewhere(case, kind)
    except RefusedError as error:
        denial = str(error)
    return _decision(case, denial)


def _passed(request: Request, kind: Kind, settings: Settings) -> Outcome | None:
    """Return why an object is let through without a look at its containers."""
    operation = request.operation
    if request.subresource or not (operation == _CREATE or (operation == _UPDATE and kind.updates)):
        return Outcome.OPERATION_NOT_HANDLED
    metadata = request.object.get("metadata")
    if (
        type(metadata) is not dict
        or type(request.object.get("spec", request.object.get("template"))) is not dict
    ):
        return Outcome.MALFORMED_OBJECT
    if metadata.get("deletionTimestamp"):
        return Outcome.BEING_DELETED
    if request.kind == "Pod":
        return _pod_passed(request, metadata, settings)
    if operation == _UPDATE and request.old_object is not None:
        return unchanged(request.object, request.old_object)
    return None


def _pod_passed(request: Request, metadata: Mapping[str, Any], settings: Settings) -> Outcome | None:
    if names.MIRROR_POD in read.mapping(metadata, "annotations"):
        return Outcome.MIRROR_POD
    if request.scope is Scope.KSERVE and not _of_kserve(metadata, request.namespace, settings):
        return Outcome.NOT_KSERVE
    return None


def _of_kserve(metadata: Mapping[str, Any], namespace: str, settings: Settings) -> bool:
    """Whether a Pod belongs to a KServe workload."""
    labels = read.mapping(metadata, "labels")
    part_of, llm = names.LLM_PART_OF
    return (
        names.INFERENCE_SERVICE_LABEL in labels
        or labels.get(part_of) == llm
        or namespace in settings.local_model_namespaces
    )


def unchanged(new: Mapping[str, Any], old: Mapping[str, Any]) -> Outcome | None:
    """Return `NothingChanged` for an UPDATE of status, finalizers or other people's metadata.

    The API server's `matchConditions` filter these as well; here it holds for every configuration, since
    KServe's controllers update each object, and an entry then would roll out a whole fleet.
    """
    try:
        same = new.get("spec") == old.get("spec") and _our_keys(new) == _our_keys(old)
    except RecursionError:
        return None
    return Outcome.NOTHING_CHANGED if same else None


def _our_keys(document: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    metadata = read.mapping(document, "metadata")
    return {
        (field, key): value
        for field in ("labels", "annotations")
        for key, value in read.mapping(metadata, field).items()
        if key.startswith(names.PREFIX)
    }


def _pods(case: Case, found: list[Place]) -> None:
    """Decide about every PodSpec; those whose annotations stand in one place share its record."""
    records: dict[tuple[str, ...], dict[str, dict[str, str]]] = {}
    for place in found:
        recorded = PodCase(case, place).decide()
        if place.reach:
            keys = place.reach[0]
            records[keys] = {**records[keys], **recorded} if keys in records else recorded
    for keys, entries in records.items():
        case.remember(keys, entries)


def _elsewhere(case: Case, kind: Kind) -> None:
    """Say of what a `storage-initializer` downloads, which is not in the object, that its Pod decides."""
    for path in kind.downloads:
        for found, uri in expand(case.request.object, path):
            if type(uri) is str and (name := from_uri(uri)):
                pointer = "/" + "/".join(found)
                case.verdicts.append(
                    Verdict(
                        names.STORAGE_INITIALIZER,
                        pointer,
                        Action.NONE,
                        Reason.POD_DECIDES,
                        redact(name),
                        repositories=(redact(name),),
                    )
                )
                _foretell(case, kind, name)


def _foretell(case: Case, kind: Kind, repository: str) -> None:
    """Tell now what nobody would read on the Pod: a malformed annotation, a Secret that is missing.

    Raises:
        RefusedError: Its Pods would be refused.
    """
    metadata = read.at(case.request.object, kind.templates[0].reach[-1])
    asked = of_workload(read.mapping(metadata, "labels"), read.mapping(metadata, "annotations"))
    copied = any(verdict.reason is Reason.OWN_TOKEN for verdict in case.verdicts)
    if copied or asked.opted_out or names.STORAGE_INITIALIZER in asked.excluded:
        return
    choice = case.choose((repository,), asked, None)
    if choice is not None:
        case.missing(choice)


def _misplaced(case: Case, kind: Kind, found: list[Place]) -> None:
    """Warn about keys of ours that stand where they do nothing."""
    document = case.request.object
    if not _mentions_us(document, found):
        return
    reaching = {keys for place in found for keys in place.reach}
    case.warnings += misplaced(
        read.mapping(document, "metadata"),
        reaches=kind.own_metadata_reaches,
        where=".".join(kind.templates[0].reach[0]),
    )
    for keys in sorted(reaching - {("metadata",)}):
        hints = caps.FINDINGS - len(case.warnings)
        case.warnings += misplaced(read.at(document, keys), reaches=True, where="", hints=hints)


def _mentions_us(document: Mapping[str, Any], found: list[Place]) -> bool:
    """Whether any key of ours stands anywhere; most objects have none, and this is all that they pay."""
    prefix = names.PREFIX
    own = False
    for place in found:
        if prefix in "\n".join(place.labels) or prefix in "\n".join(place.annotations):
            return True
        own = own or place.reach == _OWN
    if own:
        return False
    metadata = read.mapping(document, "metadata")
    return any(prefix in "\n".join(read.mapping(metadata, field)) for field in ("labels", "annotations"))


def _decision(case: Case, denial: str | None) -> Decision:
    """Return the answer; in audit mode nothing is changed and nothing refused."""
    if case.audit and denial is not None:
        case.warnings.append(f"would be refused: {denial}")
    warnings, echoes = shown(case.warnings), shown(case.echoes)
    verdicts, presence = case.verdicts, case.presence
    if case.audit:
        return Decision(Outcome.AUDITED, verdicts, [], warnings, None, case.operations, presence, echoes)
    if denial is not None:
        return Decision(Outcome.DENIED, verdicts, [], warnings, denial, [], presence, echoes)
    return Decision(_outcome(case), verdicts, case.operations, warnings, None, [], presence, echoes)


def _outcome(case: Case) -> Outcome:
    if case.operations:
        return Outcome.INJECTED
    kept = any(verdict.action is _KEEP for verdict in case.verdicts)
    return Outcome.ALREADY_INJECTED if kept else Outcome.NOT_NEEDED


def shown(warnings: list[str]) -> list[str]:
    """Return warnings as they are shown, each once."""
    return [caps.cut(redact(text), caps.WARNING) for text in dict.fromkeys(warnings)] if warnings else []
