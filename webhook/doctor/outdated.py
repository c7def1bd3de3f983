"""Which Pods hold a token as it was before its Secret changed, or from before there was that Secret."""

from datetime import datetime
from typing import NamedTuple

from webhook.core.held import held_by
from webhook.core.names import Method
from webhook.core.started import started
from webhook.doctor.collected import Collected, SeenObject, moment


class Outdated(NamedTuple):
    """A container that started too early.

    Attributes:
        container, secret: Their names.
        changed: When the value was last written.
        replaced: The Secret itself is younger than the container: what there was before nobody knows.
    """

    container: str
    secret: str
    changed: datetime
    replaced: bool


def outdated(collected: Collected, pod: SeenObject) -> Outdated | None:
    """Return the first container of a Pod that started before its token was written."""
    if pod.ended:
        return None
    for container, recorded, _ in held_by(pod.object):
        secret = collected.secrets.get((pod.namespace, recorded.secret))
        if recorded.method is Method.FILE or recorded.config_map or secret is None:
            continue
        key, start = secret.keys.get(recorded.key), moment(started(pod.object, container))
        if start is None or key is None or key.changed is None or start >= key.changed:
            continue
        replaced = secret.made is not None and start < secret.made
        return Outdated(container, recorded.secret, key.changed, replaced)
    return None
