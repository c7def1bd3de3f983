"""Where the parts of a server show how they are."""

from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from webhook.server.metrics import Metrics
from webhook.server.readiness import Readiness


class Signs(NamedTuple):
    """Readiness, numbers and words."""

    readiness: Readiness
    metrics: Metrics
    logger: FilteringBoundLogger
