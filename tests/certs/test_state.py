from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs import bundle
from certs.authority import issue_authority, issue_leaf
from certs.state import BUNDLE_KEY, TRUST_KEY, State, Trusted, parse, serialise

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AUTHORITY = issue_authority("ours", now=NOW)
CERTIFICATE = bundle.parse(AUTHORITY.certificate).certificates[0]
LEAF = issue_leaf(AUTHORITY, ["hook"], now=NOW)
FULL = State(
    authority=AUTHORITY,
    leaf=LEAF,
    next_authority=AUTHORITY,
    next_leaf=LEAF,
    trusted=(Trusted(CERTIFICATE, NOW, found=True),),
    dropped=("aa", "bb"),
)


@pytest.mark.parametrize("state", [FULL, State()], ids=["full", "empty"])
def test_what_is_written_is_read_again(state: State) -> None:
    assert parse(serialise(state)) == state


def test_every_key_is_written_every_time() -> None:
    assert serialise(State()).keys() == serialise(FULL).keys()


@given(st.dictionaries(st.sampled_from(sorted(serialise(FULL))), st.binary()))
def test_any_data_can_be_read(data: dict[str, bytes]) -> None:
    parse(data)


@pytest.mark.parametrize(
    "notes",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"trusted": [], "dropped": 3}',
        b'{"trusted": {"%s": 7}}',
        b'{"trusted": {"%s": {"until": "soon"}}}',
        b'{"trusted": {"%s": {"until": "2026-03-01T12:00:00"}}}',
        b'{"trusted": {"%s": {"until": 12, "found": "yes"}}, "dropped": [1]}',
    ],
)
def test_a_ca_whose_notes_are_broken_is_one_that_is_needed(notes: bytes) -> None:
    mark = bundle.fingerprint(CERTIFICATE).encode()
    data = {BUNDLE_KEY: AUTHORITY.certificate, TRUST_KEY: notes.replace(b"%s", mark)}
    assert parse(data) == State(trusted=(Trusted(CERTIFICATE),))
