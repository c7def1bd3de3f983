"""Lists and single objects, where a refusal is written down and not the end."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from webhook.cluster.client import StatusError
from webhook.cluster.owners import Owner, Owners
from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import Resource
from webhook.doctor.collected import Topic, Unread

Keep: TypeAlias = Callable[[Object], bool]

FEW: Final = 32
"""Namespaces that are asked one by one. Of more, one list over all namespaces takes fewer requests."""

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_AT_ONCE: Final = 8
"""Requests at a time: as many connections as the client keeps."""


class Found(NamedTuple):
    """What several namespaces hold.

    Attributes:
        objects: Those that were read.
        refused: Namespaces that could not be read.
    """

    objects: list[Object]
    refused: frozenset[str] = frozenset()


def _everything(_found: Object) -> bool:
    return True


class Asking:
    """Reads with the caller's rights.

    Attributes:
        unread: What was refused.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.unread: list[Unread] = []
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._owners = Owners(reader)

    def missed(self, topic: Topic, what: str, error: StatusError) -> None:
        """Write down what could not be read; a wrong credential is the end of everything.

        Raises:
            StatusError: The API server does not know the caller.
        """
        if error.status == _UNAUTHORIZED:
            raise error
        why = "you may not read them" if error.status == _FORBIDDEN else str(error)
        self.unread.append(Unread(topic, what, why, forbidden=error.status == _FORBIDDEN))

    async def _kept(
        self,
        keep: Keep,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> list[Object]:
        """Return what is to be kept of a list; of the rest no more than a page is in memory."""
        pages = self.reader.pages(
            resource, namespace, label_selector=label_selector, field_selector=field_selector
        )
        return [found async for page in pages for found in page if keep(found)]

    async def one(
        self, topic: Topic, resource: Resource, name: str, namespace: str = "", *, metadata_only: bool = False
    ) -> Object | None:
        """Return an object; None where there is none, or where it may not be read."""
        try:
            async with self._slots:
                return await self.reader.get(resource, name, namespace, metadata_only=metadata_only)
        except StatusError as error:
            place = f" of namespace {namespace}" if namespace else ""
            self.missed(topic, f"{resource.kind} {name}{place}", error)
            return None

    async def all_of(
        self,
        topic: Topic,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        keep: Keep = _everything,
    ) -> list[Object]:
        """Return the objects of a namespace, or of all; none where they may not be listed."""
        try:
            async with self._slots:
                return await self._kept(keep, resource, namespace, label_selector=label_selector)
        except StatusError as error:
            self.missed(topic, _them(resource, [namespace] if namespace else ()), error)
            return []

    async def owners(self, pod: Mapping[str, Any]) -> tuple[Owner, ...]:
        """Return who has made a Pod, as far as they may be read, the nearest first."""
        async with self._slots:
            return await self._owners.readable(pod)

    async def within(  # noqa: PLR0913 - what a list can be asked for
        self,
        topic: Topic,
        resource: Resource,
        namespaces: Collection[str],
        *,
        label_selector: str = "",
        name: str = "",
        keep: Keep = _everything,
    ) -> "Found":
        """Return the objects of several namespaces.

        Args:
            topic: What it is for.
            resource: Which.
            namespaces: Where.
            label_selector: Which of them.
            name: Only those of that name.
            keep: Which of those that were listed.
        """
        selector = f"metadata.name={name}" if name else ""
        if len(namespaces) > FEW:
            try:
                found = await self._kept(
                    keep, resource, label_selector=label_selector, field_selector=selector
                )
            except StatusError as error:
                if error.status != _FORBIDDEN:
                    self.missed(topic, _them(resource, (), name), error)
                    return Found([], frozenset(namespaces))
            else:
                return Found([one for one in found if _namespace(one) in namespaces])
        refused: list[str] = []
        forbidden: list[str] = []

        async def ask(namespace: str) -> list[Object]:
            async with self._slots:
                try:
                    if name:
                        one = await self.reader.get(resource, name, namespace)
                        return [one] if one else []
                    return await self._kept(keep, resource, namespace, label_selector=label_selector)
                except StatusError as error:
                    refused.append(namespace)
                    if error.status != _FORBIDDEN:
                        self.missed(topic, _them(resource, [namespace]), error)
                    else:
                        forbidden.append(namespace)
                    return []

        answers = await asyncio.gather(*(ask(namespace) for namespace in sorted(namespaces)))
        if forbidden:
            what = _them(resource, sorted(forbidden), name)
            self.unread.append(Unread(topic, what, "you may not read them", forbidden=True))
        return Found([one for answer in answers for one in answer], frozenset(refused))


def _them(resource: Resource, namespaces: Sequence[str], name: str = "") -> str:
    """Return what people call the objects of some namespaces; all namespaces where none is named."""
    what = f"{resource.kind} {name}" if name else f"{resource.kind}s"
    if not resource.namespaced:
        return what
    if not namespaces:
        return f"{what} of all namespaces"
    if len(namespaces) == 1:
        return f"{what} of namespace {namespaces[0]}"
    more = f" and {len(namespaces) - 2} more" if len(namespaces) > 2 else ""  # noqa: PLR2004 - two are named
    return f"{what} of namespaces {', '.join(namespaces[:2])}{more}"


def _namespace(found: Object) -> str:
    return str(found.get("metadata", {}).get("namespace", ""))
