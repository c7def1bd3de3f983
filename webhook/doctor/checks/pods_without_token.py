"""Pods that should have a token and have none: made while we were away, or before the label."""

from collections.abc import Iterator
from typing import Final

from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, fail, warn

ABOUT: Final = "Each Pod that asks the Hub has the token that it should have."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS})


def check(collected: Collected) -> Iterator[Finding]:
    """Look for Pods to which a token would be added if they were created now."""
    yield from collected.not_looked_at(Topic.PODS)
    for pod in collected.pods:
        if not pod.ended and collected.injects(pod.namespace):
            yield from _pod(pod)


def _pod(pod: SeenObject) -> Iterator[Finding]:
    if not pod.lacking:
        return
    containers = ", ".join(verdict.container for verdict in pod.lacking)
    what = f"has no token in {containers} ({pod.lacking[0].sentence}): "
    comes = pod.renewal
    if comes.running:
        yield warn(pod.subject, f"{what}{comes.running}.", comes.look)
        return
    yield fail(
        pod.subject,
        f"{what}it was made before the namespace opted in, or past the webhook; "
        f"`hf-token-injector explain pod/{pod.name} -n {pod.namespace}` says which.",
        comes.anew,
    )
