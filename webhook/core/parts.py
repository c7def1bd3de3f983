"""Which part of a workload a Pod is of, and where an annotation must stand to reach that part's Pods alone.

On KServe's objects that is `annotations` of a component: KServe renders its Deployments from the object, so a
change of the Deployment itself is undone, or rolled out twice. Seen on KServe 0.20.0:
`pkg/controller/v1beta1/inferenceservice/components`, `pkg/controller/v1alpha2/llmisvc/workload_*.go`.
"""

from collections.abc import Mapping
from typing import Any, Final

from webhook.core import names, read

Path = tuple[str, ...]

INFERENCE_SERVICE: Final = (names.KSERVE_GROUP, "InferenceService")
LLM_INFERENCE_SERVICE: Final = (names.KSERVE_GROUP, "LLMInferenceService")
LEADER_WORKER_SET: Final = ("leaderworkerset.x-k8s.io", "LeaderWorkerSet")
TEMPLATE: Final[Path] = ("spec", "template", "metadata")
"""Of Deployments and all else with one Pod template."""

_COMPONENTS: Final = ("predictor", "transformer", "explainer")
_LLM_COMPONENT: Final = "app.kubernetes.io/component"
_LLM_PARTS: Final[Mapping[str, str]] = {
    "llminferenceservice-workload": "workload",
    "llminferenceservice-workload-leader": "workload",
    "llminferenceservice-workload-worker": "workload",
    "llminferenceservice-workload-prefill": "prefill",
    "llminferenceservice-workload-leader-prefill": "prefill",
    "llminferenceservice-workload-worker-prefill": "prefill",
    "llminferenceservice-router-scheduler": "scheduler",
}
"""Value of the label on its Pods to part of an LLMInferenceService; a tokenizer's Pods take no annotation."""
_LLM_PATHS: Final[Mapping[str, Path]] = {
    "workload": ("spec",),
    "prefill": ("spec", "prefill"),
    "scheduler": ("spec", "router", "scheduler"),
}


def part_of(kind: tuple[str, str], labels: Mapping[str, Any]) -> str | None:
    """Return the part of a workload that a Pod is of, by its labels; None where no annotation reaches it."""
    if kind == INFERENCE_SERVICE:
        component = labels.get(names.COMPONENT_LABEL)
        return component if component in _COMPONENTS else _COMPONENTS[0]
    if kind == LLM_INFERENCE_SERVICE:
        return _LLM_PARTS.get(str(labels.get(_LLM_COMPONENT)))
    return ""


def places_of(kind: tuple[str, str], found: Mapping[str, Any], part: str) -> list[Path]:
    """Return the keys down to the objects whose `annotations` reach a part's Pods."""
    if kind == LEADER_WORKER_SET:
        templates = ("spec", "leaderWorkerTemplate")
        return [
            (*templates, name, "metadata")
            for name in ("leaderTemplate", "workerTemplate")
            if name in read.at(found, templates)
        ]
    return [place_of(kind, part)]


def place_of(kind: tuple[str, str], part: str) -> Path:
    """Return the same for a kind that has one such object for each part."""
    if kind == INFERENCE_SERVICE:
        return ("spec", part)
    if kind == LLM_INFERENCE_SERVICE:
        return _LLM_PATHS[part]
    return TEMPLATE
