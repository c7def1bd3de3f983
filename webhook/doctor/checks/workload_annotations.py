"""Annotations and labels of ours on workloads: where they work, with values that say something."""

from collections.abc import Iterator
from typing import Final

from webhook.core import read
from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, fail, warn

ABOUT: Final = "Each key of ours on a workload stands where it works, with a value that says something."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.WORKLOADS, Topic.PODS})
_OF_KEYS: Final = ("annotation ", "label ", "would be refused: annotation ")
"""How the core's warnings about our keys begin."""


def check(collected: Collected) -> Iterator[Finding]:
    """Look at what people wrote: workloads, and Pods that no controller made of one."""
    for seen in (*collected.workloads, *filter(_by_hand, collected.pods)):
        show = f"hf-token-injector explain {seen.word}/{seen.name} -n {seen.namespace}"
        if seen.decision.denial is not None:
            yield fail(seen.subject, f"is refused the next time that it comes: {seen.decision.denial}.", show)
        for warning in seen.decision.warnings:
            if warning.startswith(_OF_KEYS):
                yield warn(seen.subject, f"has a key that does not work: {warning}.", show)


def _by_hand(pod: SeenObject) -> bool:
    owners = read.objects(read.mapping(pod.object, "metadata"), "ownerReferences")
    return not owners and not pod.ended
