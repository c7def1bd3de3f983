"""When a Secret's value was last changed, as its metadata tells."""

from datetime import UTC, datetime
from typing import Any

from webhook.cluster.changes import last_change, moment

Fields = dict[str, Any]
CREATED, LATER, LATEST = (f"2026-03-0{day}T10:00:00Z" for day in (1, 2, 3))


def at(text: str) -> datetime:
    found = moment(text)
    assert found
    return found


def metadata(*entries: tuple[str, Fields]) -> Fields:
    """Return a Secret's metadata: when which fields were written."""
    managed = [{"time": time, "fieldsV1": fields} for time, fields in entries]
    return {"creationTimestamp": CREATED, "managedFields": managed}


def test_the_writer_of_the_key_counts() -> None:
    key: Fields = {"f:data": {".": {}, "f:token": {}}}
    other: Fields = {"f:data": {"f:another": {}}}
    label: Fields = {"f:metadata": {"f:labels": {"f:team": {}}}}
    assert last_change(metadata((LATER, key), (LATEST, other), (LATEST, label)), "token") == at(LATER)


def test_whoever_wrote_it_last_counts() -> None:
    key: Fields = {"f:data": {"f:token": {}}}
    assert last_change(metadata((LATEST, key), (LATER, key)), "token") == at(LATEST)


def test_what_kubectl_applied_as_text_counts() -> None:
    assert last_change(metadata((LATER, {"f:stringData": {"f:token": {}}})), "token") == at(LATER)


def test_without_a_word_about_keys_any_writer_counts() -> None:
    assert last_change(metadata((LATER, {"f:type": {}}), (LATEST, {"f:data": {}})), "token") == at(LATEST)
    assert last_change(metadata((LATER, {"f:data": {"f:another": {}}})), "token") == at(LATER)


def test_without_writers_the_creation_counts() -> None:
    assert last_change({"creationTimestamp": CREATED}, "token") == at(CREATED)


def test_what_tells_nothing_is_no_answer() -> None:
    assert last_change({}, "token") is None
    assert last_change({"creationTimestamp": "yesterday", "managedFields": [{"time": 5}]}, "token") is None


def test_a_time_without_a_zone_is_utc() -> None:
    assert moment("2026-03-01T10:00:00") == datetime(2026, 3, 1, 10, tzinfo=UTC)
