"""Gives `caBundle` back, so that another owner (cert-manager, a chart, a person) can have it.

Run it after the replicas have left self-managed mode: those that have not fill the field again at once.
"""

from typing import NamedTuple

from certs.published import Slot, removing, slots
from certs.state import parse
from certs.store import Kind, Store


class Released(NamedTuple):
    """What became of each entry, by kind and name.

    Attributes:
        removed: Entries whose `caBundle` was removed.
        kept: Entries whose `caBundle` holds no CA of ours: it is somebody else's already.
    """

    removed: tuple[str, ...]
    kept: tuple[str, ...]


async def release(store: Store, *, foreign: bool = False) -> Released:
    """Remove `caBundle` from every entry that holds a CA of the Secret which we made.

    The removal is a JSON patch that tests the old value, so what another owner wrote meanwhile stays. Entries
    without a `caBundle` are not mentioned. Doing it twice is harmless.

    Args:
        store: Where.
        foreign: Remove it from all entries, for when the Secret is gone and ours cannot be told from others.

    Raises:
        StoreError: What the store raises; what was removed before stays removed. A ConflictError is worth
        another
            try.
    """
    secret = await store.read_secret()
    ours = {one.certificate for one in parse(secret.data).trusted if not one.found} if secret else set()
    removed: list[str] = []
    kept: list[str] = []
    for kind in Kind:
        held = [slot for slot in slots(kind, await store.read_entries(kind) or ()) if _present(slot)]
        going = [slot for slot in held if foreign or ours & set(slot.bundle)]
        if going:
            await store.patch_entries(kind, [operation for slot in going for operation in removing(slot)])
        removed += [slot.name for slot in going]
        kept += [slot.name for slot in held if slot not in going]
    return Released(tuple(removed), tuple(kept))


def _present(slot: Slot) -> bool:
    return bool(slot.bundle) or not slot.clean
