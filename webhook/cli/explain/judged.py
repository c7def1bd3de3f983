"""An object of the cluster, judged: what would be decided now, and what each container holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from webhook.cli.explain.facts import Reference
from webhook.cli.patched import patched
from webhook.core import read
from webhook.core.admit import admit
from webhook.core.decision import Action, Choice, Decision, Operation, Request, Scope, Verdict
from webhook.core.hub import HUGGING_FACE
from webhook.core.kinds import KINDS
from webhook.core.knowledge import Knowledge
from webhook.core.misspelt import misspelt
from webhook.core.policy.finding import Finding
from webhook.core.reading import entries_of
from webhook.core.reasons import ITS_PODS_GET_IT, Outcome, Reason
from webhook.core.settings import PolicyAction, Settings
from webhook.core.spelt import of_another_prefix
from webhook.core.submitted import as_submitted, living
from webhook.core.validate import validate
from webhook.core.words import Word


class Holding(Word):
    """What a container has, each with the word of the table."""

    cell: str

    def __init__(self, _value: str, cell: str) -> None:
        self.cell = cell

    OURS = "ours", "yes"
    """Our entry."""
    OWN = "own", "own"
    """A token that somebody else wrote."""
    MISSING = "missing", "missing"
    """Nothing, although it would get one now."""
    PODS = "pods", "its Pods"
    """Nothing, as it is no Pod: its Pods get one."""
    NONE = "none", "no"
    """Nothing, as it should."""


_POD: Final = ("", "Pod")
_OWN: Final = frozenset({Reason.OWN_TOKEN, Reason.OWN_TOKEN_FILE, Reason.OWN_TOKEN_ARGUMENT})


class Container(NamedTuple):
    """One container, or one component of an InferenceService.

    Attributes:
        verdict: What would be decided now; where the entry is there, with what chooses its Secret now.
        holding: What it has.
        reference: Where its token comes from, or would come from.
        wiring: How a token of its own is wired, in words; empty where there is none.
        other: What would be chosen now, where that is not what it has.
    """

    verdict: Verdict
    holding: Holding
    reference: Reference | None = None
    wiring: str = ""
    other: Choice | None = None

    @property
    def successor(self) -> Reference | None:
        """Where another Pod would have its token from, where that is elsewhere."""
        return _reference(self.other)


class Judged(NamedTuple):
    """An object and its containers.

    Attributes:
        decision: What would be decided if it were created now.
        containers: In the order of the object.
        of_kserve: Whether it is of a KServe workload: only then a namespace labelled `enabled` is enough.
        findings: What the platform's policy has against it.
        misspelt: What is wrong with URIs that look like a model on the Hub, as clauses.
        mending: Commands by the decision's warnings of misspelt annotations.
    """

    decision: Decision
    containers: tuple[Container, ...]
    of_kserve: bool
    findings: tuple[Finding, ...] = ()
    misspelt: tuple[str, ...] = ()
    mending: Mapping[str, str] = MappingProxyType({})

    @property
    def refused(self) -> bool:
        """Whether the object would be refused if it were created now."""
        return self.decision.denial is not None or any(
            finding.action is PolicyAction.DENY for finding in self.findings
        )

    @property
    def references(self) -> Iterator[Reference]:
        """Where tokens come from, or would."""
        for container in self.containers:
            yield from filter(None, (container.reference, container.successor))


def judge(
    document: Mapping[str, Any],
    kind: tuple[str, str],
    namespace: str,
    knowledge: Knowledge,
    settings: Settings,
) -> Judged:
    """Judge an object of a group and kind as it is."""
    is_pod = kind == _POD
    if is_pod:
        document = living(document)
    request = Request(*kind, Operation.CREATE, namespace, document)
    decision, of_kserve = _decide(request, knowledge, settings)
    choosing: dict[str, Verdict] = {}
    if is_pod:
        before = Request(*kind, Operation.CREATE, namespace, as_submitted(document))
        now, _ = _decide(before, knowledge, settings)
        choosing = {verdict.path: verdict for verdict in now.verdicts}
    in_object = is_pod or KINDS[kind].components
    containers = _with_inherited(
        [
            _container(document, verdict, choosing.get(verdict.path), in_object=in_object)
            for verdict in decision.verdicts
        ]
    )
    decision.warnings += of_another_prefix(*kind, document)
    # Of a Pod what there is counts, of all else what would be stored.
    final = request if is_pod else replace(request, object=patched(document, decision))
    findings = validate(final, knowledge, settings).findings
    return Judged(decision, containers, of_kserve, tuple(findings), misspelt(*kind, document))


def _decide(request: Request, knowledge: Knowledge, settings: Settings) -> tuple[Decision, bool]:
    """Decide; return also whether the object is of a KServe workload."""
    decision = admit(request, knowledge, settings)
    if decision.outcome is not Outcome.NOT_KSERVE:
        return decision, True
    every = Request(
        request.group, request.kind, request.operation, request.namespace, request.object, scope=Scope.ALL
    )
    return admit(every, knowledge, settings), False


def _container(
    document: Mapping[str, Any], verdict: Verdict, now: Verdict | None, *, in_object: bool
) -> Container:
    choice = verdict.choice
    other: Choice | None = None
    if verdict.action is Action.KEEP and choice is not None and now is not None and now.choice is not None:
        if now.choice[:2] == choice[:2]:
            verdict = verdict._replace(choice=now.choice)
        else:
            other = now.choice
    own, wiring = _own(read.at(document, verdict.path.split("/")[1:]))
    holding = _holding(verdict, own_entry=bool(wiring), in_object=in_object)
    if holding is Holding.OWN:
        return Container(verdict, holding, own, wiring)
    return Container(verdict, holding, _reference(choice), other=other)


def _with_inherited(containers: Sequence[Container]) -> tuple[Container, ...]:
    """Return containers in which an inherited entry follows that of the container that downloads.

    It came with an InferenceService, for which the same Secret is chosen, and nothing is for its container.
    """
    others = {one.reference: one.other for one in containers if one.other is not None}
    return tuple(
        one._replace(other=others.get(one.reference)) if one.verdict.reason is Reason.INHERITED else one
        for one in containers
    )


def _reference(choice: Choice | None) -> Reference | None:
    return Reference(choice.secret, choice.key, choice.config_map) if choice else None


def _holding(verdict: Verdict, *, own_entry: bool, in_object: bool) -> Holding:
    match verdict.action:
        case Action.KEEP | Action.REPLACE | Action.REMOVE:
            return Holding.OURS
        case Action.ADD:
            return Holding.MISSING if in_object else Holding.PODS
    if verdict.reason in _OWN or own_entry:
        return Holding.OWN
    return Holding.PODS if verdict.reason in ITS_PODS_GET_IT else Holding.NONE


def _own(raw: Mapping[str, Any]) -> tuple[Reference | None, str]:
    """Return where a container's own token comes from, and how that is written; never a value."""
    entries = entries_of(raw) or {}
    for variable in HUGGING_FACE.token_variables:
        if variable not in entries:
            continue
        source = read.mapping(entries[variable], "valueFrom")
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            reference = read.mapping(source, field)
            name, key = read.string(reference, "name"), read.string(reference, "key")
            if name and key:
                return Reference(name, key, kind == "ConfigMap"), f"{variable} from {kind} {name}, key {key}"
        return None, f"{variable} from {next(iter(source), 'a literal value')}"
    return None, ""
