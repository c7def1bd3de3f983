"""Pods that hold a token as it was before its Secret changed: variables of a running Pod do not follow."""

from collections.abc import Iterator
from typing import Final

from webhook.core.held import held_by
from webhook.core.names import Method
from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, warn

ABOUT: Final = "Each Pod that has its token as a variable is younger than the token."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS, Topic.SECRETS})


def check(collected: Collected) -> Iterator[Finding]:
    """Compare each Pod's age with that of what it holds from us."""
    for pod in collected.pods:
        if not pod.ended:
            yield from _pod(collected, pod)


def _pod(collected: Collected, pod: SeenObject) -> Iterator[Finding]:
    made = pod.made
    if made is None:
        return
    for container, recorded, _ in held_by(pod.object):
        secret = collected.secrets.get((pod.namespace, recorded.secret))
        if recorded.method is Method.FILE or recorded.config_map or secret is None:
            continue
        seen = secret.keys.get(recorded.key)
        if seen is not None and seen.changed is not None and made < seen.changed:
            yield warn(
                pod.subject,
                f"was made before Secret {recorded.secret} changed ({seen.changed:%Y-%m-%d %H:%M} UTC): "
                f"{container} has the old token.",
                f"hf-token-injector restart -n {pod.namespace}",
            )
            return
