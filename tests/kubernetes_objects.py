"""Stands for an API server with whatever objects a test puts into it, for commands that read and patch.

On top of `tests.kubernetes_api`: the same port, certificate, tokens and faults; statuses and bodies as those
of kube-apiserver. Lists come page by page, metadata alone where that is asked for, and a merge patch counts
`resourceVersion` and `generation`. No controller runs: a test that needs one is told of every change.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl

from tests.kubernetes_api import KubernetesApi
from tests.kubernetes_http import Response
from webhook.cluster.resources import RESOURCES, Resource

Object = dict[str, Any]
_MERGE_PATCH = "application/merge-patch+json"


@dataclass
class KubernetesObjects(KubernetesApi):
    """The stand-in. `objects` may be read and changed under `lock`.

    Attributes:
        objects: By path.
        groups: API groups that are installed; of others there is not even an empty list.
        forbidden: Verb and plural of what nobody may do, such as `("patch", "deployments")`.
        after: Called with each object that was patched, under `lock`, as a controller would see it.
        writers: Field manager of each patch.
        admit: What an object that is created is answered with, nothing being kept: as it came, at first.
    """

    objects: dict[str, Object] = field(default_factory=dict)
    groups: set[str] = field(default_factory=lambda: {"", "apps", "batch", "networking.k8s.io"})
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    after: list[Callable[[Object], None]] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    admit: Callable[[Object], Response] = field(default=lambda created: Response(201, created))

    def add(self, *manifests: Mapping[str, Any]) -> None:
        """Put objects in, or new versions of them, with what an API server adds of its own."""
        with self.lock:
            for manifest in manifests:
                path = path_of(manifest)
                found = deepcopy(dict(manifest))
                metadata = found.setdefault("metadata", {})
                metadata.setdefault("uid", f"uid-of-{path}")
                metadata.setdefault("generation", 1)
                metadata.setdefault("creationTimestamp", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
                metadata.setdefault("resourceVersion", self._next_version())
                self.objects[path] = found
                self.groups.add(_group(manifest))

    def object(self, kind: str, name: str, namespace: str = "") -> Object:
        """Return an object as it is now."""
        with self.lock:
            return deepcopy(self.objects[next(_paths(kind, name, namespace, self.objects))])

    def remove(self, kind: str, name: str, namespace: str = "") -> None:
        """Take an object out."""
        with self.lock:
            del self.objects[next(_paths(kind, name, namespace, self.objects))]

    def asked(self, method: str) -> list[str]:
        """Return the paths, with queries, of the requests so far."""
        return [path for verb, path, _ in self.requests if verb == method]

    def _found(self, method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Response:
        for resource in RESOURCES:
            for version in resource.versions:
                if url.path == resource.path(version).removesuffix(f"/{resource.plural}"):
                    return self._discovered(resource.group, version)
                place = _place(resource, version, url.path)
                if place is not None:
                    parameters = dict(parse_qsl(url.query))
                    verb = {"PATCH": "patch", "POST": "create"}.get(method, "get" if place[1] else "list")
                    asked = _Asked(verb, resource, *place, url.path, parameters, headers, body)
                    return self._refused(asked) or self._answered(asked)
        return super()._found(method, url, headers, body)

    def _refused(self, asked: "_Asked") -> Response | None:
        resource = asked.resource
        if (asked.verb, resource.plural) in self.forbidden:
            where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
            return Response.of(
                403,
                f'{resource.plural} is forbidden: User "someone" cannot {asked.verb} resource '
                f'"{resource.plural}" in API group "{resource.group}" {where}',
            )
        if resource.group not in self.groups:
            return Response.of(404, "the server could not find the requested resource")
        if asked.verb in {"get", "patch"} and asked.path not in self.objects:
            return Response.of(404, f'{resource.plural} "{asked.name}" not found')
        return None

    def _discovered(self, group: str, version: str) -> Response:
        """Answer what resources there are in a group's version."""
        if group not in self.groups:
            return Response.of(404, "the server could not find the requested resource")
        served = [
            {"name": resource.plural, "kind": resource.kind, "namespaced": resource.namespaced}
            for resource in RESOURCES
            if resource.group == group and version in resource.versions
        ]
        return Response(200, {"kind": "APIResourceList", "resources": served})

    def _answered(self, asked: "_Asked") -> Response:
        if asked.verb == "list":
            return self._page(asked)
        if asked.verb == "create":
            return self.admit(json.loads(asked.body))
        if asked.verb == "patch":
            if asked.headers["Content-Type"] != _MERGE_PATCH:
                return Response.of(415, "the body of the request was in an unknown format")
            self.writers.append(asked.parameters.get("fieldManager", ""))
            if not self._patch(asked.path, json.loads(asked.body)):
                return Response.of(409, f'Operation cannot be fulfilled on "{asked.name}": it was modified')
        return Response(200, _shown(self.objects[asked.path], asked.headers["Accept"]))

    def _page(self, asked: "_Asked") -> Response:
        version = asked.path.removeprefix("/apis/").removeprefix("/api/").split("/namespaces/")[0]
        matching = [
            found
            for _, found in sorted(self.objects.items(), key=itemgetter(0))
            if found["kind"] == asked.resource.kind
            and (not asked.namespace or found["metadata"].get("namespace") == asked.namespace)
            and version.startswith(found["apiVersion"])
            and _selected(found, asked.parameters)
        ]
        begin, limit = int(asked.parameters.get("continue", "0")), int(asked.parameters.get("limit", "500"))
        more = str(begin + limit) if begin + limit < len(matching) else ""
        accept = asked.headers["Accept"]
        items = [_shown(found, accept) for found in matching[begin : begin + limit]]
        for item in items if "as=" not in accept else ():
            del item["kind"], item["apiVersion"]
        return Response(200, {"kind": "List", "metadata": {"continue": more}, "items": items})

    def _patch(self, path: str, patch: Object) -> bool:
        """Change an object; return whether its version was the one that the patch is for."""
        before = self.objects[path]
        version = patch.get("metadata", {}).pop("resourceVersion", None)
        if version not in {None, before["metadata"]["resourceVersion"]}:
            return False
        changed = merged(before, patch)
        metadata = changed["metadata"] = dict(changed["metadata"])
        metadata["resourceVersion"] = self._next_version()
        if changed.get("spec") != before.get("spec"):
            metadata["generation"] += 1
        self.objects[path] = changed
        for told in self.after:
            told(changed)
        return True

    def _next_version(self) -> str:
        return str(
            1 + max((int(one["metadata"]["resourceVersion"]) for one in self.objects.values()), default=0)
        )


