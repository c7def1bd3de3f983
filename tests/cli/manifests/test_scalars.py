import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.manifests.writing import document
from webhook.cli.manifests.documents import read
from webhook.cli.manifests.nodes import Json, same
from webhook.cli.manifests.scalars import quoted


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((word, True) for word in ("true", "True", "TRUE", "yes", "on", "On", "y", "Y")),
        *((word, False) for word in ("false", "no", "NO", "off", "n")),
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        ("tRue", "tRue"),
        ("0777", 511),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("-0", 0),
        ("08", 8),
        ("1e3", 1000),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1.", 1),
        ("1e400", "1e400"),
        ("18446744073709551615", 18446744073709551615),
        ("1:30", "1:30"),
        ("2001-12-14", "2001-12-14"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("0x", "0x"),
        ("'1'", "1"),
        ('"yes"', "yes"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int '7'", 7),
        ("!!float 1", 1),
        ("!!binary aGk=", "hi"),
        ("!vault 12", "12"),
        ("=", "="),
    ],
)
def test_a_scalar_reads_as_kubernetes_reads_it(written: str, value: Json) -> None:
    text = f"a: {written}\n" if written != "-" else "a: '-'\n"
    assert same(document(text).value, {"a": value})


@pytest.mark.parametrize("key", ["1", "yes", "1.5", "0x10"])
def test_a_key_becomes_a_string(key: str) -> None:
    names = {"1": "1", "yes": "true", "1.5": "1.5", "0x10": "16"}
    assert document(f"{key}: v\n").value == {names[key]: "v"}


@pytest.mark.parametrize("written", [".nan", "-.inf", "!!int x", "!!bool 1", "!!binary ("])
def test_a_scalar_that_json_cannot_hold_is_an_error(written: str) -> None:
    (broken,) = read(f"a: {written}\n")
    assert broken.error is not None
    assert broken.place(broken.error.offset) == (1, 4)


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_a_quoted_string_reads_as_itself_everywhere(text: str) -> None:
    block, flow = quoted(text), quoted(text, flow=True)
    assert document(f"{block}: {block}\n").value == {text: text}
    assert document(f"[{{{flow}: {flow}}}, {flow}]\n").value == [{text: text}, text]
