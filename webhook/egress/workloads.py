"""The workloads of a namespace that ask the Hub, and the label selectors that find their Pods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.downloads import Download, downloads
from webhook.core.kinds import KINDS, places
from webhook.core.owners import controller
from webhook.core.settings import Settings

Labels = Mapping[str, str]

_SERVICES: Final = "inferenceservices"
_LLMS: Final = "llminferenceservices"

_NAME: Final = "app.kubernetes.io/name"
"""On the Pods of an LLMInferenceService: its name (KServe, `constants.go`)."""

_OWNED: Final = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"})
"""Controllers that stand for what they own."""

_GROUPING: Final = (
    "ray.io/cluster",
    "serving.knative.dev/service",
    "leaderworkerset.sigs.k8s.io/name",
    "jobset.sigs.k8s.io/jobset-name",
    "batch.kubernetes.io/job-name",
    "job-name",
)
"""Labels that a controller gives all Pods of one thing, and no others."""

_CHANGING: Final = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "batch.kubernetes.io/controller-uid",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    }
)
"""Labels that the next Pod of the same thing does not have."""


class Found(NamedTuple):
    """An object as it was read."""

    group: str
    kind: str
    name: str
    object: Mapping[str, Any]


@dataclass(slots=True)
class Asker:
    """A workload that asks the Hub."""

    kind: str
    name: str
    downloads: list[Download] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Which it is, and what it downloads."""
        done = "; ".join(dict.fromkeys(download.sentence for download in self.downloads))
        return f"{self.kind} {self.name}: {done}"


@dataclass(slots=True)
class Selection:
    """The Pods of one policy.

    Attributes:
        slug: For the policy's name.
        of: What they are, for people.
        selector: A `LabelSelector`; empty for all Pods; None where nothing tells them from others.
        labels: Those of its Pods that are known, for finding the policies that select them today.
        askers: The workloads among them that ask the Hub.
        others: Those that it selects as well.
    """

    slug: str
    of: str
    selector: dict[str, Any] | None
    labels: dict[str, str] = field(default_factory=dict)
    askers: list[Asker] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def asker(self, kind: str, name: str) -> Asker:
        """Return a workload of it, as known so far."""
        for asker in self.askers:
            if (asker.kind, asker.name) == (kind, name):
                return asker
        self.askers.append(Asker(kind, name))
        return self.askers[-1]


def selections(found: Iterable[Found], namespace: str, settings: Settings, *, named: bool) -> list[Selection]:
    """Return what policies must select, KServe's workloads in front.

    Args:
        found: The objects of the namespace.
        namespace: Where they live.
        settings: The platform's.
        named: Select KServe's workloads by name, and not all of their kind.
    """
    everything = list(found)
    chosen: dict[str, Selection] = {}
    for one in everything:
        asked = downloads(one.group, one.kind, namespace, one.object, settings)
        if asked and not _stood_for(one):
            kind, name, selection = _classified(one, namespace, settings)
            selection = chosen.setdefault(selection.slug, selection)
            selection.labels |= _labels(one)
            asker = selection.asker(kind, name)
            asker.downloads += [download for download in asked if download not in asker.downloads]
    for slug, kind in ((_SERVICES, "InferenceService"), (_LLMS, "LLMInferenceService")):
        if slug in chosen:
            every = [one.name for one in everything if one.kind == kind]
            _decide_on_names(chosen[slug], every, named=named)
    return sorted(chosen.values(), key=lambda selection: selection.slug not in {_SERVICES, _LLMS})


def _stood_for(one: Found) -> bool:
    """Whether the object that owns this one is looked at in its place."""
    labels = _labels(one)
    if names.INFERENCE_SERVICE_LABEL in labels or _is_llm(labels):
        # What a ServingRuntime brings is only in the Deployment.
        return False
    return controller(one.object).get("kind") in _OWNED


def _classified(one: Found, namespace: str, settings: Settings) -> tuple[str, str, Selection]:
    """Return which workload an object belongs to, and what selects its Pods."""
    labels = _labels(one)
    if one.kind == "InferenceService" or names.INFERENCE_SERVICE_LABEL in labels:
        name = one.name if one.kind == "InferenceService" else labels[names.INFERENCE_SERVICE_LABEL]
        known = {names.INFERENCE_SERVICE_LABEL: name}
        return "InferenceService", name, Selection(_SERVICES, "the InferenceServices", {}, known)
    if one.kind == "LLMInferenceService" or _is_llm(labels):
        name = one.name if one.kind == "LLMInferenceService" else labels.get(_NAME, one.name)
        known = {names.LLM_PART_OF[0]: names.LLM_PART_OF[1], _NAME: name}
        return "LLMInferenceService", name, Selection(_LLMS, "the LLMInferenceServices", {}, known)
    if namespace in settings.local_model_namespaces:
        of = "KServe's local model cache, which downloads here and does nothing else"
        return one.kind, one.name, Selection("local-model-cache", of, {})
    slug = f"{one.kind.lower()}-{one.name}"
    return one.kind, one.name, Selection(slug, f"{one.kind} {one.name}", _selector(one, labels))


def _selector(one: Found, labels: Labels) -> dict[str, Any] | None:
    """Return what selects the Pods of a workload that is none of KServe's; None where nothing does."""
    own = read.at(one.object, ("spec", "selector"))
    if own and one.group == "apps":
        return {key: own[key] for key in ("matchLabels", "matchExpressions") if own.get(key)}
    if one.kind == "Job":
        return {"matchLabels": {"batch.kubernetes.io/job-name": one.name}}
    if one.kind == "LeaderWorkerSet":
        return {"matchLabels": {"leaderworkerset.sigs.k8s.io/name": one.name}}
    for label in _GROUPING:
        if label in labels:
            return {"matchLabels": {label: labels[label]}}
    kept = {key: value for key, value in labels.items() if key not in _CHANGING}
    return {"matchLabels": kept} if kept else None


def _labels(one: Found) -> dict[str, str]:
    """Return the labels of an object's Pods: those of its first template."""
    kind = KINDS.get((one.group, one.kind))
    if kind is None or kind.components:
        return {}
    found = places(one.object, kind)
    labels = found[0].labels if found else {}
    return {key: value for key, value in labels.items() if isinstance(value, str)}


def _is_llm(labels: Labels) -> bool:
    label, value = names.LLM_PART_OF
    return labels.get(label) == value


def _decide_on_names(selection: Selection, every: list[str], *, named: bool) -> None:
    """Select KServe's workloads by their kind, or only those that ask the Hub."""
    llm = selection.slug == _LLMS
    asking = sorted(asker.name for asker in selection.askers)
    label, value = names.LLM_PART_OF
    key = _NAME if llm else names.INFERENCE_SERVICE_LABEL
    selector: dict[str, Any] = {"matchLabels": {label: value}} if llm else {}
    if named:
        selector["matchExpressions"] = [{"key": key, "operator": "In", "values": asking}]
    else:
        if not llm:
            selector["matchExpressions"] = [{"key": key, "operator": "Exists"}]
        selection.others = sorted(set(every) - set(asking))
    selection.selector = selector
