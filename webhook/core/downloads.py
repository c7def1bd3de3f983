"""What an object downloads from the Hub, whatever becomes of its token: for network policies and `doctor`.

`admit()` decides about tokens, and so stops early: a workload that is opted out, or that has a token of its
own, asks the Hub all the same. Here it is asked with our keys taken off.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.admit import admit
from webhook.core.caps import OverCapError
from webhook.core.decision import JsonObject, Operation, Request, Scope, Verdict
from webhook.core.hub import HUGGING_FACE, redact
from webhook.core.kinds import KINDS, places
from webhook.core.knowledge import UNKNOWN as NOTHING_KNOWN
from webhook.core.reading import entries_of
from webhook.core.reasons import Reason
from webhook.core.settings import Settings
from webhook.core.variables import UNKNOWN, Environment

_DOWNLOADS_NOTHING: Final = frozenset(
    {
        Reason.NO_HUB_REFERENCE,
        Reason.INFRASTRUCTURE,
        Reason.LOCAL_MODEL_CACHE,
        Reason.TOO_LARGE,
        Reason.MALFORMED,
        Reason.OFFLINE,
    }
)


class Download(NamedTuple):
    """A container that asks the Hub.

    Attributes:
        container: Its name, or the component of an InferenceService that it serves.
        repositories: What it names there; empty where only an annotation says that it asks.
        endpoint: What its `HF_ENDPOINT` says; empty for the Hub itself, None where that cannot be known.
    """

    container: str
    repositories: tuple[str, ...] = ()
    endpoint: str | None = ""

    @property
    def sentence(self) -> str:
        """What it does, for people."""
        named = ", ".join(self.repositories)
        return f"{self.container} downloads {named or 'what an annotation says, from the Hub'}"


def downloads(
    group: str, kind: str, namespace: str, document: JsonObject, settings: Settings
) -> list[Download]:
    """Return the containers of an object that ask the Hub; none for a kind without Pods.

    Args:
        group: Of its API; "" for core.
        kind: As in a manifest.
        namespace: Where it lives.
        document: Raw; it is not changed.
        settings: The platform's.
    """
    bare = _without_our_keys(group, kind, document)
    request = Request(group, kind, Operation.CREATE, namespace, bare, scope=Scope.ALL)
    decision = admit(request, NOTHING_KNOWN, settings)
    return [
        Download(verdict.container, verdict.repositories, _endpoint(bare, verdict))
        for verdict in decision.verdicts
        if verdict.reason not in _DOWNLOADS_NOTHING
    ]


def _without_our_keys(group: str, kind: str, document: JsonObject) -> JsonObject:
    """Return an object without what we are told about tokens; which containers ask the Hub is kept."""
    known = KINDS.get((group, kind))
    bare = document
    for keys in {keys for place in places(document, known) for keys in place.reach} if known else ():
        holder = read.at(bare, keys)
        kept = {
            field: {
                key: value
                for key, value in read.mapping(holder, field).items()
                if not key.startswith(names.PREFIX) or key == names.CONTAINERS
            }
            for field in ("labels", "annotations")
            if read.mapping(holder, field)
        }
        if kept:
            bare = _with(bare, keys, {**holder, **kept})
    return bare


def _with(node: Any, keys: Sequence[str], value: Any) -> Any:  # noqa: ANN401 - a part of an object
    """Return a node in which something else stands at a path; what is not on it is shared, not copied."""
    if not keys:
        return value
    below = _with(node[int(keys[0])] if isinstance(node, list) else node[keys[0]], keys[1:], value)
    if isinstance(node, list):
        index = int(keys[0])
        return [*node[:index], below, *node[index + 1 :]]
    return {**node, keys[0]: below}


def _endpoint(document: JsonObject, verdict: Verdict) -> str | None:
    """Return where a container's client sends its requests, as its `env` says."""
    container = read.at(document, verdict.path.split("/")[1:])
    entries = entries_of(container) or {}
    if HUGGING_FACE.endpoint_variable not in entries:
        return ""
    try:
        value = Environment(entries).get(HUGGING_FACE.endpoint_variable) or ""
    except OverCapError:
        return None
    return None if UNKNOWN in value else redact(value.rstrip("/"))
