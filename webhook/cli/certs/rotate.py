"""`hf-token-injector certs rotate`: ask for a new CA, and watch it come into use."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Final

import click

from certs import bundle
from certs.published import Published, slots
from certs.request import rotate as request_rotation
from certs.state import State, parse
from certs.store import Kind, Store
from webhook.cli.certs.cluster import Target, cluster_options
from webhook.cli.connect import fail
from webhook.cli.terminal import tell, write
from webhook.cluster.certificate_store import CertificateStore, Names

_LOOK_SECONDS: Final = 2.0


@click.command(short_help="Ask for a new CA, and watch it come into use.")
@cluster_options
@click.option("--wait/--no-wait", default=True, show_default=True, help="Watch until the new CA is in use.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds to watch."
)
def rotate(*, wait: bool, timeout: float, **options: Any) -> None:  # noqa: ANN401 - those of cluster_options
    """Begin with a new CA now; the replicas publish it, wait until it is seen, and switch.

    It needs your own rights on the Secret, and on the configurations to watch. Called while a rotation is
    under way it asks for nothing and watches that one, so it can be stopped and called again.

    \b
    Exit codes:
      0    the new CA is in use (with --no-wait: it was asked for)
      2    the cluster cannot be reached or refuses, or the time is over
    """  # noqa: D301 - \b keeps click from filling the lines below it
    target = Target(**options)

    async def work(store: CertificateStore, names: Names) -> bool:
        secret = await store.read_secret()
        if secret and parse(secret.data).next_authority:
            tell("A rotation is under way.")
        else:
            await request_rotation(store, identity=target.identity(names.namespace), now=datetime.now(UTC))
            tell("Asked for a new CA.")
        return not wait or await _watched(store, until=time.monotonic() + timeout)

    if not target.run(work):
        fail("The new CA is not in use yet; call it again to go on watching.")
    write("The new CA is in use.\n" if wait else "The replicas do the rest.\n")


async def _watched(store: Store, *, until: float) -> bool:
    """Tell each stage as it comes, and return whether the last one did."""
    told = ""
    while True:
        stage = await _stage(store)
        if not stage:
            return True
        if stage != told:
            tell(stage)
            told = stage
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(_LOOK_SECONDS)


async def _stage(store: Store) -> str:
    """Return where the rotation is, in a sentence; nothing when it is done."""
    secret = await store.read_secret()
    state = parse(secret.data) if secret else State()
    authority = state.next_authority and bundle.first(state.next_authority.certificate)
    if authority is None:
        return ""
    found = [slot for kind in Kind for slot in slots(kind, await store.read_entries(kind) or ())]
    published = Published(tuple(found))
    lacking = published.distrusting(authority)
    if lacking:
        return f"Publishing: {len(lacking)} of {len(published.slots)} entries lack the new CA."
    if not published.led_by(authority):
        return "Waiting: every entry has the new CA; API servers are given 60 s to see it."
    return "Switching: the replicas change to the new leaf."
