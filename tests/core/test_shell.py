"""The lexer: what a script's words are, and that no text stops it."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.core import caps
from webhook.core.caps import OverCapError, Steps
from webhook.core.shell import commands
from webhook.core.variables import UNKNOWN, Environment

_SIGNS = [
    *"'\"`$(){}\\#;&|<> \t\n=-abc1",
    "${",
    "${A:-",
    "${A:=",
    "$(",
    "<<E\n",
    "<<-'E'",
    "\nE\n",
    "2>",
    "$'",
    "é",
    "\0",
]
_SCRIPTS = st.lists(st.sampled_from(_SIGNS), max_size=60).map("".join) | st.text(max_size=60)


def _words(script: str) -> list[list[str]]:
    environment = Environment({"A": {"name": "A", "value": "a b"}})
    return [
        [field for word in command for field in environment.words(word, ["sh", "p q", ""])]
        for command in commands(script, Steps())
    ]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("", []),
        ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
        ("a ''", [["a", ""]]),
        ('a ""', [["a", ""]]),
        ("a\\\nb", [["ab"]]),
        ('"a\\\nb\\$\\c"', [["ab$\\c"]]),
        ("$'a\\'b\\n\\x'", [["a'b\nx"]]),
        ('$"a"', [["a"]]),
        ("a 'b", [["a", "b"]]),
        ('a "b', [["a"]]),
        ("a ${A", [["a"]]),
        ("a#b #c\nd", [["a#b"], ["d"]]),
        ("a #c", [["a"]]),
        ("a >b 2>c c2>d <e >&2 f", [["a", "c2", "f"]]),
        ("a >", [["a"]]),
        ("> \n a", [["a"]]),
        ("a <<E b\nc\nE\nd", [["a", "b"], ["d"]]),
        ("a <<E\nc", [["a"]]),
        ("a <<E <<F\n1\nE\n2\nF\nd", [["a"], ["d"]]),
        ("a <<< b c", [["a", "c"]]),
        ("a;b&&c||d|e&", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("(a) b", [["a"], ["b"]]),
        ("a)b", [["a"], ["b"]]),
        ("$A", [["a", "b"]]),
        ('"$A"', [["a b"]]),
        ("x$A$A", [["xa", "ba", "b"]]),
        ("${A}", [["a", "b"]]),
        ("${B:-c d}", [["c", "d"]]),
        ("\"${B:-c 'd'}\"", [["c 'd'"]]),
        ("${B:-'c'\\d\"e\"`f`}", [["f"], [f"cde{UNKNOWN}"]]),
        ("${B:-\\\n}c", [["c"]]),
        ("${B-$A}", [["a", "b"]]),
        ("${A+x}${A:+y}${B+z}", [["xy"]]),
        ("${A?x}", [["a", "b"]]),
        ("${B?x}", [[f"{UNKNOWN}B{UNKNOWN}"]]),
        ("${B:=x} $B", [["x", "x"]]),
        ("${A%x}", [[UNKNOWN]]),
        ('"${#A}"', [[UNKNOWN]]),
        ('$1 ${1} "$1" $9', [["p", "q", "p", "q", "p q", f"{UNKNOWN}9{UNKNOWN}"]]),
        ('"$@"', [["p q", ""]]),
        ("a$(b c)", [["b", "c"], [f"a{UNKNOWN}"]]),
        ("`a`", [["a"], [UNKNOWN]]),
        ('"`a`$(b)"', [["a"], ["b"], [UNKNOWN * 2]]),
        ("$((1 + (2)))", [["1", "+"], ["2"], [UNKNOWN]]),
        ("$(a", [["a"]]),
        ("$", [["$"]]),
        ("\f", [["\f"]]),
    ],
)
def test_a_script_has_these_words(script: str, expected: list[list[str]]) -> None:
    assert _words(script) == expected


@pytest.mark.parametrize("opening", ["$(", '"$(', "${A:-", "`$("])
def test_what_is_nested_too_deeply_cannot_be_known(opening: str) -> None:
    words = [word for command in _words("a " + opening * 200) for word in command if word.strip(UNKNOWN)]
    assert words == ["a"]


@given(_SCRIPTS)
def test_no_text_stops_the_lexer(script: str) -> None:
    for command in commands(script, Steps()):
        assert command
        assert all(command)


@given(_SCRIPTS)
def test_no_text_has_more_pieces_than_characters(script: str) -> None:
    pieces = sum(len(word) for command in commands(script, Steps()) for word in command)
    assert pieces <= len(script)


@given(st.text())
def test_a_quoted_word_comes_back_as_itself(word: str) -> None:
    assert _words(f"x {shlex.quote(word)}") == [["x", word]]


@given(st.lists(st.text(min_size=1), min_size=1))
def test_joined_words_come_back_as_themselves(words: list[str]) -> None:
    assert _words(shlex.join(words)) == [words]


def test_a_script_of_too_many_words_is_refused() -> None:
    with pytest.raises(OverCapError, match="its scripts have more than"):
        list(commands("a " * caps.TOKENS, Steps()))
