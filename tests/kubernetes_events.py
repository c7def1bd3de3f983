"""Stands for an API server that takes Events, with whatever objects they are about.

On top of `tests.kubernetes_objects`: an Event is created once, and a merge patch with an old
`resourceVersion` is refused, as by kube-apiserver.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult

from tests.kubernetes_http import Response
from tests.kubernetes_objects import KubernetesObjects, path_of

_FOLDER = ("", "api", "v1", "namespaces")


@dataclass
class KubernetesEvents(KubernetesObjects):
    """The stand-in.

    Attributes:
        ending: Namespaces that are being deleted.
        gone: Namespaces that do not exist.
    """

    ending: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The Events that there are."""
        with self.lock:
            return [found for found in self.objects.values() if found["kind"] == "Event"]

    def _found(self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Response:
        parts = tuple(url.path.split("/"))
        if method == "POST" and parts[:4] == _FOLDER and parts[5:] == ("events",):
            return self._created(parts[4], json.loads(body))
        return super()._found(method, url, headers, body)

    def _created(self, namespace: str, manifest: dict[str, Any]) -> Response:
        if ("create", "events") in self.forbidden:
            return Response.of(403, 'events is forbidden: User "someone" cannot create resource "events"')
        if namespace in self.ending:
            return _ending(namespace)
        if namespace in self.gone:
            return Response.of(404, f'namespaces "{namespace}" not found')
        if manifest["involvedObject"]["namespace"] != namespace:
            return Response.of(422, "involvedObject.namespace does not match event.namespace")
        path = path_of(manifest)
        if path in self.objects:
            return Response.of(409, f'events "{manifest["metadata"]["name"]}" already exists')
        self.add(manifest)
        return Response(201, self.objects[path])


def _ending(namespace: str) -> Response:
    message = f"events is forbidden: unable to create new content in namespace {namespace}"
    response = Response.of(403, message, "metadata.namespace")
    response.body["details"]["causes"][0]["reason"] = "NamespaceTerminating"
    return response
