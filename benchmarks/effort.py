"""How long and how often the parts measure."""

from typing import Final, NamedTuple


class Effort(NamedTuple):
    """Counts and seconds; every part is bounded by them."""

    batches: int
    """Batches of calls for each decision."""
    batch_seconds: float
    steps: int
    """How many of the sizes of growing Pods."""
    hostile: tuple[int, int, int]
    """Bytes of a hostile container: two sizes that are read whole, and one that is over every cap."""
    rounds: int
    """Turns that each HTTPS server gets."""
    round_seconds: float
    starts: int
    namespaces: int
    """How many a large cluster has."""
    reviews: tuple[int, ...]
    """After how many reviews memory is looked at."""
    alone_seconds: float
    """How long the normal client posts alone before the large bodies come."""
    flood_seconds: float
    settle_seconds: float
    """How long after the large bodies memory is looked at again."""
    pods: int
    """How many Pods are created in each way, with and without the webhook."""
    soak_minutes: int
    soak_minute: float
    """Seconds of a minute of the soak."""
    soak_rate: int
    """Reviews a second."""


FULL: Final = Effort(
    batches=300,
    batch_seconds=0.001,
    steps=5,
    hostile=(30_000, 60_000, 1_000_000),
    rounds=5,
    round_seconds=3,
    starts=7,
    namespaces=5_000,
    reviews=(20_000, 100_000, 200_000),
    alone_seconds=4,
    flood_seconds=12,
    settle_seconds=5,
    pods=2_000,
    soak_minutes=30,
    soak_minute=60,
    soak_rate=40,
)
QUICK: Final = Effort(
    batches=2,
    batch_seconds=0.0001,
    steps=2,
    hostile=(300, 600, 3_000),
    rounds=2,
    round_seconds=1,
    starts=2,
    namespaces=600,
    reviews=(1_000, 3_000),
    alone_seconds=1,
    flood_seconds=3,
    settle_seconds=1,
    pods=100,
    soak_minutes=4,
    soak_minute=1,
    soak_rate=40,
)
"""Enough to see that everything runs; the figures mean little."""
