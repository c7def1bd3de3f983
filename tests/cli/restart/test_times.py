"""Durations and moments as people type and read them."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from webhook.cli.restart.times import Duration, Moment, spoken, written


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("0s", timedelta()),
    ],
)
def test_a_duration_is_read(text: str, span: timedelta) -> None:
    assert Duration().convert(text, None, None) == span
    assert Duration().convert(span, None, None) == span


@pytest.mark.parametrize("text", ["", "5", "1w", "-1h", "30m1h", "999999999d24h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no duration"):
        Duration().convert(text, None, None)


def test_a_moment_is_a_time_or_so_long_ago() -> None:
    moment = datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert Moment().convert("2026-07-01T10:00:00+02:00", None, None) == moment
    assert Moment().convert(moment, None, None) == moment
    before = datetime.now(UTC)
    ago = Moment().convert("2h", None, None)
    assert before <= ago + timedelta(hours=2) <= datetime.now(UTC)
    assert written(Moment().convert("2026-07-01T10:00:00+02:00", None, None)) == "2026-07-01T08:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (42, "42 s"), (123, "2 min 3 s"), (3600, "1 h"), (18120, "5 h 2 min"), (2 * 86400, "2 d")],
)
def test_a_span_is_said_as_people_do(seconds: float, text: str) -> None:
    assert spoken(seconds) == text
