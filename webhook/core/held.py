"""Which containers of a Pod that runs have their token from us, and how: read of the Pod and its record."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.core import read, record
from webhook.core.reading import entries_of
from webhook.core.record import Recorded


class Held(NamedTuple):
    """An entry of ours in a Pod.

    Attributes:
        container: Its container.
        recorded: Secret, key and method, as we noted them.
        ends: The container ends before the others start.
    """

    container: str
    recorded: Recorded
    ends: bool = False


def held_by(pod: Mapping[str, Any]) -> list[Held]:
    """Return our entries, in the order in which the containers start.

    An entry that somebody else wrote is not among them, nor is one of ours that was changed since.
    """
    metadata = read.mapping(pod, "metadata")
    noted = record.parse(read.mapping(metadata, "annotations"))
    if not noted:
        return []
    noted = record.for_pod(noted, read.mapping(metadata, "labels"))
    spec = read.mapping(pod, "spec")
    found = []
    for field in ("initContainers", "containers"):
        for _, raw in read.objects(spec, field):
            name = read.string(raw, "name")
            recorded = record.ours_in_pod(name, entries_of(raw) or {}, noted)
            if recorded is not None:
                ends = field == "initContainers" and raw.get("restartPolicy") != "Always"
                found.append(Held(name, recorded, ends))
    return found
