"""Who owns an object, by its `ownerReferences`; and which object people know a Pod by."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from webhook.core import names, read
from webhook.core.parts import INFERENCE_SERVICE, LEADER_WORKER_SET, LLM_INFERENCE_SERVICE
from webhook.core.remedies import Target

LEADER_WORKER_SET_NAME: Final = "leaderworkerset.sigs.k8s.io/name"
"""Label on a LeaderWorkerSet's Pods: its name."""

DEPLOYMENT: Final = ("apps", "Deployment")
STATEFUL_SET: Final = ("apps", "StatefulSet")
DAEMON_SET: Final = ("apps", "DaemonSet")
REPLICA_SET: Final = ("apps", "ReplicaSet")
JOB: Final = ("batch", "Job")
CRON_JOB: Final = ("batch", "CronJob")
_KNOWN: Final = frozenset(
    {
        INFERENCE_SERVICE,
        LLM_INFERENCE_SERVICE,
        LEADER_WORKER_SET,
        DEPLOYMENT,
        STATEFUL_SET,
        DAEMON_SET,
        REPLICA_SET,
        JOB,
        CRON_JOB,
        ("serving.knative.dev", "Service"),
    }
)
"""Kinds that people write, and those that stand for themselves where their own owner is none of these."""

_WORDS: Final = {INFERENCE_SERVICE: "isvc", LLM_INFERENCE_SERVICE: "llmisvc", LEADER_WORKER_SET: "lws"}
"""What kubectl takes for the kinds that labels name."""


class Owner(Protocol):
    """One that controls what is below it."""

    @property
    def kind(self) -> str:
        """As the reference has it."""

    @property
    def group(self) -> str:
        """Of its API."""

    @property
    def name(self) -> str:
        """As the reference has it."""

    @property
    def word(self) -> str:
        """What kubectl takes for its kind and name."""

    @property
    def found(self) -> Mapping[str, Any] | None:
        """The object, or only its metadata; None where it is gone or may not be read."""


def controller(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the reference to what controls an object and makes it anew; an empty one where nothing does."""
    for _, owner in read.objects(read.mapping(document, "metadata"), "ownerReferences"):
        if owner.get("controller") is True:
            return owner
    return {}


def labelled(pod: Mapping[str, Any]) -> tuple[tuple[str, str], str] | None:
    """Return kind and name of the object that a Pod's labels name.

    People know that one, and not what KServe makes of it.
    """
    labels = read.mapping(read.mapping(pod, "metadata"), "labels")
    part_of, llm = names.LLM_PART_OF
    for kind, key in (
        (INFERENCE_SERVICE, names.INFERENCE_SERVICE_LABEL),
        *(((LLM_INFERENCE_SERVICE, names.LLM_NAME),) if labels.get(part_of) == llm else ()),
        (LEADER_WORKER_SET, LEADER_WORKER_SET_NAME),
    ):
        if name := read.string(labels, key):
            return kind, name
    return None


def belongs_to(pod: Mapping[str, Any], owners: Sequence[Owner]) -> Target:
    """Return the object that people would edit; the Pod where none above it is known.

    Args:
        pod: The Pod.
        owners: Those above it, as far as they could be read, the nearest first.
    """
    metadata = read.mapping(pod, "metadata")
    namespace = read.string(metadata, "namespace")
    if (named := labelled(pod)) is not None:
        kind, name = named
        return Target(kind, _WORDS[kind], name, namespace)
    for owner in reversed(owners):
        if (kind := (owner.group, owner.kind)) in _KNOWN:
            return Target(kind, owner.word.partition("/")[0], owner.name, namespace)
    return Target(("", "Pod"), "pod", read.string(metadata, "name"), namespace)
