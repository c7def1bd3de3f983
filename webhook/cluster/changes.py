"""When a Secret's value was last changed, as its metadata tells: the value itself is never asked for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from webhook.core import read

_MEMBERS: Final = ("f:data", "f:stringData", "f:binaryData")


def last_change(metadata: Mapping[str, Any], key: str) -> datetime | None:
    """Return when the value at a key was last written, or may have been; None where nothing tells.

    The API server notes a time for each writer and the fields that it has written, not for each field. So a
    label that the same writer sets counts as well (seen on kube-apiserver 1.37): an answer may be too late,
    never too early.

    Args:
        metadata: Of the Secret or ConfigMap.
        key: Its key.
    """
    entries = [entry for _, entry in read.objects(metadata, "managedFields")]
    of_key = [entry for entry in entries if any(f"f:{key}" in fields for fields in _fields(entry))]
    of_data = [entry for entry in entries if any(_fields(entry))]
    times = [moment(read.string(entry, "time")) for entry in of_key or of_data or entries]
    times.append(moment(read.string(metadata, "creationTimestamp")))
    return max((time for time in times if time is not None), default=None)


def _fields(entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    written = read.mapping(entry, "fieldsV1")
    for member in _MEMBERS:
        fields = read.mapping(written, member)
        if fields:
            yield fields


def moment(text: str) -> datetime | None:
    """Return the moment that a timestamp means (RFC 3339, UTC unless it says otherwise); None for none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
