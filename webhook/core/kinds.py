"""Where each kind keeps its Pods, and where an annotation must stand to reach them.

Nothing else knows kinds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from webhook.core import caps, read


@dataclass(frozen=True, slots=True)
class Template:
    """One place of a kind that becomes Pods.

    Attributes:
        path: Keys down to the PodSpec; `*` is every item of a list.
        reach: Keys down to the objects whose `annotations` and `labels` reach those Pods, the strongest last.
    """

    path: tuple[str, ...]
    reach: tuple[tuple[str, ...], ...]
    pointer: str = field(init=False)
    """JSON pointer to the PodSpec; "" where the path has a `*`."""

    def __post_init__(self) -> None:
        """Make the pointer."""
        object.__setattr__(self, "pointer", "" if "*" in self.path else "/" + "/".join(self.path))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind whose objects carry Pods.

    Attributes:
        templates: Its places.
        updates: Whether an UPDATE is decided as well; Pods of other kinds cannot change, or are made anew.
        components: The places are components of an InferenceService.
        downloads: Keys down to URIs that a `storage-initializer`, which is not in the object, downloads.
    """

    templates: tuple[Template, ...]
    updates: bool = False
    components: bool = False
    downloads: tuple[tuple[str, ...], ...] = ()

    @property
    def own_metadata_reaches(self) -> bool:
        """Whether annotations in the object's own `metadata` reach its Pods."""
        return any(("metadata",) in template.reach for template in self.templates)


class Place(NamedTuple):
    """A PodSpec within an object."""

    pointer: str
    """JSON pointer to it."""

    spec: dict[str, Any]
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]
    reach: tuple[tuple[str, ...], ...]
    """Keys down to the objects whose annotations reach these Pods, indices filled in."""


def _pod_template(*path: str) -> Template:
    """A `core/v1` PodTemplateSpec at a path."""
    return Template((*path, "spec"), ((*path, "metadata"),))


def _workload(*path: str) -> tuple[Template, ...]:
    """A WorkloadSpec of an LLMInferenceService: its own `annotations` reach its Pods, the object's do not."""
    return (
        Template((*path, "template"), (path,)),
        Template((*path, "worker"), (path,)),
    )


_TEMPLATE: Final = Kind((_pod_template("spec", "template"),))
_LLM: Final = Kind(
    (
        *_workload("spec"),
        *_workload("spec", "prefill"),
        Template(("spec", "router", "scheduler", "template"), (("spec", "router", "scheduler"),)),
        Template(("spec", "router", "scheduler", "tokenizer", "template"), ()),
    ),
    downloads=(("spec", "model", "uri"), ("spec", "model", "lora", "adapters", "*", "uri")),
)


def _ray(*path: str) -> tuple[Template, ...]:
    """A RayClusterSpec."""
    return (
        _pod_template(*path, "headGroupSpec", "template"),
        _pod_template(*path, "workerGroupSpecs", "*", "template"),
    )


_RUNTIME: Final = Kind(
    (
        Template(("spec",), (("spec",),)),
        Template(("spec", "workerSpec"), (("spec",),)),
    )
)


def _component(*path: str) -> Template:
    """A component of an InferenceService: its own metadata beats the object's."""
    return Template(path, (("metadata",), path))


KINDS: Final[Mapping[tuple[str, str], Kind]] = {
    ("", "Pod"): Kind((Template(("spec",), (("metadata",),)),)),
    ("serving.kserve.io", "InferenceService"): Kind(
        (
            _component("spec", "predictor"),
            Template(("spec", "predictor", "workerSpec"), (("metadata",), ("spec", "predictor"))),
            _component("spec", "transformer"),
            _component("spec", "explainer"),
            Template(
                ("spec", "canary", "*", "predictor"),
                (("metadata",), ("spec", "predictor"), ("spec", "canary", "*", "predictor")),
            ),
        ),
        updates=True,
        components=True,
    ),
    ("", "PodTemplate"): Kind((_pod_template("template"),)),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): Kind((_pod_template("spec", "jobTemplate", "spec", "template"),)),
    ("serving.knative.dev", "Service"): _TEMPLATE,
    ("serving.knative.dev", "Configuration"): _TEMPLATE,
    ("serving.knative.dev", "Revision"): Kind((Template(("spec",), (("metadata",),)),)),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): Kind(
        (
            _pod_template("spec", "leaderWorkerTemplate", "leaderTemplate"),
            _pod_template("spec", "leaderWorkerTemplate", "workerTemplate"),
        )
    ),
    ("ray.io", "RayCluster"): Kind(_ray("spec")),
    ("ray.io", "RayService"): Kind(_ray("spec", "rayClusterConfig")),
    ("ray.io", "RayJob"): Kind(
        (*_ray("spec", "rayClusterSpec"), _pod_template("spec", "submitterPodTemplate"))
    ),
    ("serving.kserve.io", "LLMInferenceService"): _LLM,
    ("serving.kserve.io", "LLMInferenceServiceConfig"): _LLM,
    ("serving.kserve.io", "ServingRuntime"): _RUNTIME,
    ("serving.kserve.io", "ClusterServingRuntime"): _RUNTIME,
}
"""API group and kind to where its Pods are.

Versions do not differ in this (LLMInferenceService v1alpha1, v1alpha2).
"""


def places(document: Mapping[str, Any], kind: Kind) -> list[Place]:
    """Return the PodSpecs of an object that are there, no more than the cap on containers and one."""
    found: list[Place] = []
    for template in kind.templates:
        if template.pointer:
            spec = read.at(document, template.path)
            if spec:
                found.append(_place(document, template.pointer, spec, template.reach))
            continue
        for keys, item in expand(document, template.path):
            if len(found) > caps.CONTAINERS:
                return found
            if type(item) is dict:
                reach = tuple([_same(path, keys) for path in template.reach])
                found.append(_place(document, "/" + "/".join(keys), item, reach))
    return found


def _place(
    document: Mapping[str, Any], pointer: str, spec: dict[str, Any], reach: tuple[tuple[str, ...], ...]
) -> Place:
    labels: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    for keys in reach:
        metadata = read.at(document, keys)
        more_labels, more_annotations = (
            read.mapping(metadata, "labels"),
            read.mapping(metadata, "annotations"),
        )
        labels = {**labels, **more_labels} if labels else more_labels
        annotations = {**annotations, **more_annotations} if annotations else more_annotations
    return Place(pointer, spec, labels, annotations, reach)


def expand(document: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what stands at a path, with the path's `*` replaced by indices."""
    if "*" not in path:
        parent = read.at(document, path[:-1])
        if path[-1] in parent:
            yield path, parent[path[-1]]
        return
    star = path.index("*")
    parent = read.at(document, path[: star - 1])
    for index, item in enumerate(read.items(parent, path[star - 1])):
        front = (*path[:star], str(index))
        if type(item) is dict:
            for rest, value in expand(item, path[star + 1 :]):
                yield (*front, *rest), value


def _same(path: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
    """Return a path with its `*` replaced by the indices of another one that begins alike."""
    return tuple(found[i] if key == "*" else key for i, key in enumerate(path)) if "*" in path else path
