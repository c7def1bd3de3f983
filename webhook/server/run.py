"""Runs the server in this process until a signal stops it."""

import asyncio
import signal
from typing import Any

import uvloop
from structlog.typing import FilteringBoundLogger

from webhook.cluster.access import AccessError
from webhook.server.certificates import CertificateError
from webhook.server.lifecycle import Service, StartError
from webhook.server.logs import describe_exception, make_logger
from webhook.server.metrics import Metrics
from webhook.server.sockets import allow_files
from webhook.server.sources import certificate_source, cluster_watches, event_teller
from webhook.settings import Loaded

__all__ = ["StartError", "run"]


def run(loaded: Loaded) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        StartError: It cannot start; the text says why.
    """
    logger = make_logger(loaded.server.log)
    allow_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(loaded, logger))


async def _serve(loaded: Loaded, logger: FilteringBoundLogger) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: _log_loop_error(logger, context))
    metrics = Metrics()
    try:
        source = certificate_source(loaded.server, metrics=metrics, logger=logger)
        watches = cluster_watches(loaded.server.cluster, loaded.secrets, logger=logger)
        make_teller = event_teller(loaded.server, logger=logger)
    except (CertificateError, AccessError) as error:
        raise StartError(f"hf-token-injector cannot start: {error}.") from None
    service = Service(loaded, source, metrics, logger, watches=watches, make_teller=make_teller)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    await service.run()


def _log_loop_error(logger: FilteringBoundLogger, context: dict[str, Any]) -> None:
    """Log what nobody awaited; the default would print objects and the exception's message."""
    error = context.get("exception")
    logger.error("event loop", what=context["message"], **(describe_exception(error) if error else {}))
