"""The annotation `…/injected`: what is ours, in compact JSON, for people and for our own next visit.

`{"storage-initializer":{"secret":"hf-secret","key":"token","reason":"HubUri"}}` on a Pod; on an
InferenceService the keys are components (`predictor`, `predictor/name`, `canary/0`). An InferenceService's
annotations reach its Pods, so a Pod may come with its InferenceService's record.
"""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring as _quote
from typing import Any, NamedTuple

from webhook.core import caps, names, read
from webhook.core.decision import Choice
from webhook.core.hub import HUGGING_FACE, Hub
from webhook.core.names import Method
from webhook.core.reasons import Reason

COMPONENTS = ("predictor", "transformer", "explainer", "canary")
"""What the keys of an InferenceService's record begin with."""


class Recorded(NamedTuple):
    """One entry of ours."""

    secret: str
    """The Secret's name, or the ConfigMap's."""

    key: str
    method: Method = Method.ENV
    config_map: bool = False
    """It is a copy of somebody's `configMapKeyRef`."""


Record = Mapping[str, Recorded]
_EMPTY: Record = {}


def parse(annotations: Mapping[str, Any]) -> Record:
    """Return what the annotation says; garbage in it says nothing."""
    text = annotations.get(names.INJECTED)
    if type(text) is not str or len(text) > caps.STRING:
        return _EMPTY
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _EMPTY
    if type(document) is not dict:
        return _EMPTY
    return {
        name: Recorded(
            read.string(entry, "secret") or read.string(entry, "configMap"),
            read.string(entry, "key"),
            Method.FILE if entry.get("method") == Method.FILE else Method.ENV,
            "configMap" in entry,
        )
        for name, entry in document.items()
        if type(entry) is dict
    }


def entry(choice: Choice, reason: Reason, method: Method) -> dict[str, str]:
    """Return what is recorded of one entry."""
    noted = {
        "configMap" if choice.config_map else "secret": choice.secret,
        "key": choice.key,
        "reason": reason,
    }
    if method is Method.FILE:
        noted["method"] = str(method)
    return noted


def render(entries: Mapping[str, Mapping[str, str]]) -> str:
    """Return the annotation's text."""
    return "{" + ",".join([f"{_quote(name)}:{_object(entry)}" for name, entry in entries.items()]) + "}"


def _object(members: Mapping[str, str]) -> str:
    """Return an object of strings as JSON.

    `json.dumps` takes 5 µs for what this does in 1 µs, and every Pod pays it.
    """
    return "{" + ",".join([f"{_quote(name)}:{_quote(value)}" for name, value in members.items()]) + "}"


def container_of(key: str) -> str:
    """Return the name in the Pod of the container that a component's key is about."""
    parts = key.split("/")
    component = 2 if parts[0] == "canary" else 1
    return parts[-1] if len(parts) > component else names.KSERVE_CONTAINER


def for_pod(record: Record, labels: Mapping[str, Any]) -> Record:
    """Return what an InferenceService's record says to one of its Pods, which is of one component."""
    component = labels.get(names.COMPONENT_LABEL)
    if component not in COMPONENTS:
        return record
    others = {*COMPONENTS} - {component, "canary" if component == "predictor" else component}
    return {key: recorded for key, recorded in record.items() if key.partition("/")[0] not in others}


def ours_in_pod(
    name: str, entries: Mapping[str, Any], record: Record, hub: Hub = HUGGING_FACE
) -> Recorded | None:
    """Return our entry in a Pod's container, as the record has it; None where the entry is not ours."""
    own = record.get(name)
    if own is not None and own.method is Method.FILE:
        entry = entries.get(hub.path_variable)
        path = f"{hub.mount_path}/{hub.file_name}"
        return own if type(entry) is dict and entry.get("value") == path else None
    entry = entries.get(hub.token_variable)
    if type(entry) is not dict:
        return None
    for key, recorded in record.items():
        about = key == name or (key.partition("/")[0] in COMPONENTS and container_of(key) == name)
        if about and is_entry(entry, recorded):
            return recorded
    return None


def is_entry(entry: Mapping[str, Any], recorded: Recorded) -> bool:
    """Whether an `env` entry is the one that we wrote, and nobody wrote beside it."""
    source = entry.get("valueFrom")
    return (
        entry.get("value") is None and type(source) is dict and len(source) == 1 and holds(source, recorded)
    )


def kind_of(recorded: Recorded) -> str:
    """Return the member of `valueFrom` that an entry of ours has."""
    return "configMapKeyRef" if recorded.config_map else "secretKeyRef"


def reference_of(source: Mapping[str, Any], recorded: Recorded) -> Mapping[str, Any]:
    """Return what stands in a `valueFrom` where our reference would."""
    return read.mapping(source, kind_of(recorded))


def holds(source: Mapping[str, Any], recorded: Recorded) -> bool:
    """Whether a `valueFrom` has our reference in it."""
    reference = reference_of(source, recorded)
    return reference.get("name") == recorded.secret and reference.get("key") == recorded.key
