"""What the API server sends to the webhook: objects of namespaces that opted in, each once, and no others."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from webhook.core import names
from webhook.core.matching import matches
from webhook.core.names import InjectMode
from webhook.core.remedies import upgrade
from webhook.doctor.collected import Collected, Installed, Topic
from webhook.doctor.finding import Finding, fail, ok, warn

ABOUT: Final = "The selectors match what labels ask for, each object once, and nothing else."
NEEDS: Final = frozenset({Topic.CONFIGURATION, Topic.NAMESPACES})


class _Object(NamedTuple):
    """An object that somebody creates.

    Attributes:
        what: For people.
        group, plural: Its resource.
        labels: Its own.
    """

    what: str
    group: str
    plural: str
    labels: Mapping[str, str]


_SERVICE: Final = _Object("InferenceServices", names.KSERVE_GROUP, "inferenceservices", {})
_POD: Final = _Object("Pods of InferenceServices", "", "pods", {names.INFERENCE_SERVICE_LABEL: "x"})
_LLM_POD: Final = _Object("Pods of LLMInferenceServices", "", "pods", dict([names.LLM_PART_OF]))
_PLAIN_POD: Final = _Object("Pods that are not KServe's", "", "pods", {})
_OPTED_OUT: Final = _Object("Pods that opt out", "", "pods", {**_POD.labels, names.INJECT: names.OPTED_OUT})
_KSERVE: Final = (_SERVICE, _POD, _LLM_POD)
_ANY_NAME: Final = "hf-token-injector-doctor"
"""A namespace that no platform leaves out by name."""


def check(collected: Collected) -> Iterator[Finding]:
    """Match the configuration with objects as they may come, then with the namespaces that opted in."""
    installed = collected.installed
    if installed.configuration is None:
        return
    mend = upgrade(installed.namespace)
    for mode in InjectMode:
        wanted = (*_KSERVE, _PLAIN_POD) if mode is InjectMode.ALL else _KSERVE
        for one in wanted:
            count = _count(installed, one, _ANY_NAME, mode)
            place = f"{one.what} in namespaces labelled {mode}"
            if count == 0:
                yield fail(installed.subject, f"does not match {place}: they never reach the webhook.", mend)
            elif count > 1:
                yield warn(
                    installed.subject, f"matches {place} {count} times, so that each comes as often.", mend
                )
    yield from _too_much(installed, mend)
    for seen in collected.opted_in:
        if seen.known and not collected.reaches(seen):
            yield warn(
                seen.subject,
                "is labelled, and left out by the configuration: the platform excludes it.",
                f"kubectl label namespace {seen.name} {names.INJECT}-",
            )


def _too_much(installed: Installed, mend: str) -> Iterator[Finding]:
    """Look for what must not come."""
    for one in (*_KSERVE, _PLAIN_POD):
        if _count(installed, one, _ANY_NAME, None):
            yield fail(
                installed.subject,
                f"matches {one.what} in namespaces that have not opted in: all depend on the webhook.",
                mend,
            )
    if _count(installed, _OPTED_OUT, _ANY_NAME, InjectMode.ENABLED):
        yield ok(installed.subject, f"matches {_OPTED_OUT.what}, which the webhook lets through as they are.")
    for name in filter(None, ("kube-system", installed.namespace)):
        if any(_count(installed, one, name, InjectMode.ALL) for one in (*_KSERVE, _PLAIN_POD)):
            yield fail(
                installed.subject,
                f"does not leave namespace {name} out: once it is labelled, what the webhook needs may wait "
                "for the webhook.",
                mend,
            )


def _count(installed: Installed, one: _Object, namespace: str, mode: InjectMode | None) -> int:
    """Return how many entries an object of a namespace is sent to."""
    labels = {"kubernetes.io/metadata.name": namespace} | ({names.INJECT: str(mode)} if mode else {})
    found = matches(installed.configuration or {}, one.group, one.plural, labels, one.labels)
    return sum(match.matches for match in found)
