"""The second entry to the core: what the platform's policy has against an object, once it is final."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from webhook.core import kinds, names, read
from webhook.core.admit import admit, shown, unchanged
from webhook.core.case import Case
from webhook.core.decision import Decision, Operation, Request, Scope
from webhook.core.hub import redact
from webhook.core.knowledge import UNKNOWN, Knowledge
from webhook.core.names import InjectMode
from webhook.core.owners import controller
from webhook.core.policy.checks import check, in_clear_text
from webhook.core.policy.finding import NEVER_DENIED, Finding
from webhook.core.reasons import Outcome
from webhook.core.settings import PolicyAction, Settings

_DEFAULTS: Final = Settings()
KINDS: Final = frozenset(
    {
        ("", "Pod"),
        (names.KSERVE_GROUP, "InferenceService"),
        (names.KSERVE_GROUP, "LLMInferenceService"),
        (names.KSERVE_GROUP, "ServingRuntime"),
        (names.KSERVE_GROUP, "ClusterServingRuntime"),
    }
)
"""API group and kind of what is judged."""

_REFUSED: Final = "its Pods would be refused: "

_TOLD_ELSEWHERE: Final = frozenset({"Pod", "InferenceService"})
"""Kinds whose authors have the warnings of `admit()` already, from the mutating webhook."""


def validate(request: Request, knowledge: Knowledge = UNKNOWN, settings: Settings = _DEFAULTS) -> Decision:
    """Judge one object as it will be stored, whatever labels it and its Namespace have.

    Pure: the same arguments give the same answer, no argument is changed, nothing is raised for any object.
    No part of a token is ever in the answer.
    """
    if (passed := _passed(request)) is not None:
        return Decision(passed)
    findings = _findings(Case(request, knowledge, settings))
    refusing = [finding for finding in findings if finding.action is PolicyAction.DENY]
    warnings = [finding.warning for finding in findings if finding.action is PolicyAction.WARN]
    warnings += _warnings_of_mutation(request, knowledge, settings)
    told = shown(warnings)
    if refusing:
        return Decision(Outcome.DENIED, warnings=told, denial=_denial(refusing), findings=findings)
    return Decision(Outcome.WARNED if told else Outcome.ACCEPTED, warnings=told, findings=findings)


def of_its_pods(request: Request, settings: Settings = _DEFAULTS) -> Decision:
    """Tell of tokens in clear text in a Deployment, Job or the like, of which only the Pods are judged.

    The object itself is let through, whatever becomes of its Pods.
    """
    policy = settings.policy
    kind = request.group, request.kind
    if kind in KINDS or kind not in kinds.KINDS or policy.literal_tokens is PolicyAction.ALLOW:
        return Decision(Outcome.KIND_NOT_HANDLED)
    findings = list(in_clear_text(request.object, PolicyAction.WARN))
    refused = policy.literal_tokens is policy.pods is PolicyAction.DENY
    warnings = [
        f"{_REFUSED}{finding.warning}" if refused and finding.fault not in NEVER_DENIED else finding.warning
        for finding in findings
    ]
    return Decision(
        Outcome.WARNED if findings else Outcome.ACCEPTED, warnings=shown(warnings), findings=findings
    )


def _passed(request: Request) -> Outcome | None:
    """Return why an object is let through without a look into it."""
    if (request.group, request.kind) not in KINDS:
        return Outcome.KIND_NOT_HANDLED
    operation = request.operation
    # Nothing of a Pod that policy asks about can change after its creation.
    updated = operation == Operation.UPDATE and request.kind != "Pod"
    if request.subresource or not (updated or operation == Operation.CREATE):
        return Outcome.OPERATION_NOT_HANDLED
    metadata = read.mapping(request.object, "metadata")
    if metadata.get("deletionTimestamp"):
        return Outcome.BEING_DELETED
    if request.kind == "Pod" and names.MIRROR_POD in read.mapping(metadata, "annotations"):
        return Outcome.MIRROR_POD
    if updated and request.old_object is not None:
        return unchanged(request.object, request.old_object)
    return None


def _findings(case: Case) -> list[Finding]:
    """Return what the checks find, with what comes of it here."""
    findings = list(check(case))
    if case.settings.policy.pods is PolicyAction.DENY or not _is_controlled(case.request):
        return findings
    return [finding._replace(action=PolicyAction.WARN) for finding in findings]


def _is_controlled(request: Request) -> bool:
    """Whether an object is a Pod that a controller makes anew, so that refusing it stops what runs."""
    return request.kind == "Pod" and bool(controller(request.object))


def _warnings_of_mutation(request: Request, knowledge: Knowledge, settings: Settings) -> list[str]:
    """Return what the author should know of the tokens of the Pods to come: nobody reads a Pod's warnings."""
    if request.kind in _TOLD_ELSEWHERE or not _is_opted_in(request, knowledge):
        return []
    if not request.namespace:
        # The Pods of a ClusterServingRuntime are of any namespace: no Secret is missing for all of them.
        knowledge = replace(knowledge, secrets={})
    operation = str(Operation.CREATE)
    decision = admit(
        replace(request, operation=operation, old_object=None, scope=Scope.ALL), knowledge, settings
    )
    return [*_foretold(decision.denial), *decision.warnings]


def _foretold(denial: str | None) -> list[str]:
    """Return what the Pods to come are refused with; a command that mends it has a line of its own."""
    if denial is None:
        return []
    sentence, _, command = denial.partition(": ")
    return [f"{_REFUSED}{sentence}", *([command] if command else [])]


def _is_opted_in(request: Request, knowledge: Knowledge) -> bool:
    """Whether something may be injected into the Pods to come; where the Namespace is unknown, it may."""
    namespace = knowledge.namespaces.get(request.namespace)
    return namespace is None or namespace.labels.get(names.INJECT) in {*InjectMode}


def _denial(refusing: Iterable[Finding]) -> str:
    """Return the one sentence that lists all that has to change."""
    return redact("the platform's policy: " + "; ".join(finding.objection for finding in refusing))
