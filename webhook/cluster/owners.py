"""Who owns a Pod: from its controller up to whatever nobody owns, with the rights of whoever asks."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import (
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    INFERENCE_SERVICE,
    JOB,
    KNATIVE_CONFIGURATION,
    KNATIVE_REVISION,
    KNATIVE_SERVICE,
    LEADER_WORKER_SET,
    LLM_INFERENCE_SERVICE,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    Resource,
)
from webhook.core import read
from webhook.core.owners import controller

_WHOLE: Final = (
    DEPLOYMENT,
    STATEFUL_SET,
    DAEMON_SET,
    LEADER_WORKER_SET,
    INFERENCE_SERVICE,
    LLM_INFERENCE_SERVICE,
    KNATIVE_SERVICE,
)
_METADATA_ONLY: Final = (REPLICA_SET, JOB, CRON_JOB, POD, KNATIVE_REVISION, KNATIVE_CONFIGURATION)
_LONGEST: Final = 8
"""Owners above one another; a Knative Pod of an InferenceService has six."""


class Owner(NamedTuple):
    """One that controls what is below it.

    Attributes:
        kind, group, name: As the reference has them.
        resource: None for a kind that is not known here; nothing is read of it.
        found: The object, or only its metadata where no more is wanted of the kind; None where it is gone.
    """

    kind: str
    group: str
    name: str
    resource: Resource | None = None
    found: Object | None = None

    @property
    def word(self) -> str:
        """What kubectl takes for it."""
        return f"{self.resource.word if self.resource else self.kind.lower()}/{self.name}"


class Owners:
    """Reads owners, each one once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[tuple[str, str, str, str], Owner] = {}

    async def of(self, pod: Mapping[str, Any]) -> tuple[Owner, ...]:
        """Return the owners of a Pod, the nearest first; none for a bare Pod.

        Raises:
            StatusError: One may not be read.
            NoAnswerError: There was no answer.
        """
        namespace = read.string(read.mapping(pod, "metadata"), "namespace")
        chain: list[Owner] = []
        below: Mapping[str, Any] = pod
        while len(chain) < _LONGEST:
            reference = controller(below)
            if not reference:
                break
            owner = await self._find(namespace, reference)
            chain.append(owner)
            if owner.found is None:
                break
            below = owner.found
        return tuple(chain)

    async def _find(self, namespace: str, reference: Mapping[str, Any]) -> Owner:
        kind, name = read.string(reference, "kind"), read.string(reference, "name")
        group = read.string(reference, "apiVersion").rpartition("/")[0]
        key = (namespace, group, kind, name)
        if key not in self._read:
            self._read[key] = await self._ask(namespace, Owner(kind, group, name))
        return self._read[key]

    async def _ask(self, namespace: str, owner: Owner) -> Owner:
        for resource in (*_WHOLE, *_METADATA_ONLY):
            if (resource.kind, resource.group) == (owner.kind, owner.group):
                only = resource in _METADATA_ONLY
                found = await self._reader.get(resource, owner.name, namespace, metadata_only=only)
                return owner._replace(resource=resource, found=found)
        return owner
