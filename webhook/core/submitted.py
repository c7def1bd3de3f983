"""A Pod that exists, as it was before we gave it anything: what decided is found by deciding again."""

from collections.abc import Mapping
from typing import Any

from webhook.core import names, read, record
from webhook.core.decision import Choice
from webhook.core.hub import HUGGING_FACE
from webhook.core.methods import volume_name
from webhook.core.names import Method
from webhook.core.reading import entries_of
from webhook.core.reasons import Source
from webhook.core.record import Record, Recorded


def living(pod: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Pod as it is when nobody deletes it: the core passes over what is being deleted."""
    metadata = read.mapping(pod, "metadata")
    return {**pod, "metadata": {key: value for key, value in metadata.items() if key != "deletionTimestamp"}}


def as_submitted(pod: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Pod without our entries and our record, which tells them from other people's."""
    metadata, spec = read.mapping(pod, "metadata"), read.mapping(pod, "spec")
    annotations = read.mapping(metadata, "annotations")
    held = record.for_pod(record.parse(annotations), read.mapping(metadata, "labels"))
    others = {key: value for key, value in annotations.items() if key != names.INJECTED}
    cleaned = {
        field: [_without(raw, held) if type(raw) is dict else raw for raw in read.items(spec, field)]
        for field in ("initContainers", "containers")
        if field in spec
    }
    return {**pod, "metadata": {**metadata, "annotations": others}, "spec": {**spec, **cleaned}}


def _without(raw: dict[str, Any], held: Record) -> dict[str, Any]:
    """Return a container without our entry."""
    entries = entries_of(raw)
    ours = record.ours_in_pod(read.string(raw, "name"), entries, held) if entries else None
    if ours is None:
        return raw
    hub = HUGGING_FACE
    if ours.method is not Method.FILE:
        return {**raw, "env": _others(raw, "env", hub.token_variable)}
    return {
        **raw,
        "env": _others(raw, "env", hub.path_variable),
        "volumeMounts": _others(raw, "volumeMounts", _volume(ours)),
    }


def _volume(ours: Recorded) -> str:
    return volume_name(Choice(ours.secret, ours.key, Source.RECORD))


def _others(raw: Mapping[str, Any], field: str, name: str) -> list[Any]:
    return [item for item in read.items(raw, field) if not (type(item) is dict and item.get("name") == name)]
