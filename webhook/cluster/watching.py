"""Tells when one of our webhook configurations changes, so that a lost `caBundle` is refilled at once.

Nothing that is watched is looked at: a change only makes the rotation look, which reads everything anew. So a
missed event costs the time until the next look and nothing else.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Final

from certs.store import Kind, Permission
from webhook.cluster.certificate_store import Names
from webhook.cluster.client import Client, NoAnswerError

_GROUP: Final = "admissionregistration.k8s.io"

WATCH_PERMISSIONS: Final = (
    Permission("watch", _GROUP, Kind.MUTATING, "mutating"),
    Permission("watch", _GROUP, Kind.VALIDATING, "validating"),
)
"""The rights for it. A watch with a field selector for one name is allowed by `resourceNames`."""

_WATCH_SECONDS: Final = 300
"""After which the API server ends a watch; client-go asks for 5 to 10 minutes."""
_GRACE_SECONDS: Final = 30
"""How much later than that a connection counts as dead."""
_LONGEST_PAUSE: Final = 60.0
"""Seconds between two tries, where the API server is away or does not allow it."""


async def follow_configurations(
    client: Client, names: Names, *, changed: Callable[[], None], failed: Callable[[str], None]
) -> None:
    """Follow both configurations until cancelled.

    Args:
        client: Of the API server.
        names: Which configurations.
        changed: Called for each event; also for the state that each watch begins with.
        failed: Called with a sentence for each watch that could not be had or was cut off.
    """
    async with asyncio.TaskGroup() as tasks:
        for kind, name in ((Kind.MUTATING, names.mutating), (Kind.VALIDATING, names.validating)):
            tasks.create_task(_follow(client, kind, name, changed, failed))


async def _follow(
    client: Client, kind: Kind, name: str, changed: Callable[[], None], failed: Callable[[str], None]
) -> None:
    """Watch one configuration, again and again."""
    path = f"/apis/{_GROUP}/v1/{kind}"
    parameters = {
        "watch": "1",
        "fieldSelector": f"metadata.name={name}",
        "timeoutSeconds": str(_WATCH_SECONDS),
    }
    pause = 1.0
    while True:
        try:
            seconds = _WATCH_SECONDS + _GRACE_SECONDS
            async with client.lines(path, parameters=parameters, seconds=seconds) as lines:
                async for _ in lines:
                    pause = 1.0
                    changed()
        except NoAnswerError as error:
            failed(f"{kind}/{name} cannot be watched: {error}")
        await asyncio.sleep(pause * random.uniform(0.8, 1))  # noqa: S311 - no secret
        pause = min(pause * 2, _LONGEST_PAUSE)
