"""What is known of the cluster while reviews are answered."""

from collections.abc import Iterable
from enum import StrEnum

from webhook.core.knowledge import Knowledge


class Doubt(StrEnum):
    """Why a decision may not be what its Namespace asks for; the audit annotation `namespace`."""

    UNKNOWN = "unknown"
    """Nothing is known of the Namespace; what the platform has set was used."""

    STALE = "stale"
    """What was known of it last was used; the cluster has not been heard of for a while."""


class Known:
    """A snapshot that each review reads. This one is what the settings say, and stays.

    Attributes:
        knowledge: Replaced as a whole, never changed.
        stale: Whether what it says of Namespaces may have been overtaken.
        watched: Whether that is kept up to date.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.stale = False
        self.watched = False

    def sure(self, namespace: str) -> bool:
        """Tell whether a decision about an object of a namespace, or of none, needs no second thought."""
        return not namespace or (not self.stale and namespace in self.knowledge.namespaces)

    async def arrival(self, namespace: str) -> None:
        """Wait a moment for a Namespace that is not known, where it may come."""

    async def secret_arrival(self, namespace: str, names: Iterable[str]) -> bool:  # noqa: ARG002
        """Wait a moment for Secrets that are absent; return whether one of them came."""
        return False

    def doubt(self, namespace: str) -> Doubt | None:
        """Return what is to be said of a decision, if anything."""
        if namespace not in self.knowledge.namespaces:
            return Doubt.UNKNOWN
        return Doubt.STALE if self.stale else None
