"""What was told, gathered and held to a pace, by a clock that only the test moves."""

from datetime import UTC, datetime

import pytest

from tests.server.manual_clock import ManualClock
from webhook.cluster.events import Stored
from webhook.core.events import EventType, Involved, Told
from webhook.server.event_book import Book, Limits, Series

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ABOUT = Involved("apps/v1", "ReplicaSet", "team-a", "llama", "uid-1")
SAID = Told(EventType.NORMAL, "Injected", "a token")
LIMITS = Limits(
    gather=1,
    again=10,
    burst=3,
    every=100,
    all_burst=100,
    all_every=1,
    series=3,
    object_series=2,
    patience=600,
)


class Desk:
    """A book and its clock."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.clock = ManualClock()
        self.book = Book(limits, self.clock.monotonic)

    def tell(self, name: str = "llama", message: str = "a token") -> bool:
        """Tell something of an object."""
        return self.book.tell(ABOUT._replace(name=name), SAID._replace(message=message), self.clock.now())

    def after(self, seconds: float) -> list[Series]:
        """Return what is due after some time."""
        self.clock.advance(seconds)
        found = []
        while (series := self.book.due()) is not None:
            found.append(series)
        return found

    def write(self, seconds: float) -> list[tuple[str, int]]:
        """Write what is due after some time; return message and number of each."""
        found = []
        for series in self.after(seconds):
            number = series.unwritten
            found.append((series.said.message, number))
            self.book.written(series, number, Stored("event", "uid-1", number, "1"))
        return found


@pytest.fixture
def desk() -> Desk:
    """A book with small limits."""
    return Desk()


def test_what_is_told_a_hundred_times_is_written_once(desk: Desk) -> None:
    for _ in range(100):
        assert desk.tell()
    assert desk.book.unwritten == 100
    assert desk.write(0.9) == []
    assert desk.write(0.2) == [("a token", 100)]
    assert desk.book.unwritten == 0
    assert desk.write(1000) == []
    assert desk.book.delay() is None


def test_what_is_told_again_waits_for_its_turn(desk: Desk) -> None:
    desk.tell()
    desk.write(1)
    desk.tell()
    desk.tell()
    assert desk.write(9) == []
    assert desk.write(1) == [("a token", 2)]


def test_what_is_told_after_a_while_waits_only_for_its_like(desk: Desk) -> None:
    desk.tell()
    desk.write(1)
    desk.clock.advance(60)
    desk.tell()
    assert desk.book.delay() == 1
    assert desk.write(1) == [("a token", 1)]


def test_what_is_told_while_it_is_written_is_written_later(desk: Desk) -> None:
    desk.tell()
    [series] = desk.after(1)
    first = series.times
    desk.clock.advance(1)
    desk.tell()
    desk.book.written(series, first.number, Stored("event", "uid-1", 1, "1"))
    assert desk.write(9) == []
    [series] = desk.after(1)
    assert (series.times.number, series.times.first) == (1, series.times.last)
    assert series.times.first > first.last


def test_times_are_those_of_what_was_told_since_the_last_write(desk: Desk) -> None:
    for _ in range(3):
        desk.tell()
        desk.clock.advance(0.25)
    [series] = desk.after(1)
    assert (series.times.last - series.times.first).total_seconds() == 0.5


def test_an_object_has_so_many_writes_and_then_one_at_a_time(desk: Desk) -> None:
    for number in range(3):
        desk.tell()
        assert len(desk.write(1 if number == 0 else 10)) == 1
    desk.tell()
    desk.tell()
    assert desk.write(10) == []
    # The 30 s since the first of three have brought 0.3 of the next.
    assert desk.book.delay() == pytest.approx(70)
    assert desk.write(70) == [("a token", 2)]


def test_another_object_does_not_wait_for_one_that_has_had_enough(desk: Desk) -> None:
    for number in range(4):
        desk.tell()
        desk.write(1 if number == 0 else 10)
    desk.tell("another")
    assert desk.write(1) == [("a token", 1)]


def test_all_objects_together_have_a_limit() -> None:
    desk = Desk(LIMITS._replace(all_burst=2, all_every=5))
    for name in ("one", "two", "three"):
        desk.tell(name)
    assert len(desk.write(1)) == 2
    assert desk.book.delay() == pytest.approx(5)
    assert len(desk.write(5)) == 1


def test_what_could_not_be_written_is_tried_again_and_costs_no_write(desk: Desk) -> None:
    desk.tell()
    for _ in range(20):
        [series] = desk.after(5)
        assert desk.book.again(series) == 0
    assert desk.write(0) == [("a token", 1)]


def test_what_could_not_be_written_for_long_is_given_up(desk: Desk) -> None:
    desk.tell()
    [series] = desk.after(601)
    assert desk.book.again(series) == 1
    assert (desk.book.unwritten, desk.after(1000)) == (0, [])
    desk.tell()
    assert desk.write(10) == [("a token", 1)]


def test_what_is_lost_is_not_written(desk: Desk) -> None:
    desk.tell()
    [series] = desk.after(1)
    desk.book.lost(series, 1)
    assert (desk.book.unwritten, desk.after(1000)) == (0, [])


def test_there_is_room_for_so_much(desk: Desk) -> None:
    assert all(desk.tell(name) for name in ("one", "two", "three"))
    assert not desk.tell("four")
    assert desk.tell("one")
    desk.write(1)
    assert desk.tell("four")


def test_the_object_that_was_told_of_the_longest_ago_is_forgotten(desk: Desk) -> None:
    for name in ("one", "two", "three"):
        desk.tell(name)
    desk.write(1)
    desk.tell("one")
    [series] = desk.after(10)
    desk.book.written(series, 1, Stored("event", "uid-1", 2, "2"))
    desk.tell("four")
    desk.tell("one")
    found = {series.about.name: series.stored for series in desk.after(20)}
    assert found["one"] is not None
    assert found["four"] is None
    desk.tell("two")
    [series] = desk.after(20)
    assert series.stored is None


def test_an_object_of_which_ever_other_things_are_told_takes_no_more_room(desk: Desk) -> None:
    assert all(desk.tell(message=message) for message in ("a", "b"))
    assert not desk.tell(message="c")
    desk.write(1)
    assert desk.tell(message="c")
    assert all(desk.tell(name) for name in ("one", "two"))


def test_of_an_object_of_which_something_waits_the_rest_is_forgotten(desk: Desk) -> None:
    desk.tell(message="a")
    desk.write(1)
    desk.tell(message="b")
    desk.tell("one")
    assert desk.tell("two")
    assert not desk.tell("three")
    assert [message for message, _ in desk.write(1)] == ["b", "a token", "a token"]


def test_in_a_hurry_nothing_waits_for_its_like(desk: Desk) -> None:
    desk.tell()
    desk.write(1)
    desk.tell()
    desk.tell("another")
    assert desk.write(0) == []
    desk.book.hurry()
    assert desk.write(0) == [("a token", 1), ("a token", 1)]
    desk.tell()
    assert desk.write(0) == [("a token", 1)]
