"""Which Pods belong to which object: by KServe's labels, else by controllers."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    INFERENCE_SERVICE,
    JOB,
    LEADER_WORKER_SET,
    LLM_INFERENCE_SERVICE,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    Resource,
)
from webhook.core import names, read
from webhook.core.owners import LEADER_WORKER_SET_NAME, controller, labelled
from webhook.core.remedies import Target

WORKLOADS: Final = (
    INFERENCE_SERVICE,
    LLM_INFERENCE_SERVICE,
    LEADER_WORKER_SET,
    DEPLOYMENT,
    STATEFUL_SET,
    DAEMON_SET,
    REPLICA_SET,
    CRON_JOB,
    JOB,
)
"""What makes Pods, and is looked for in a namespace."""

_JOB_NAME: Final = "batch.kubernetes.io/job-name"
_DEPTH: Final = 4
"""Controllers above a Pod that are followed: ReplicaSet, Deployment, and what made that."""


class Named(NamedTuple):
    """An object, by its kind and its name."""

    resource: Resource
    name: str
    namespace: str

    @property
    def target(self) -> Target:
        """The same, as commands name it."""
        resource, name, namespace = self
        kind = resource.group, resource.kind
        return Target(kind, resource.word, name, namespace if resource.namespaced else "")


class Controller(NamedTuple):
    """What an object's owner reference says of its controller."""

    uid: str
    group: str
    kind: str
    name: str

    @property
    def resource(self) -> Resource | None:
        """Its kind, where that is one of those that are looked for."""
        return next((one for one in WORKLOADS if (one.group, one.kind) == (self.group, self.kind)), None)


def controller_of(found: Mapping[str, Any]) -> Controller | None:
    """Return an object's controller."""
    owner = controller(found)
    if not owner:
        return None
    group, _, _ = read.string(owner, "apiVersion").rpartition("/")
    return Controller(
        read.string(owner, "uid"), group, read.string(owner, "kind"), read.string(owner, "name")
    )


async def pods_of(reader: Reader, resource: Resource, found: Object) -> AsyncIterator[Object]:
    """Yield the Pods of an object that are not being deleted.

    Raises:
        StatusError: They may not be read.
        NoAnswerError: The API server does not answer.
    """
    metadata = read.mapping(found, "metadata")
    name, namespace = read.string(metadata, "name"), read.string(metadata, "namespace")
    part_of, llm = names.LLM_PART_OF
    labels = {
        INFERENCE_SERVICE: f"{names.INFERENCE_SERVICE_LABEL}={name}",
        LLM_INFERENCE_SERVICE: f"{part_of}={llm},{names.LLM_NAME}={name}",
        LEADER_WORKER_SET: f"{LEADER_WORKER_SET_NAME}={name}",
        CRON_JOB: _JOB_NAME,
    }
    if resource not in WORKLOADS:
        return
    selector = labels.get(resource) or _selector(read.mapping(read.mapping(found, "spec"), "selector"))
    controllers: set[str] | None = None
    if resource not in labels or resource is CRON_JOB:
        controllers = await _controllers(reader, resource, read.string(metadata, "uid"), namespace)
    async for page in reader.pages(POD, namespace, label_selector=selector):
        for pod in page:
            controller = controller_of(pod)
            theirs = controllers is None or (controller is not None and controller.uid in controllers)
            if theirs and "deletionTimestamp" not in read.mapping(pod, "metadata"):
                yield pod


async def _controllers(reader: Reader, resource: Resource, uid: str, namespace: str) -> set[str]:
    """Return the uids of what controls the Pods of an object: itself, or what it makes in between."""
    between = {DEPLOYMENT: REPLICA_SET, CRON_JOB: JOB}.get(resource)
    if between is None:
        return {uid}
    controllers = set()
    async for page in reader.pages(between, namespace, metadata_only=True):
        for each in page:
            controller = controller_of(each)
            if controller is not None and controller.uid == uid:
                controllers.add(read.string(read.mapping(each, "metadata"), "uid"))
    return controllers


def _selector(selector: Mapping[str, Any]) -> str:
    """Return the labels of a selector; its other requirements are left to the owner references."""
    return ",".join(f"{key}={value}" for key, value in read.mapping(selector, "matchLabels").items())


class Family:
    """The objects of one namespace, and what controls what."""

    def __init__(self) -> None:
        self._controllers: dict[str, Controller | None] = {}
        self._tops: dict[tuple[tuple[str, str], str], str] = {}
        self._named: dict[str, Named] = {}

    def add(self, resource: Resource, found: Mapping[str, Any]) -> Named | None:
        """Take an object in; return it where it stands for itself, and nothing that is known made it."""
        metadata = read.mapping(found, "metadata")
        uid, name = read.string(metadata, "uid"), read.string(metadata, "name")
        controller = controller_of(found)
        self._controllers[uid] = controller
        if controller is not None and controller.resource is not None:
            return None
        named = Named(resource, name, read.string(metadata, "namespace"))
        self._named[uid] = named
        self._tops[(resource.group, resource.kind), name] = uid
        return named

    def top_of(self, pod: Mapping[str, Any]) -> Named | None:
        """Return the object that a Pod belongs to; None where it stands for itself."""
        if (named := labelled(pod)) is not None:
            uid = self._tops.get(named)
            if uid is not None:
                return self._named[uid]
        controller = controller_of(pod)
        for _ in range(_DEPTH):
            if controller is None:
                return None
            if controller.uid in self._named:
                return self._named[controller.uid]
            controller = self._controllers.get(controller.uid)
        return None
