"""The commands that mend what was found, ready to be pasted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webhook.cluster.resources import CRON_JOB, INFERENCE_SERVICE, LLM_INFERENCE_SERVICE, POD, Resource
from webhook.core import names
from webhook.core.kinds import KINDS

_RESTARTED = names.RESTARTED_AT
"""A key of ours, so that an InferenceService comes by the webhook as well."""
_NOW = "$(date -u +%Y-%m-%dT%H:%M:%SZ)"


class Named(NamedTuple):
    """An object, as commands name it."""

    resource: Resource
    name: str
    namespace: str

    def __str__(self) -> str:
        """`TYPE/NAME -n NAMESPACE`."""
        place = f" -n {self.namespace}" if self.resource.namespaced else ""
        return f"{self.resource.word}/{self.name}{place}"


def install() -> str:
    """Return what installs the webhook, or brings back a configuration that somebody deleted."""
    return (
        "helm upgrade --install hf-token-injector charts/hf-token-injector "
        "--namespace hf-token-injector --create-namespace"
    )


def label_namespace(name: str, value: str, *, overwrite: bool) -> str:
    """Return what sets a namespace's label."""
    return f"kubectl label namespace {name} {names.INJECT}={value}" + " --overwrite" * overwrite


def opt_in_again(named: Named) -> str:
    """Return what takes the opt-out label away."""
    if _holder(named.resource) == ("metadata",):
        return f"kubectl label {named} {names.INJECT}-"
    return _patch(named, "labels", names.INJECT, None)


def annotate(named: Named, key: str, value: str | None) -> str:
    """Return what sets an annotation, or takes it away, where it reaches the object's Pods."""
    if _holder(named.resource) == ("metadata",):
        change = f"{key}-" if value is None else f"{key}={value} --overwrite"
        return f"kubectl annotate {named} {change}"
    return _patch(named, "annotations", key, value)


def make_anew(owner: Named, pods: Sequence[str], *, controlled: bool) -> list[str]:
    """Return what lets an object's Pods be made anew, one after the other where its kind can do that.

    Args:
        owner: The object; a Pod that belongs to nothing known is its own.
        pods: Names of the Pods.
        controlled: Whether something makes the Pods anew that are deleted.
    """
    resource, name, namespace = owner
    if resource is INFERENCE_SERVICE:
        return [f'kubectl annotate {owner} {_RESTARTED}="{_NOW}" --overwrite']
    if resource is LLM_INFERENCE_SERVICE:
        return [_patch(owner, "annotations", _RESTARTED, "{now}").replace("{now}", f"'\"{_NOW}\"'")]
    if resource.kind in {"Deployment", "StatefulSet", "DaemonSet"}:
        return [f"kubectl rollout restart {owner}"]
    if resource is POD and not controlled:
        return [f"kubectl get pod {name} -n {namespace} -o yaml | kubectl replace --force -f -"]
    if resource is CRON_JOB:
        return []
    return [f"kubectl delete pod {' '.join(pods)} -n {namespace}"]


def _holder(resource: Resource) -> tuple[str, ...]:
    """Return the keys down to what holds the annotations and labels that reach the Pods."""
    return KINDS[resource.group, resource.kind].templates[0].reach[0]


def _patch(named: Named, field: str, key: str, value: str | None) -> str:
    change: Mapping[str, Any] = {field: {key: value}}
    for part in reversed(_holder(named.resource)):
        change = {part: change}
    return f"kubectl patch {named} --type merge -p '{json.dumps(change)}'"
