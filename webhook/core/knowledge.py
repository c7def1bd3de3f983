"""What is known of the cluster at the moment of a decision: a snapshot that is replaced as a whole.

The core never asks, it is told. What is not known is `None`, and nothing is denied or skipped because of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
        secrets: `(namespace, name)` to whether that Secret exists; a missing entry is unknown.
    """

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    secrets: Mapping[tuple[str, str], bool] = field(default_factory=dict)


UNKNOWN = Knowledge()
"""Nothing is known: no watch, or not synced yet."""
