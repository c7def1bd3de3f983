"""How servers in tests follow the stand-in."""

from tests.server.running import Running
from webhook.cluster.access import Access
from webhook.cluster.client import Client
from webhook.cluster.collection import Collection
from webhook.cluster.following import Follower, Pace
from webhook.server.followed import Follow, Followed, Item
from webhook.server.known_cluster import KnownCluster


def following(access: Access, collection: Collection[Item], pace: Pace) -> Follow[Item]:
    """Return what follows a collection of the stand-in."""

    async def follow(followed: Followed[Item]) -> None:
        async with Client(access, seconds=600) as client:
            await Follower(client, collection, followed, pace).follow()

    return follow


def awaited(running: Running) -> int:
    """Return how many objects reviews wait for."""
    assert running.service
    known = running.service.serving.known
    assert isinstance(known, KnownCluster)
    return known.awaited
