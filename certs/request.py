"""Rotates on request: begins with a new CA now. The replicas do the rest, stage by stage."""

from datetime import datetime

from certs.plan import begin
from certs.published import Published
from certs.state import TRUSTED_LIMIT, parse, serialise
from certs.store import NotFoundError, RefusedError, Store
from certs.view import Identity, View


async def rotate(store: Store, *, identity: Identity, now: datetime) -> None:
    """Put a new CA and its leaf into the Secret as the next ones; one locked write.

    Nothing is served and nothing published by this. It takes two minutes until all replicas have switched,
    and `LEAF_LIFETIME` until the old CA is dropped.

    Raises:
        NotFoundError: There is no Secret: a replica makes it.
        RefusedError: A rotation is under way, or so many were asked for that the bundle is full.
        StoreError: What the store raises; a ConflictError is worth another try.
    """
    secret = await store.read_secret()
    if secret is None:
        raise NotFoundError("There is no Secret yet; a replica makes it when it starts.")
    state = parse(secret.data)
    if state.next_authority is not None:
        raise RefusedError("A rotation is under way; wait until it is finished.")
    if len(state.trusted) >= TRUSTED_LIMIT:
        until = min((one.until for one in state.trusted if one.until), default=None)
        when = f"; the first of them leaves on {until:%Y-%m-%d}" if until else ""
        raise RefusedError(f"The bundle holds {len(state.trusted)} CAs, which is the limit{when}.")
    begun = begin(state, View(now, identity, Published()))
    await store.update_secret(serialise(begun), version=secret.version)
