"""Annotations and labels of ours on workloads: where they work, with values that say something."""

from collections.abc import Iterator
from typing import Final

from webhook.core import read
from webhook.core.remedies import Target
from webhook.core.spelt import of_another_prefix, spelt_right
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
        warnings = [
            *filter(_of_key, seen.decision.warnings),
            *of_another_prefix(_group(seen), seen.subject.kind, seen.object),
        ]
        mending = _spelt_right(seen) if warnings else {}
        for warning in warnings:
            stop = "" if warning.endswith("?") else "."
            fix = mending.get(warning, show)
            yield warn(seen.subject, f"has a key that does not work: {warning}{stop}", fix)


def _of_key(warning: str) -> bool:
    return warning.startswith(_OF_KEYS)


def _spelt_right(seen: SeenObject) -> dict[str, str]:
    """Return warnings of misspelt keys, each with the command that mends it; a Pod is then made anew."""
    target = Target((_group(seen), seen.subject.kind), seen.word, seen.name, seen.namespace)
    anew = seen.renewal.anew if target.kind == ("", "Pod") else ""
    return {
        warning: " && ".join(filter(None, [command, anew]))
        for warning, command in spelt_right(target, dict(seen.object)).items()
    }


def _group(seen: SeenObject) -> str:
    return read.string(seen.object, "apiVersion").rpartition("/")[0]


def _by_hand(pod: SeenObject) -> bool:
    owners = read.objects(read.mapping(pod.object, "metadata"), "ownerReferences")
    return not owners and not pod.ended
