import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.doctor.token_shape import Flaw, flaw

TOKEN = b"hf_" + b"AbCdEfGhIjKlMnOpQrStUvWxYz" + b"01234567"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TOKEN, None),
        (b"", Flaw.EMPTY),
        (b" \n", Flaw.BLANK),
        (TOKEN + b"\n", Flaw.LINE_BREAK),
        (TOKEN + b"\r\n", Flaw.LINE_BREAK),
        (b" " + TOKEN, Flaw.BLANKS),
        (TOKEN[:10] + b"\n" + TOKEN[10:], Flaw.INSIDE),
        (b'"' + TOKEN + b'"', Flaw.QUOTED),
        (b"'" + TOKEN + b"'\n", Flaw.QUOTED),
        (b"HF_TOKEN=" + TOKEN, Flaw.ASSIGNMENT),
        (b"aGZfQWJDZEVmR2hJaktsTW5PcFFyU3RVdld4WXowMTIzNDU2Nw==", Flaw.ENCODED),
        (b"\xff\xfe", Flaw.NO_TEXT),
        (b"hf_\x00abc", Flaw.NO_TEXT),
        (b"hf_...", Flaw.PLACEHOLDER),
        (b"hf_xxxxxxxx", Flaw.PLACEHOLDER),
        (b"<your token>", Flaw.PLACEHOLDER),
        (b"changeme", Flaw.PLACEHOLDER),
        (b"api_org_abc", Flaw.FOREIGN),
    ],
)
def test_what_is_wrong_with_a_value_is_told(value: bytes, expected: Flaw | None) -> None:
    assert flaw(value) is expected


@given(st.binary())
def test_any_value_is_judged_and_no_part_of_it_is_told(value: bytes) -> None:
    """A flaw is one of a closed set of words, so nothing of the value can be in it."""
    assert flaw(value) in {None, *Flaw}
