"""What is known of the cluster at the moment of a decision: a snapshot that is replaced as a whole.

The core never asks, it is told. What is not known is unknown, and nothing is denied or skipped because of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Presence(StrEnum):
    """Whether something exists, as far as is known."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The metadata of a Namespace."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A snapshot of the cluster.

    Attributes:
        namespaces: By name. One that is missing here is unknown, not absent.
        secrets: Name of a Secret to the namespaces that have one of that name. A name that is missing here is
            not followed, so that it is unknown everywhere.
    """

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    secrets: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def secret(self, namespace: str, name: str) -> Presence:
        """Return whether a Secret exists."""
        namespaces = self.secrets.get(name)
        if namespaces is None:
            return Presence.UNKNOWN
        return Presence.PRESENT if namespace in namespaces else Presence.ABSENT


UNKNOWN = Knowledge()
"""Nothing is known: no watch, or not synced yet."""
