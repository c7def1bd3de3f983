"""Which Events a decision makes, on which objects, and what they say.

A Pod's warnings reach only the controller that made it, so the reasons go to where people look: `kubectl
describe` of the Pod's controller and of the InferenceService. `docs/events.md` has the table. The objects of
a review are not validated yet: what goes into an Event and its address is checked here.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.admit import shown
from webhook.core.decision import Action, Choice, Decision, Request, Verdict
from webhook.core.hub import HUGGING_FACE, redact
from webhook.core.knowledge import Presence
from webhook.core.names import Method
from webhook.core.owners import controller
from webhook.core.reasons import Outcome, Reason
from webhook.core.remedies import create_secret

LONGEST: Final = 1024
"""Bytes of a message (Kubernetes API, Event, `note`)."""

ADVICE: Final = "Advice"
"""The reason of warnings that are no container's: misplaced annotations and the like."""

WARNED_OF: Final = frozenset(
    {
        Reason.MAY_HAVE_TOKEN,
        Reason.FOREIGN_ENDPOINT,
        Reason.NO_TOKEN_BY_RULE,
        Reason.TOO_LARGE,
        Reason.MALFORMED,
    }
)
"""Why a container that may need a token has none, where somebody can do something about it, beside
`SECRET_MISSING`, which is told for a Secret and not for a container."""

