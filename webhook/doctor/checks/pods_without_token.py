"""Pods that should have a token and have none: made while we were away, or before the label."""

from collections.abc import Iterator, Sequence
from typing import Final

from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, fail, warn

ABOUT: Final = "Each Pod that asks the Hub has the token that it should have."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS})


def check(collected: Collected) -> Iterator[Finding]:
    """Look for Pods to which a token would be added if they were created now."""
    for pod in collected.pods:
        if not pod.ended and collected.injects(pod.namespace):
            yield from _pod(pod, collected.conditions(pod))


def _pod(pod: SeenObject, conditions: Sequence[str]) -> Iterator[Finding]:
    if not pod.lacking:
        return
    containers = ", ".join(verdict.container for verdict in pod.lacking)
    what = f"has no token in {containers} ({pod.lacking[0].sentence}): "
    comes = pod.renewal
    if comes.running:
        yield warn(pod.subject, f"{what}{comes.running}.", comes.look)
        return
    explain = f"hf-token-injector explain pod/{pod.name} -n {pod.namespace}"
    why = f"{what}it was made before the namespace opted in, or past the webhook"
    if conditions:
        kept = f"kept away by matchCondition {', '.join(conditions)}, which is not evaluated here"
        yield fail(pod.subject, f"{why}, or {kept}.", explain)
        return
    yield fail(pod.subject, f"{why}; `{explain}` says which.", comes.anew)
