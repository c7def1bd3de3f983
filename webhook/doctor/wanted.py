"""Which Secrets the namespaces that opted in need, and for what."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import names
from webhook.core.admit import admit
from webhook.core.decision import Action, Choice, Decision, Operation, Request, Scope
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.settings import Settings
from webhook.doctor.collected import Collected, SeenNamespace
from webhook.doctor.finding import Subject

_GIVEN: Final = (Action.ADD, Action.KEEP, Action.REPLACE)
_ANY_POD: Final[Mapping[str, Any]] = {
    "metadata": {"labels": {names.INFERENCE_SERVICE_LABEL: "any"}},
    "spec": {"containers": [{"name": names.STORAGE_INITIALIZER, "args": ["hf://any/model"]}]},
}


class Wanted(NamedTuple):
    """A key of a Secret that is needed.

    Attributes:
        namespace, secret, key: Which.
        subject: By what; the Namespace itself where nothing in it asks for a token yet.
        in_use: Whether something asks.
    """

    namespace: str
    secret: str
    key: str
    subject: Subject
    in_use: bool


def choices(decision: Decision) -> Iterator[Choice]:
    """Yield the Secrets that a decision gives, or has given, to containers."""
    for verdict in decision.verdicts:
        if verdict.action in _GIVEN and verdict.choice is not None and not verdict.choice.config_map:
            yield verdict.choice


def wanted(collected: Collected) -> list[Wanted]:
    """Return what is needed, each key of a namespace once, named for the first that needs it."""
    found: dict[tuple[str, str, str], Wanted] = {}
    for seen in (*collected.workloads, *collected.pods):
        if not seen.ended:
            for choice in choices(seen.decision):
                place = (seen.namespace, choice.secret, choice.key)
                found.setdefault(place, Wanted(*place, seen.subject, in_use=True))
    using = {namespace for namespace, _, _ in found}
    for namespace in collected.opted_in:
        if namespace.name not in using and namespace.exists:
            for choice in choices(_of_any_pod(namespace, collected.installed.settings)):
                place = (namespace.name, choice.secret, choice.key)
                found.setdefault(place, Wanted(*place, namespace.subject, in_use=False))
    return sorted(found.values())


def _of_any_pod(namespace: SeenNamespace, settings: Settings) -> Decision:
    """Decide about a Pod that downloads some model: which Secret is the namespace's own."""
    knowledge = Knowledge({namespace.name: Namespace(annotations=namespace.annotations)})
    request = Request("", "Pod", Operation.CREATE, namespace.name, _ANY_POD, scope=Scope.KSERVE)
    return admit(request, knowledge, settings)
