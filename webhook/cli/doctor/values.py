"""What is kept of a Secret that was read: its keys, what is wrong with the values, when they changed."""

from base64 import b64decode

from webhook.cluster.changes import last_change
from webhook.cluster.reader import Object
from webhook.core import read
from webhook.core.names import LAST_APPLIED
from webhook.doctor.collected import SeenKey, SeenSecret, moment
from webhook.doctor.token_shape import Flaw, flaw


def seen_secret(found: Object) -> SeenSecret:
    """Return a Secret without its values."""
    metadata = read.mapping(found, "metadata")
    return SeenSecret(
        name=read.string(metadata, "name"),
        namespace=read.string(metadata, "namespace"),
        keys={
            key: SeenKey(_flaw(value), last_change(metadata, key))
            for key, value in read.mapping(found, "data").items()
        },
        copied=LAST_APPLIED in read.mapping(metadata, "annotations"),
        made=moment(metadata.get("creationTimestamp")),
    )


def _flaw(value: object) -> Flaw | None:
    """Judge a value as the API sends it; an empty one may come as null."""
    try:
        return flaw(b64decode(value if isinstance(value, str) else ""))
    except ValueError:
        return Flaw.NO_TEXT
