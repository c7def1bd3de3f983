"""The log: one line an event on standard output, JSON for machines or text for people.

What is logged about a review is listed in `log_review`. Never logged: an object, the value of an environment
variable, a repository (it may come out of one), the message of an exception (it may quote a value).
"""

import logging
import sys
import traceback
from typing import IO, Any

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from webhook.core.hub import redact
from webhook.core.reasons import Outcome
from webhook.server.encode import encode
from webhook.server.review import Answered
from webhook.settings import LogSettings

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_WORTH_A_WARNING = frozenset({Outcome.DENIED, Outcome.MALFORMED_OBJECT})


class _Lines:
    """Writes lines, and goes on when that fails: a full disk behind the log must not stop admission."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._write = stream.write
        self._flush = stream.flush

    def msg(self, line: bytes | str) -> None:
        """Write one line."""
        try:
            self._write(
                (line if isinstance(line, bytes) else line.encode("utf-8", "backslashreplace")) + b"\n"
            )
            self._flush()
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = msg


def make_logger(settings: LogSettings, stream: IO[bytes] | None = None) -> FilteringBoundLogger:
    """Return the logger that everything in the server is given, and send the standard library's there too.

    Args:
        settings: Least level and format.
        stream: Where lines go: standard output unless given.
    """
    stream = stream or sys.stdout.buffer
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.format == "json":
        processors.append(structlog.processors.JSONRenderer(serializer=encode, default=repr))
    else:
        processors.append(structlog.dev.ConsoleRenderer(colors=stream.isatty()))
    level = _LEVELS[settings.level]
    logger: FilteringBoundLogger = structlog.wrap_logger(
        _Lines(stream),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    ).bind()
    root = logging.getLogger()
    root.handlers[:] = [_Forward(logger)]
    # What libraries say about every connection is for debugging them.
    root.setLevel(max(level, logging.INFO))
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return logger


class _Forward(logging.Handler):
    """Hands the standard library's records (uvicorn, asyncio) to our logger."""

    def __init__(self, logger: FilteringBoundLogger) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record; of an exception only its class and where it was raised."""
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1]:
            fields |= describe_exception(record.exc_info[1])
        self._logger.log(record.levelno, record.getMessage().strip(), **fields)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """Return the class and the frames of an exception: where it went wrong, without a value of anything."""
    frames = [
        f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    described: dict[str, Any] = {"exception": type(error).__qualname__, "frames": frames}
    cause = error.__cause__ or error.__context__
    if cause is not None:
        described["cause"] = type(cause).__qualname__
    return described


def log_review(logger: FilteringBoundLogger, answered: Answered) -> None:
    """Log one answered review."""
    endpoint, review, decision, seconds, doubt = answered
    more: dict[str, Any] = {"namespace_metadata": doubt} if doubt is not None else {}
    if decision.findings:
        more["findings"] = list(dict.fromkeys([finding.fault for finding in decision.findings]))
    if decision.presence:
        more["secrets"] = sorted(set(decision.presence.values()))
    log = logger.warning if decision.outcome in _WORTH_A_WARNING else logger.info
    log(
        "review",
        endpoint=endpoint,
        uid=review.uid,
        namespace=review.namespace,
        kind=review.kind,
        # The API server does not check a name before it asks us.
        name=redact(review.name),
        operation=review.operation,
        outcome=decision.outcome,
        reasons=list(dict.fromkeys([verdict.reason for verdict in decision.verdicts])),
        patched=len(decision.patch),
        dry_run=review.dry_run,
        duration_ms=round(seconds * 1000, 3),
        **more,
    )
