"""Pods that hold a token as it was before its Secret changed: variables of a running Pod do not follow."""

from collections.abc import Iterator
from typing import Final

from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, warn
from webhook.doctor.outdated import Outdated, outdated

ABOUT: Final = "Each Pod that has its token as a variable is younger than the token."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS, Topic.SECRETS})


def check(collected: Collected) -> Iterator[Finding]:
    """Compare when each container started with the age of what it holds from us."""
    for pod in collected.pods:
        if (old := outdated(collected, pod)) is not None:
            yield _told(pod, old)


def _told(pod: SeenObject, old: Outdated) -> Finding:
    comes = pod.renewal
    when = f"{old.changed:%Y-%m-%d %H:%M} UTC"
    if old.replaced:
        sentence = (
            f"was made before Secret {old.secret} as it is now ({when}): "
            f"{old.container} has no token, or that of a Secret that had this name"
        )
    else:
        sentence = f"was made before Secret {old.secret} changed ({when}): {old.container} has the old token"
    if comes.running:
        return warn(pod.subject, f"{sentence}, and {comes.running}.", comes.look)
    return warn(pod.subject, f"{sentence}.", f"hf-token-injector restart -n {pod.namespace}")
