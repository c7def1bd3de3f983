"""Tokens in clear text: whoever may read the object has them, and they stay in etcd's history and in git."""

from collections.abc import Iterator
from typing import Final

from webhook.core import read
from webhook.core.names import INFERENCE_SERVICE_LABEL
from webhook.core.owners import controller
from webhook.core.policy.finding import NEVER_DENIED
from webhook.core.policy.literal_tokens import literal_tokens
from webhook.core.settings import PolicyAction
from webhook.doctor.collected import Collected, Object, Topic
from webhook.doctor.finding import Finding, Subject, fail, warn

ABOUT: Final = "No workload holds a token in clear text."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.WORKLOADS, Topic.PODS, Topic.JUDGED})


def check(collected: Collected) -> Iterator[Finding]:
    """Search workloads, and Pods where what they are made of holds none (a ServingRuntime may).

    Of other Pods that have the same controller, one is told of.
    """
    refused = collected.installed.settings.policy.literal_tokens is PolicyAction.DENY
    told: set[tuple[str, str]] = set()
    for seen in (*collected.workloads, *collected.pods):
        made_of = read.string(seen.labels, INFERENCE_SERVICE_LABEL) or seen.name
        if (seen.namespace, made_of) in told or seen.ended:
            continue
        for finding in _in(seen.object, refused=refused):
            told.add((seen.namespace, made_of))
            yield finding
    owners: set[str] = set()
    for found in collected.holding:
        owner = read.string(controller(found), "uid")
        if owner not in owners:
            yield from _in(found, refused=refused)
        owners |= {owner} - {""}


def _in(found: Object, *, refused: bool) -> Iterator[Finding]:
    metadata = read.mapping(found, "metadata")
    subject = Subject(
        read.string(found, "kind"), read.string(metadata, "name"), read.string(metadata, "namespace")
    )
    for literal in literal_tokens(found):
        known = literal.fault in NEVER_DENIED
        say = fail if refused and not known else warn
        sentence = literal.fault.tell(literal.subject)
        again = "; the policy refuses it the next time that it comes" if say is fail else ""
        yield say(subject, f"is not as it should be: {sentence}{again}; {literal.fault.change}.")