class _Asked(NamedTuple):
    """A request about a resource."""

    verb: str
    resource: Resource
    namespace: str
    name: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def merged(before: Any, patch: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value after a merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(before) if isinstance(before, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def path_of(manifest: Mapping[str, Any]) -> str:
    """Return where an object is, by the resources that commands know."""
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    resource = next(one for one in RESOURCES if (one.kind, one.group) == (manifest["kind"], group))
    metadata = manifest["metadata"]
    return resource.path(version, metadata.get("namespace", ""), metadata["name"])


def _group(manifest: Mapping[str, Any]) -> str:
    return str(manifest["apiVersion"]).rpartition("/")[0]


def _paths(kind: str, name: str, namespace: str, objects: Mapping[str, Object]) -> Iterator[str]:
    for path, found in objects.items():
        metadata = found["metadata"]
        if (found["kind"], metadata["name"], metadata.get("namespace", "")) == (kind, name, namespace):
            yield path


def _place(resource: Resource, version: str, path: str) -> tuple[str, str] | None:
    """Return namespace and name that a path is about; None where it is about another resource."""
    root = resource.path(version).removesuffix(resource.plural)
    if not path.startswith(root):
        return None
    parts = path.removeprefix(root).split("/")
    namespace = ""
    if parts[0] == "namespaces" and resource.namespaced and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    if parts[0] != resource.plural or len(parts) > 2:
        return None
    return namespace, parts[1] if len(parts) > 1 else ""


def _selected(found: Object, parameters: Mapping[str, str]) -> bool:
    """Whether labels and fields are as asked for; known are `key=value`, `key` and what negates them."""
    labels = found["metadata"].get("labels") or {}
    for requirement in filter(None, parameters.get("labelSelector", "").split(",")):
        key, equals, value = requirement.replace("!=", "=").removeprefix("!").partition("=")
        if (labels.get(key) == value if equals else key in labels) is ("!" in requirement):
            return False
    for requirement in filter(None, parameters.get("fieldSelector", "").split(",")):
        path, _, value = requirement.partition("=")
        node: Any = found
        for key in path.split("."):
            node = (node or {}).get(key)
        if node != value:
            return False
    return True


def _shown(found: Object, accept: str) -> Object:
    """Return an object, or its metadata where that is asked for."""
    if "as=PartialObjectMetadata" not in accept:
        return dict(found)
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": found["metadata"],
    }