_CHANGES = frozenset({Action.ADD, Action.REPLACE, Action.REMOVE})
_TOLD = frozenset({Outcome.INJECTED, Outcome.DENIED})
_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), " ")
_SUBDOMAIN = re.compile(r"(?!.{254})[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_API_VERSION = re.compile(r"([a-z0-9][-.a-z0-9]{0,252}/)?[a-z0-9]{1,63}")
_LONGEST_REFERENCE = 1024
"""Characters of all that names an object: two names of 253, a version, a kind, a namespace, a uid."""
_INFERENCE_SERVICE = f"{names.KSERVE_GROUP}/v1beta1"
_LLM_INFERENCE_SERVICE = f"{names.KSERVE_GROUP}/v1alpha2"
_UID = re.compile(r"[-a-zA-Z0-9]{1,64}")


class EventType(StrEnum):
    """How bad it is, in Kubernetes' two words."""

    NORMAL = "Normal"
    WARNING = "Warning"


class Involved(NamedTuple):
    """The object that an Event is about; `uid` is empty where the review does not tell it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


class Told(NamedTuple):
    """What one Event says. Equal ones about one object are one Event with a count."""

    type: EventType
    reason: str
    message: str


def speaks(decision: Decision) -> bool:
    """Tell whether a decision makes Events; most do not, and this is all that they pay."""
    return bool(
        decision.outcome in _TOLD
        or decision.warnings
        or decision.audited
        or any(verdict.reason in WARNED_OF for verdict in decision.verdicts)
    )


def involved(request: Request) -> tuple[Involved, ...]:
    """Return the objects that a review's Events are about, from the review alone.

    A Pod: its controller, as for the Events of failed creation, and the InferenceService or
    LLMInferenceService that its labels name; a Pod without either: itself, if it has a name. Every other
    object: itself.
    """
    metadata = read.mapping(request.object, "metadata")
    namespace = request.namespace
    if request.kind == "Pod":
        found = _controller(request.object, namespace) + _served(metadata, namespace)
        if about := tuple([one for one in found if _can_be_told_of(one)]):
            return about
    own = Involved(
        read.string(request.object, "apiVersion"),
        request.kind,
        namespace,
        read.string(metadata, "name"),
        read.string(metadata, "uid"),
    )
    return (own,) if _can_be_told_of(own) else ()


def told(decision: Decision, namespace: str) -> list[Told]:
    """Return what the Events of a decision say."""
    said = [
        Told(kind, reason, _message(sentences))
        for kind, reason, sentences in _said(decision, namespace)
        if sentences
    ]
    return list(dict.fromkeys(said))


def _controller(pod: Mapping[str, Any], namespace: str) -> list[Involved]:
    owner = controller(pod)
    version, kind, name, uid = (read.string(owner, key) for key in ("apiVersion", "kind", "name", "uid"))
    return [Involved(version, kind, namespace, name, uid)] if owner else []


def _served(metadata: Mapping[str, Any], namespace: str) -> list[Involved]:
    """Return what KServe made a Pod for, as its labels name it."""
    labels = read.mapping(metadata, "labels")
    found = []
    if name := read.string(labels, names.INFERENCE_SERVICE_LABEL):
        found.append(Involved(_INFERENCE_SERVICE, "InferenceService", namespace, name))
    part_of, llm = names.LLM_PART_OF
    if labels.get(part_of) == llm:
        name = read.string(labels, names.LLM_NAME)
        found.append(Involved(_LLM_INFERENCE_SERVICE, "LLMInferenceService", namespace, name))
    return found


def _can_be_told_of(one: Involved) -> bool:
    """Tell whether an Event can be about an object; what is longer than names are is not even remembered."""
    return sum(map(len, one)) <= _LONGEST_REFERENCE and _is_addressable(one)


@lru_cache(maxsize=4096)
def _is_addressable(one: Involved) -> bool:
    """Tell whether an Event can be about an object: it is in a namespace, and its names are names.

    Remembered, as the Pods of a controller come in crowds (measured: 5 µs for a new one, 0.4 for another).
    """
    return bool(
        _SUBDOMAIN.fullmatch(one.namespace)
        and _SUBDOMAIN.fullmatch(one.name)
        and _KIND.fullmatch(one.kind)
        and _API_VERSION.fullmatch(one.api_version)
        and (not one.uid or _UID.fullmatch(one.uid))
    )


def _said(decision: Decision, namespace: str) -> Iterator[tuple[EventType, str, list[str]]]:
    """Yield type, reason and sentences of each Event."""
    if decision.denial is not None:
        yield EventType.WARNING, Outcome.DENIED, [decision.denial]
        return
    changed = [_change(verdict) for verdict in decision.verdicts if verdict.action in _CHANGES]
    if decision.outcome is Outcome.INJECTED:
        yield EventType.NORMAL, Outcome.INJECTED, changed
    elif changed and decision.audited:
        yield EventType.WARNING, Outcome.AUDITED, ["audit mode, so nothing was changed", *changed]
    yield EventType.WARNING, Reason.SECRET_MISSING, list(_missing(decision, namespace))
    warned_of = [verdict for verdict in decision.verdicts if verdict.reason in WARNED_OF]
    for reason in dict.fromkeys(verdict.reason for verdict in warned_of):
        sentences = [
            f"{verdict.container}: {verdict.sentence}" for verdict in warned_of if verdict.reason is reason
        ]
        yield EventType.WARNING, reason, sentences
    for fault in dict.fromkeys(finding.fault for finding in decision.findings):
        sentences = [finding.objection for finding in decision.findings if finding.fault is fault]
        yield EventType.WARNING, fault, sentences
    echoes = {*decision.echoes, *shown([finding.warning for finding in decision.findings])}
    yield EventType.WARNING, ADVICE, [text for text in decision.warnings if text not in echoes]


def _change(verdict: Verdict) -> str:
    """Return what happens to a container, and why."""
    why = f"({verdict.reason}: {verdict.sentence})"
    if verdict.choice is None:
        return f"{verdict.container}: our {HUGGING_FACE.token_variable} is taken out {why}"
    variable = HUGGING_FACE.path_variable if verdict.method is Method.FILE else HUGGING_FACE.token_variable
    return f"{verdict.container}: {variable} from {_source(verdict.choice)} {why}"


def _source(choice: Choice) -> str:
    kind = "ConfigMap" if choice.config_map else "Secret"
    return f"{kind} {choice.secret}, key {choice.key}"


def _missing(decision: Decision, namespace: str) -> Iterator[str]:
    """Yield each Secret that does not exist, who needs it, and the command that makes it."""
    for name, presence in decision.presence.items():
        if presence is not Presence.ABSENT:
            continue
        needing = {
            verdict.container: verdict.choice.key
            for verdict in decision.verdicts
            if verdict.choice is not None and verdict.choice.secret == name
        }
        if not needing:
            # Of an InferenceService that is left alone; its Pods tell it.
            continue
        key = next(iter(needing.values()))
        command = create_secret(namespace, name, key)
        yield f"{', '.join(needing)}: Secret {name} does not exist: {command}"


def _message(sentences: list[str]) -> str:
    """Return sentences as one message that holds no token, on one line, no longer than an Event takes."""
    text = redact("; ".join(sentences))
    if text.isascii() and text.isprintable() and len(text) <= LONGEST:
        return text
    text = text.translate(_CONTROL)
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= LONGEST:
        return encoded.decode()
    return encoded[: LONGEST - 3].decode("utf-8", "ignore") + "…"
