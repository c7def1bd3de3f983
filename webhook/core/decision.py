"""What `admit()` and `validate()` are asked and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from webhook.core.knowledge import Presence
from webhook.core.names import Method
from webhook.core.policy.finding import Finding
from webhook.core.reasons import Outcome, Reason, Source

JsonObject = Mapping[str, Any]
"""An object of the API as it came: raw, unknown fields and all.

It is read and never changed.
"""


class PatchOperation(TypedDict):
    """One operation of RFC 6902; `path` is a JSON pointer (RFC 6901)."""

    op: Literal["add", "replace", "remove"]
    path: str
    value: NotRequired[Any]


class Scope(StrEnum):
    """Which Pods a request may be about."""

    KSERVE = "kserve"
    """`/mutate`: InferenceServices and the Pods of KServe workloads."""

    ALL = "all"
    """`/mutate/all` and offline: any Pod."""


class Operation(StrEnum):
    """The operations of an AdmissionReview that we are called for."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Request:
    """One object that asks to be admitted.

    Attributes:
        group, kind: The API group ("" for core) and kind of `object`.
        operation: An `Operation`, or another word of the AdmissionReview, which is let through.
        namespace: The request's namespace: an object's own may be empty (a Pod of a ReplicaSet).
        object: The new object, raw.
        old_object: The object before an UPDATE, else None.
        scope: Which Pods may be injected.
        subresource: "" for the object itself.
    """

    group: str
    kind: str
    operation: str
    namespace: str
    object: JsonObject
    old_object: JsonObject | None = None
    scope: Scope = Scope.KSERVE
    subresource: str = ""


class Action(StrEnum):
    """What happens to a container's entry."""

    ADD = "add"
    KEEP = "keep"
    REPLACE = "replace"
    REMOVE = "remove"
    NONE = "none"


class Choice(NamedTuple):
    """The Secret that was chosen for a container, and by what."""

    secret: str
    key: str
    source: Source
    detail: str = ""
    """The rule's glob, the annotation's name or the neighbour's; of the default, what gave another key."""

    config_map: bool = False
    """`secret` is the name of a ConfigMap: somebody else's reference, copied."""


class Verdict(NamedTuple):
    """What was decided about one container, and why."""

    container: str
    """Its name, or the component of an InferenceService it serves (`predictor`, `predictor/name`)."""

    path: str
    """JSON pointer to it within the object."""

    action: Action
    reason: Reason
    subject: str = ""
    choice: Choice | None = None
    method: Method | None = None
    repositories: tuple[str, ...] = ()
    """What it names on the Hub, the one downloaded first in front."""

    note: str = ""
    """What else a person should know, such as why the method is not the one that was asked for."""

    @property
    def sentence(self) -> str:
        """The reason, for people."""
        return self.reason.tell(self.subject)


@dataclass(slots=True)
class Decision:
    """The answer to one request.

    Attributes:
        outcome: How it ends.
        verdicts: One for each container that was looked at, in the object's own order.
        patch: RFC 6902 operations; empty in audit mode.
        warnings: Sentences for `kubectl apply`, 120 characters at most.
        denial: The sentence of a refusal, which says what to change; None where the object is admitted.
        audited: What `patch` would have been in audit mode.
        presence: Secrets that are absent, and those which are to be skipped or refused where they are absent
            and of which nothing is known.
        echoes: Those of `warnings` that repeat what a verdict or `presence` says.
        findings: What `validate()` has against the object.
    """

    outcome: Outcome
    verdicts: list[Verdict] = field(default_factory=list)
    patch: list[PatchOperation] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    denial: str | None = None
    audited: list[PatchOperation] = field(default_factory=list)
    presence: dict[str, Presence] = field(default_factory=dict)
    echoes: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def allowed(self) -> bool:
        """Whether the object is admitted."""
        return self.denial is None
