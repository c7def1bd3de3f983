"""Which Secrets the namespaces that opted in need, and for what."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.admit import admit
from webhook.core.decision import Action, Choice, Decision, Operation, Request, Scope
from webhook.core.kinds import KINDS, places
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import InjectMode
from webhook.core.settings import Settings
from webhook.core.submitted import as_submitted
from webhook.doctor.collected import Collected, SeenNamespace, SeenObject
from webhook.doctor.finding import Subject

_GIVEN: Final = (Action.ADD, Action.KEEP, Action.REPLACE)
_ITS: Final = f"its annotation {names.SECRET}"
_ANY_POD: Final[Mapping[str, Any]] = {
    "metadata": {"labels": {names.INFERENCE_SERVICE_LABEL: "any"}},
    "spec": {"containers": [{"name": names.STORAGE_INITIALIZER, "args": ["hf://any/model"]}]},
}


Place = tuple[str, str]
"""A Secret and a key of it."""


class Wanted(NamedTuple):
    """A key of a Secret that is needed.

    Attributes:
        namespace, secret, key: Which.
        subject: By what; the Namespace itself where nothing in it asks for a token yet.
        in_use: Whether something asks.
        asked: What names the Secret ("its annotation …"), where people wrote it; empty where nothing does.
    """

    namespace: str
    secret: str
    key: str
    subject: Subject
    in_use: bool
    asked: str = ""


def choices(decision: Decision) -> Iterator[Choice]:
    """Yield the Secrets that a decision gives, or has given, to containers."""
    for verdict in decision.verdicts:
        if verdict.action in _GIVEN and verdict.choice is not None and not verdict.choice.config_map:
            yield verdict.choice


def followed(collected: Collected, pod: SeenObject) -> dict[Place, Place]:
    """Return the Secrets and keys that a Pod holds and a new one would not, with what that would hold."""
    held = {
        verdict.path: verdict.choice
        for verdict in pod.decision.verdicts
        if verdict.action is Action.KEEP and verdict.choice is not None
    }
    seen = collected.namespaces.get(pod.namespace)
    if not held or seen is None:
        return {}
    scope = Scope.ALL if seen.mode is InjectMode.ALL else Scope.KSERVE
    bare = as_submitted(pod.object)
    request = Request("", "Pod", Operation.CREATE, pod.namespace, bare, scope=scope)
    now = admit(request, Knowledge({pod.namespace: seen.as_knowledge}), collected.installed.settings)
    return {
        before[:2]: verdict.choice[:2]
        for verdict in now.verdicts
        if verdict.choice is not None
        and (before := held.get(verdict.path)) is not None
        and before[:2] != verdict.choice[:2]
    }


def successor(collected: Collected, pod: SeenObject, old: Place) -> Place | None:
    """Return the Secret and key that a new Pod has instead, where they are all right; else None."""
    place = followed(collected, pod).get(old)
    if place is None or not collected.injects(pod.namespace):
        return None
    name, key = place
    secret = collected.secrets.get((pod.namespace, name))
    if secret is None or key not in secret.keys:
        return None
    flaw = secret.keys[key].flaw
    return place if flaw is None or flaw.works else None


def wanted(collected: Collected) -> list[Wanted]:
    """Return what is needed, each key of a namespace once, named for the first that needs it."""
    found: dict[tuple[str, str, str], Wanted] = {}
    for seen in (*collected.workloads, *collected.pods):
        if not seen.ended:
            for choice in choices(seen.decision):
                place = (seen.namespace, choice.secret, choice.key)
                if place not in found:
                    asked = _asked(collected, seen, choice.secret)
                    found[place] = Wanted(*place, seen.subject, in_use=True, asked=asked)
    using = {namespace for namespace, _, _ in found}
    for namespace in collected.opted_in:
        if namespace.name not in using and namespace.exists:
            for choice in choices(_of_any_pod(namespace, collected.installed.settings)):
                place = (namespace.name, choice.secret, choice.key)
                asked = _ITS if namespace.annotations.get(names.SECRET) == choice.secret else ""
                found.setdefault(place, Wanted(*place, namespace.subject, in_use=False, asked=asked))
    return sorted(found.values())


def _asked(collected: Collected, seen: SeenObject, secret: str) -> str:
    """Return whose annotation names a Secret; an entry that is kept does not tell."""
    group = read.string(seen.object, "apiVersion").rpartition("/")[0]
    kind = KINDS[group, seen.subject.kind]
    if any(place.annotations.get(names.SECRET) == secret for place in places(dict(seen.object), kind)):
        return _ITS
    namespace = collected.namespaces.get(seen.namespace)
    by_namespace = namespace is not None and namespace.annotations.get(names.SECRET) == secret
    return f"the Namespace's annotation {names.SECRET}" if by_namespace else ""


def _of_any_pod(namespace: SeenNamespace, settings: Settings) -> Decision:
    """Decide about a Pod that downloads some model: which Secret is the namespace's own."""
    knowledge = Knowledge({namespace.name: Namespace(annotations=namespace.annotations)})
    request = Request("", "Pod", Operation.CREATE, namespace.name, _ANY_POD, scope=Scope.KSERVE)
    return admit(request, knowledge, settings)
