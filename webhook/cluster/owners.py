"""Who owns a Pod: from its controller up to whatever nobody owns, with the rights of whoever asks."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from webhook.cluster.client import StatusError
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
from webhook.core.owners import controller, labelled

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
_RESOURCES: Final = {(one.group, one.kind): one for one in (*_WHOLE, *_METADATA_ONLY)}
_LONGEST: Final = 8
"""Owners above one another; a Knative Pod of an InferenceService has six."""


class Owner(NamedTuple):
    """One that controls what is below it.

    Attributes:
        kind, group, name: As the reference has them.
        resource: None for a kind that is not known here; nothing is read of it.
        found: The object, or only its metadata where no more is wanted of the kind; None where it is gone,
            or may not be read.
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
        self._read: dict[tuple[str, Resource, str], Object | None] = {}

    async def of(self, pod: Mapping[str, Any]) -> tuple[Owner, ...]:
        """Return the owners of a Pod, the nearest first; none for a bare Pod.

        Raises:
            StatusError: One may not be read.
            NoAnswerError: There was no answer.
        """
        chain, refusal = await self._above(pod)
        if refusal is not None:
            raise refusal
        return chain

    async def readable(self, pod: Mapping[str, Any]) -> tuple[Owner, ...]:
        """Return the owners of a Pod as far as they may be read, the nearest first.

        Of one that may not be read the reference is known. Whoever may read nothing between a Pod and what
        its labels name may still read that one, which then comes last.

        Raises:
            NoAnswerError: There was no answer.
        """
        chain, refusal = await self._above(pod)
        named = labelled(pod)
        if refusal is None or named is None:
            return chain
        (group, kind), name = named
        top = Owner(kind, group, name, _RESOURCES[group, kind])
        with suppress(StatusError):
            top = await self._find(read.string(read.mapping(pod, "metadata"), "namespace"), top)
        return (*chain, top)

    async def _above(self, pod: Mapping[str, Any]) -> tuple[tuple[Owner, ...], StatusError | None]:
        """Return the owners, and the refusal at which they end."""
        namespace = read.string(read.mapping(pod, "metadata"), "namespace")
        chain: list[Owner] = []
        below: Mapping[str, Any] = pod
        while len(chain) < _LONGEST:
            reference = controller(below)
            if not reference:
                break
            group = read.string(reference, "apiVersion").rpartition("/")[0]
            owner = Owner(read.string(reference, "kind"), group, read.string(reference, "name"))
            owner = owner._replace(resource=_RESOURCES.get((owner.group, owner.kind)))
            try:
                owner = await self._find(namespace, owner)
            except StatusError as error:
                return (*chain, owner), error
            chain.append(owner)
            if owner.found is None:
                break
            below = owner.found
        return tuple(chain), None

    async def _find(self, namespace: str, owner: Owner) -> Owner:
        if owner.resource is None:
            return owner
        key = (namespace, owner.resource, owner.name)
        if key not in self._read:
            only = owner.resource in _METADATA_ONLY
            self._read[key] = await self._reader.get(
                owner.resource, owner.name, namespace, metadata_only=only
            )
        return owner._replace(found=self._read[key])
