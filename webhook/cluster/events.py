"""Writes Events: one object for each thing that is told of an object, with a count.

Core `v1` and not `events.k8s.io/v1`: both are the same objects, but `count` and `lastTimestamp`, which every
tool reads, exist only in the first. An Event's name is made of what it says, so all replicas, also those that
come later, count in one object: a merge patch with the `resourceVersion` that was read is refused with 409
where another replica was faster (seen with kube-apiserver 1.37), and then the count is read anew. So `create`
and `patch` are enough; the answer to a patch shows what is there.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from certs.store import Permission
from webhook.cluster.client import Answer, Client, NoAnswerError
from webhook.cluster.resources import EVENT, INFERENCE_SERVICE, LLM_INFERENCE_SERVICE, Resource
from webhook.core.events import Involved, Told

COMPONENT: Final = "hf-token-injector"
"""Who tells; `kubectl describe` shows it as From."""

_LOOKED_UP: Final = {resource.kind: resource for resource in (INFERENCE_SERVICE, LLM_INFERENCE_SERVICE)}

EVENT_PERMISSIONS: Final = (
    Permission("create", "", EVENT.plural, ""),
    Permission("patch", "", EVENT.plural, ""),
    *(Permission("get", resource.group, resource.plural, "") for resource in _LOOKED_UP.values()),
)
"""The rights for it, in all namespaces. `get` is for the `uid`: `kubectl describe` shows no Event without it
(seen with kubectl 1.37; `kubectl get events` and `kubectl events --for` do)."""

_MERGE_PATCH: Final = "application/merge-patch+json"
_METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_NAME: Final = 200
"""Characters of an object's name that go into the name of its Event, which may have 253."""
_TRIES: Final = 4
_ENDING: Final = "NamespaceTerminating"
_OK, _CREATED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 200, 201, 403, 404, 409


class AbsentError(Exception):
    """The object that is to be told of does not exist, or its namespace goes."""


class Stored(NamedTuple):
    """An Event as it was last written or read.

    Attributes:
        name: Of the Event.
        uid: Of the object that it is about.
        total: How often the thing was told.
        version: `resourceVersion`.
    """

    name: str
    uid: str
    total: int
    version: str


class Times(NamedTuple):
    """How often something is told in addition, and between which moments."""

    number: int
    first: datetime
    last: datetime


