"""Durations and moments as people type them: `90s`, `15m`, `24h`, `7d`, `1h30m`, or RFC 3339."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from webhook.cluster.changes import moment

_PARTS: Final = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")


class Duration(click.ParamType[timedelta]):
    """A span of time."""

    name = "duration"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the span."""
        if isinstance(value, timedelta):
            return value
        found = _duration(value)
        if found is None:
            self.fail(f"{value!r} is no duration such as 90s, 15m, 24h or 7d.", param, ctx)
        return found


class Moment(click.ParamType[datetime]):
    """A moment: so long ago, or a time."""

    name = "duration|time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment."""
        if isinstance(value, datetime):
            return value
        ago = _duration(value)
        try:
            found = datetime.now(UTC) - ago if ago is not None else moment(value)
        except OverflowError:
            found = None
        if found is None:
            self.fail(
                f"{value!r} is neither a duration such as 24h or 7d nor a time such as 2026-07-01T08:00:00Z.",
                param,
                ctx,
            )
        return found


def written(time: datetime) -> str:
    """Return a moment as the API writes it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def spoken(seconds: float) -> str:
    """Return a span as people say it: `42 s`, `2 min 3 s`, `5 h 2 min`, `3 d`."""
    whole = int(seconds)
    for size, unit, below, below_unit in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit}" + (f" {rest} {below_unit}" if rest else "")
    return f"{whole} s"


def _duration(text: str) -> timedelta | None:
    parts = _PARTS.fullmatch(text)
    if not text or parts is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
