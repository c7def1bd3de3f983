"""Annotations and labels of ours on workloads: where they work, with values that say something."""

from collections.abc import Iterator
from typing import Final

from webhook.core import names, read
from webhook.core.admit import shown
from webhook.core.asked import ON_WORKLOADS, meant, unknown
from webhook.core.kinds import KINDS, places
from webhook.core.remedies import Target, rename_annotation
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
        renaming = dict(_renaming(seen)) if any(map(_of_key, seen.decision.warnings)) else {}
        for warning in filter(_of_key, seen.decision.warnings):
            stop = "" if warning.endswith("?") else "."
            fix = renaming.get(warning, show)
            yield warn(seen.subject, f"has a key that does not work: {warning}{stop}", fix)


def _of_key(warning: str) -> bool:
    return warning.startswith(_OF_KEYS)


def _renaming(seen: SeenObject) -> Iterator[tuple[str, str]]:
    """Yield warnings of misspelt keys, as the core says them, each with the command that spells it right."""
    document = seen.object
    group = read.string(document, "apiVersion").rpartition("/")[0]
    target = Target((group, seen.subject.kind), seen.word, seen.name, seen.namespace)
    reaching = {path for place in places(dict(document), KINDS[target.kind]) for path in place.reach}
    for path in sorted(reaching | {("metadata",)}):
        annotations = read.mapping(read.at(document, path), "annotations")
        for key, value in annotations.items():
            near = meant(key, ON_WORKLOADS) if key.startswith(names.PREFIX) else None
            # A merge patch replaces lists, so what stands in one is left for people to edit.
            if near is None or near == key or any(map(str.isdigit, path)):
                continue
            command = rename_annotation(target, path, key, near, None if near in annotations else value)
            anew = seen.renewal.anew if target.kind == ("", "Pod") else ""
            yield shown([unknown(key, near)])[0], " && ".join(filter(None, [command, anew]))


def _by_hand(pod: SeenObject) -> bool:
    owners = read.objects(read.mapping(pod.object, "metadata"), "ownerReferences")
    return not owners and not pod.ended
