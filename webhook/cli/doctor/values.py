"""What is kept of a Secret that was read: its keys, what is wrong with their values, and when it changed."""

from base64 import b64decode
from binascii import Error
from datetime import datetime

from webhook.cluster.reader import Object
from webhook.core import read
from webhook.doctor.collected import SeenSecret, moment
from webhook.doctor.token_shape import Flaw, flaw


def seen_secret(found: Object) -> SeenSecret:
    """Return a Secret without its values."""
    metadata = read.mapping(found, "metadata")
    return SeenSecret(
        name=read.string(metadata, "name"),
        namespace=read.string(metadata, "namespace"),
        keys={key: _flaw(value) for key, value in read.mapping(found, "data").items()},
        changed=_changed(metadata),
    )


def _flaw(value: object) -> Flaw | None:
    try:
        return flaw(b64decode(value if isinstance(value, str) else ""))
    except (Error, ValueError):
        return Flaw.NO_TEXT


def _changed(metadata: Object) -> datetime | None:
    """Return when values were last written: of managers that own some of them, the last that wrote.

    Kubernetes moves a manager's `time` when it changes the value of a field that it owns, so that a label
    which another manager adds does not count.
    """
    times = [
        moment(entry.get("time"))
        for _, entry in read.objects(metadata, "managedFields")
        if {"f:data", "f:stringData"} & read.mapping(entry, "fieldsV1").keys()
    ]
    return max(filter(None, times), default=moment(metadata.get("creationTimestamp")))
