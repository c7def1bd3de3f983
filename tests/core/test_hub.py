"""The Hub's grammar."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.core.hub import from_uri, redact, repository

_NAMES = st.text("abZ09-_./:\n é", max_size=12)
_GRAMMAR = re.compile(r"([A-Za-z0-9_.-]+/)?[A-Za-z0-9_.-]{1,96}")


@pytest.mark.parametrize(
    "name", ["a/b", "01-ai/Yi-1.5-9B", "_a/b_", "a/" + "b" * 96, "a" * 96 + "/" + "b" * 96]
)
def test_an_id_is_accepted(name: str) -> None:
    assert repository(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "a",
            "/b",
            "a/",
            "a/b/c",
            "a//b",
            "./b",
            "../b",
            "-a/b",
            "a/b-",
            "a/b.",
            "a/.b",
            "a--b/c",
            "a/b..c",
        ),
        *(
            "a/b.git",
            "a/" + "b" * 97,
            "a/b\n",
            "a/é",
            "a b/c",
            "ghcr.io/a",
            "a/b.py",
            "a/b.tar.gz",
            "a/b.YAML",
        ),
    ],
)
def test_what_is_no_id_is_not(name: str) -> None:
    assert repository(name) is None


def test_a_bare_id_and_a_quantisation_are_accepted_only_where_they_can_stand() -> None:
    assert repository("gpt2", bare=True) == "gpt2"
    assert repository("a/b", bare=True) == "a/b"
    assert repository("a/b:Q4_K", suffix=True) == "a/b"
    assert repository("a/b:Q4 K", suffix=True) is None
    assert repository("a/b:Q4_K") is None


@given(_NAMES, st.fixed_dictionaries({"bare": st.booleans(), "suffix": st.booleans()}))
def test_only_what_the_grammar_says_is_accepted(text: str, forms: dict[str, bool]) -> None:
    name = repository(text, **forms)
    if name is not None:
        assert text.partition(":")[0] == name
        assert forms["suffix"] or name == text
        assert forms["bare"] or "/" in name
        assert _GRAMMAR.fullmatch(name)
        assert not re.search(r"--|\.\.|\.git\Z|(^|/)[-.]|[-.](/|\Z)", name)


@given(_NAMES)
def test_only_two_parts_and_a_revision_are_a_uri(text: str) -> None:
    name = from_uri("hf://" + text)
    if name is not None:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", name)
        assert text == name or text.startswith(name + ":")
    assert from_uri(text) is None


def test_tokens_are_redacted() -> None:
    assert redact("a hf_" + "x" * 20 + " b") == "a hf_… b"
    assert redact("hf_short") == "hf_short"
    assert redact("plain") == "plain"
