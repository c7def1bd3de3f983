"""What is shown of an object of the cluster: its first line, its containers, its Pods."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from webhook.cli.explain.answer import Answer
from webhook.cli.explain.facts import Held, Reference
from webhook.cli.explain.judged import Judged
from webhook.cli.explain.owners import Named
from webhook.core.reasons import Reason

_NOTHING = frozenset({Reason.NO_HUB_REFERENCE, Reason.INFRASTRUCTURE})


@dataclass(frozen=True, slots=True)
class PodSeen:
    """A Pod of an object.

    Attributes:
        name: Its name.
        answer: Its own first line.
        judged: Its containers.
        held: What is known of the Secrets.
        ended: Whether all of its containers have ended.
    """

    name: str
    answer: Answer
    judged: Judged
    held: Mapping[Reference, Held]
    ended: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """An object, or a namespace, which has no containers.

    Attributes:
        named: Which one.
        api_version: Of the object.
        answer: The first line.
        judged: What would be decided and what there is; None for a namespace.
        held: What is known of the Secrets.
        pods: Those that belong to it.
        unseen: What could not be looked at, and why.
    """

    named: Named
    api_version: str
    answer: Answer
    judged: Judged | None = None
    held: Mapping[Reference, Held] = field(default_factory=dict)
    pods: tuple[PodSeen, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def asks_nothing(self) -> bool:
        """Whether no container of it has to do with the Hub or with a token."""
        every = [judged for judged in (self.judged, *(pod.judged for pod in self.pods)) if judged]
        return bool(every) and all(
            judged.decision.denial is None
            and not judged.findings
            and not judged.misspelt
            and all(
                container.verdict.reason in _NOTHING and not container.wiring
                for container in judged.containers
            )
            for judged in every
        )
