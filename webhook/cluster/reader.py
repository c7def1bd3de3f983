"""Objects of the API, read with the rights of whoever asks: get, and lists page by page.

For commands. The server reads no objects: it follows metadata (`webhook.cluster.namespaces`).
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from webhook.cluster.client import Client, StatusError
from webhook.cluster.resources import NAMESPACE, Resource

PAGE: Final = 500
"""Objects in an answer, as kubectl does it."""

SECONDS: Final = 30.0
"""How long a request of a command may take: a page of 500 Pods may be 10 MB. For `Client(seconds=…)`."""

_NOT_FOUND: Final = 404
_METADATA: Final = "application/json;as={};g=meta.k8s.io;v=v1"
"""Without a second choice: what could not leave a Secret's value out must not answer with it."""

Object = dict[str, Any]
"""An object as the API server sends it, with `kind` and `apiVersion`, also where it comes from a list."""


class Reader:
    """Reads objects over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._versions: dict[Resource, str] = {}

    async def get(
        self, resource: Resource, name: str, namespace: str = "", *, metadata_only: bool = False
    ) -> Object | None:
        """Return one object, or None where it does not exist (or its kind is not installed).

        Raises:
            StatusError: The API server refuses (403, for one).
            NoAnswerError: There was no answer.
        """
        accept = _METADATA.format("PartialObjectMetadata") if metadata_only else "application/json"
        for version in self._candidates(resource):
            try:
                found = await self._client.get(
                    resource.path(version, namespace, name), parameters={}, accept=accept
                )
            except StatusError as error:
                if error.status == _NOT_FOUND:
                    continue
                raise
            self._versions[resource] = version
            return _whole(found, resource, version)
        return None

    async def lacks_namespace(self, name: str) -> bool:
        """Whether there is certainly no such namespace; one that may not be read may be there.

        Lists do not tell: those of a namespace that does not exist are empty.

        Raises:
            NoAnswerError: There was no answer.
        """
        try:
            return await self.get(NAMESPACE, name, metadata_only=True) is None
        except StatusError:
            return False

    async def list_all(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
    ) -> list[Object]:
        """Return all objects of a namespace, or of all namespaces; none where the kind is not installed.

        Raises:
            StatusError: The API server refuses (403, for one).
            NoAnswerError: There was no answer.
        """
        pages = self.pages(
            resource,
            namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            metadata_only=metadata_only,
        )
        return [found async for page in pages for found in page]

    async def pages(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
    ) -> AsyncIterator[list[Object]]:
        """Yield the same page by page, for what is too much to be held at once.

        Raises:
            StatusError: The API server refuses (403, for one).
            NoAnswerError: There was no answer.
        """
        accept = _METADATA.format("PartialObjectMetadataList") if metadata_only else "application/json"
        parameters = {
            key: value
            for key, value in (
                ("limit", str(PAGE)),
                ("labelSelector", label_selector),
                ("fieldSelector", field_selector),
            )
            if value
        }
        for version in self._candidates(resource):
            try:
                async for page in self._pages(resource.path(version, namespace), parameters, accept):
                    self._versions[resource] = version
                    yield [_whole(item, resource, version) for item in page]
            except StatusError as error:
                if error.status == _NOT_FOUND:
                    continue
                raise
            return

    async def installed(self, resource: Resource) -> bool:
        """Return whether the API server knows the kind.

        That is asked of its discovery, which everybody may read: objects of a kind that it does not know it
        refuses (403) to those who may not read them, as if it knew it.

        Raises:
            StatusError: The API server refuses.
            NoAnswerError: There was no answer.
        """
        for version in resource.versions:
            try:
                found = await self._client.get(resource.root(version), parameters={})
            except StatusError as error:
                if error.status == _NOT_FOUND:
                    continue
                raise
            served = found.get("resources")
            if any(one.get("name") == resource.plural for one in served or () if isinstance(one, dict)):
                return True
        return False

    async def _pages(
        self, path: str, parameters: Mapping[str, str], accept: str
    ) -> AsyncIterator[list[Object]]:
        more = ""
        while True:
            asked = {**parameters, "continue": more} if more else parameters
            page = await self._client.get(path, parameters=asked, accept=accept)
            items = page.get("items")
            yield [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            metadata = page.get("metadata")
            more = str(metadata.get("continue") or "") if isinstance(metadata, dict) else ""
            if not more:
                return

    def _candidates(self, resource: Resource) -> tuple[str, ...]:
        """Return the versions to try: the one that answered before, else all."""
        version = self._versions.get(resource)
        return (version,) if version else resource.versions


def _whole(found: Mapping[str, Any], resource: Resource, version: str) -> Object:
    """Return an object with its kind: those of a list come without."""
    api_version = f"{resource.group}/{version}" if resource.group else version
    return {**found, "apiVersion": api_version, "kind": resource.kind}