class EventStore:
    """Writes Events over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def write(self, about: Involved, said: Told, times: Times, known: Stored | None = None) -> Stored:
        """Write that something was told; return the Event as it is now.

        Where an answer does not come, it is unknown whether the count was written: told again, it may be too
        high.

        Args:
            about: The object. Where its `uid` is not known and we have a right to, it is asked for.
            said: What is told.
            times: How often, beside what was written before.
            known: The Event as this replica knows it.

        Raises:
            AbsentError: The object does not exist, as far as we may ask, or its namespace goes.
            StatusError: The API server refuses.
            NoAnswerError: There was no answer, or other replicas were faster again and again.
        """
        uid = about.uid or await self._uid(about)
        event = _Event(about._replace(uid=uid), said)
        if known is not None and known.uid != uid:
            known = None
        for _ in range(_TRIES):
            if known is None:
                answer = await self._ask("POST", event.folder, event.manifest(times))
                if answer.status == _CREATED:
                    return _stored(answer, event, times.number)
                if answer.status == _NOT_FOUND or _is_ending(answer):
                    raise AbsentError(f"namespace {about.namespace} is deleted")
                if answer.status != _CONFLICT:
                    raise self._client.refusal(answer)
                known = await self._read(event, times)
                continue
            count = known.total + times.number
            answer = await self._ask("PATCH", event.path, _change(times, count, known.version))
            if answer.status == _OK:
                return _stored(answer, event, count)
            if answer.status == _CONFLICT:
                known = await self._read(event, times)
            elif answer.status == _NOT_FOUND:
                known = None
            else:
                raise self._client.refusal(answer)
        raise NoAnswerError(f"Event {event.name} is written by others again and again")

    async def _read(self, event: "_Event", times: Times) -> Stored | None:
        """Return an Event as it is; None where it has gone. A patch needs no right to read."""
        answer = await self._ask("PATCH", event.path, {"lastTimestamp": _moment(times.last)})
        if answer.status == _NOT_FOUND:
            return None
        if answer.status != _OK:
            raise self._client.refusal(answer)
        count = answer.body.get("count")
        return _stored(answer, event, count if isinstance(count, int) else 0)

    async def _uid(self, about: Involved) -> str:
        """Return the `uid` of an object of KServe's; nothing for another one, or where we may not ask.

        Raises:
            AbsentError: It does not exist.
            StatusError: The API server refuses otherwise.
            NoAnswerError: There was no answer.
        """
        resource = _LOOKED_UP.get(about.kind)
        if resource is None or not about.api_version.startswith(f"{resource.group}/"):
            return ""
        for version in _versions(resource, about):
            path = resource.path(version, about.namespace, about.name)
            answer = await self._client.request("GET", path, accept=_METADATA)
            if answer.status == _FORBIDDEN:
                return ""
            if answer.status == _OK:
                return str(_metadata(answer).get("uid") or "")
            if answer.status != _NOT_FOUND:
                raise self._client.refusal(answer)
        raise AbsentError(f"{about.kind} {about.namespace}/{about.name} does not exist")

    async def _ask(self, method: str, path: str, document: Mapping[str, Any]) -> Answer:
        return await self._client.request(
            method,
            path,
            content=orjson.dumps(document),
            content_type="application/json" if method == "POST" else _MERGE_PATCH,
        )


class _Event:
    """Where an Event is, and what stands in it."""

    def __init__(self, about: Involved, said: Told) -> None:
        self.about = about
        self.said = said
        digest = sha256("\n".join((*about, *said)).encode()).hexdigest()[:16]
        self.name = f"{about.name[:_NAME].rstrip('-.')}.{digest}"
        self.folder = EVENT.path("v1", about.namespace)
        self.path = EVENT.path("v1", about.namespace, self.name)

    def manifest(self, times: Times) -> dict[str, Any]:
        """Return the Event as it is created."""
        about, said = self.about, self.said
        reference = {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
            **({"uid": about.uid} if about.uid else {}),
        }
        return {
            "apiVersion": "v1",
            "kind": EVENT.kind,
            "metadata": {"name": self.name, "namespace": about.namespace},
            "involvedObject": reference,
            "type": said.type,
            "reason": said.reason,
            "message": said.message,
            "count": times.number,
            "firstTimestamp": _moment(times.first),
            "lastTimestamp": _moment(times.last),
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
        }


def _versions(resource: Resource, about: Involved) -> tuple[str, ...]:
    """Return the versions to ask for, that of the review first."""
    own = about.api_version.rpartition("/")[2]
    return (own, *(version for version in resource.versions if version != own))


def _change(times: Times, count: int, version: str) -> dict[str, Any]:
    return {
        "metadata": {"resourceVersion": version},
        "count": count,
        "lastTimestamp": _moment(times.last),
    }


def _is_ending(answer: Answer) -> bool:
    """Tell whether nothing can be created any more: `NamespaceLifecycle`, the namespace is being deleted."""
    details = answer.body.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return isinstance(causes, list) and any(
        isinstance(cause, dict) and cause.get("reason") == _ENDING for cause in causes
    )


def _stored(answer: Answer, event: _Event, count: int) -> Stored:
    version = str(_metadata(answer).get("resourceVersion") or "")
    return Stored(event.name, event.about.uid, count, version)


def _metadata(answer: Answer) -> Mapping[str, Any]:
    metadata = answer.body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _moment(at: datetime) -> str:
    """Return a time as `metav1.Time` has it: whole seconds, in UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
