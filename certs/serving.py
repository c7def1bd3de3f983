"""Decides which leaf a replica serves. Pure.

A replica that clients rely on changes to a leaf of another CA only when that CA leads every entry, or when it
has itself seen the CA in every entry for long enough: it does not take the Secret's word for it, which a
person may have restored from a backup. A replica that clients do not rely on yet takes what the Secret has.
"""

from datetime import datetime

from certs import bundle
from certs.bundle import Bundle
from certs.memory import Served
from certs.published import Published
from certs.state import State
from certs.view import issuer


def choose(
    served: Served | None, state: State, published: Published, *, seen: Bundle, now: datetime
) -> Served | None:
    """Return what to serve: the same as before, or what the Secret has if no client can lose by it.

    Args:
        served: What is served.
        state: The Secret's contents.
        published: What the configurations publish, after one's own patches.
        seen: CAs that this replica has seen in every entry for long enough.
        now: The time, with a zone.
    """
    option = _option(state, published)
    if option is not None and _harmless(option, served, published, seen=seen, now=now):
        established = served is not None and served.established and served.issuer == option.issuer
        served = option._replace(established=established)
    if served is not None and (published.led_by(served.issuer) or served.issuer in seen):
        served = served._replace(established=True)
    return served


def ready(served: Served | None, published: Published, now: datetime) -> bool:
    """Tell whether clients may be sent to a replica."""
    return served is not None and served.established and served.good(published, now)


def _option(state: State, published: Published) -> Served | None:
    """Return the leaf that should be served: the next one as soon as its CA leads, else the current one."""
    options = [
        Served(pair, leaf, certificate)
        for pair in (state.next_leaf, state.leaf)
        if pair and (leaf := bundle.first(pair.certificate)) and (certificate := issuer(state, pair))
    ]
    led = [option for option in options if published.slots and published.led_by(option.issuer)]
    return next(iter(led or options[::-1]), None)


def _harmless(
    option: Served, served: Served | None, published: Published, *, seen: Bundle, now: datetime
) -> bool:
    if served is None or not served.established:
        return True
    if option.leaf.not_valid_after_utc <= now:
        return False
    led = bool(published.slots) and published.led_by(option.issuer)
    if led or option.issuer in seen or option.issuer == served.issuer:
        return True
    return not served.good(published, now) and published.trusted_somewhere(option.issuer)
