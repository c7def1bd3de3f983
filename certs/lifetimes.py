"""How long things live, how far clocks may be off, when a certificate is due; each number with its reason."""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

AUTHORITY_LIFETIME: Final = timedelta(days=360)
"""A signing CA is replaced every 240 days: seldom enough to be cheap, often enough that the way is exercised.

A third of it (120 days) is longer than a leaf lives, so a CA that is replaced in time never cuts a leaf
short.
"""

LEAF_LIFETIME: Final = timedelta(days=30)
"""A leaf is renewed on its 20th day; ten days are left to notice that renewing fails, holidays included.

It is also how long an old CA stays published, as a replica that is cut off from the API may serve that long.
"""

RENEW_AFTER: Final = 2 / 3
"""The part of its life after which a certificate is due. cert-manager's default is the same."""

CLOCK_ERROR: Final = timedelta(minutes=5)
"""How far the clock of a replica or of an API server may be off; NTP keeps milliseconds."""

BACKDATE: Final = timedelta(hours=1)
"""How far `notBefore` lies in the past, so that a client with a slow clock accepts a certificate of an issuer
with a fast one. At least twice `CLOCK_ERROR`; public authorities such as Let's Encrypt take an hour too."""

RETIREMENT_MARGIN: Final = timedelta(hours=1)
"""How long after the last leaf of an old CA the CA stays published. At least four times `CLOCK_ERROR`: who
issued, who retires, who drops and who verifies may each be wrong."""

SEEN_AFTER: Final = timedelta(seconds=60)
"""How long every entry must have held a CA before a leaf of it is served.

API servers follow webhook configurations through a watch: milliseconds, in trouble seconds. The promise to
clients is 30 s; this is twice that.
"""

LOOK_GAP: Final = timedelta(seconds=30)
"""The longest time between two looks that still counts as watching: nobody knows what happened in a longer
one."""


def due(certificate: x509.Certificate, now: datetime) -> bool:
    """Tell whether a certificate has spent two thirds of its life."""
    begins = certificate.not_valid_before_utc
    return now >= begins + (certificate.not_valid_after_utc - begins) * RENEW_AFTER
