"""Pods that should have a token and have none: made while we were away, or before the label."""

from collections.abc import Iterator
from typing import Final

from webhook.core.decision import Action
from webhook.core.owners import controller
from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, fail

ABOUT: Final = "Each Pod that asks the Hub has the token that it should have."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS})


def check(collected: Collected) -> Iterator[Finding]:
    """Look for Pods to which a token would be added if they were created now."""
    yield from collected.not_looked_at(Topic.PODS)
    for pod in collected.pods:
        if not pod.ended and collected.injects(pod.namespace):
            yield from _pod(pod)


def _pod(pod: SeenObject) -> Iterator[Finding]:
    lacking = [verdict for verdict in pod.decision.verdicts if verdict.action is Action.ADD]
    if not lacking:
        return
    containers = ", ".join(verdict.container for verdict in lacking)
    yield fail(
        pod.subject,
        f"has no token in {containers} ({lacking[0].sentence}): it was made before the namespace opted in, "
        f"or past the webhook; `hf-token-injector explain pod/{pod.name} -n {pod.namespace}` says which.",
        made_anew(pod),
    )


def made_anew(pod: SeenObject) -> str:
    """Return the command that has a Pod made again, through the webhook."""
    if controller(pod.object):
        return f"kubectl delete pod {pod.name} -n {pod.namespace}"
    return f"kubectl get pod {pod.name} -n {pod.namespace} -o yaml | kubectl replace --force -f -"
