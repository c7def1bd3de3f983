"""Flags, positional arguments, and what a flag's value names."""

import pytest

from webhook.core.arguments import parse, repositories, split_flag
from webhook.core.servers import Takes


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("--model", ("--model", None)),
        ("--model_id=a=b", ("--model-id", "a=b")),
        ("--model_id a_b", ("--model-id", "a_b")),
        ("--lora-modules a=b", ("--lora-modules", "a=b")),
        ("-a_b", ("-a_b", None)),
        ("--a=", ("--a", "")),
    ],
)
def test_a_flag_may_have_its_value_in_the_same_word(word: str, expected: tuple[str, str | None]) -> None:
    assert split_flag(word) == expected


@pytest.mark.parametrize(
    ("words", "flags", "positionals"),
    [
        (["a", "--b", "c", "d"], [("--b", ["c"])], ["a", "d"]),
        (["--b=c", "d"], [("--b", ["c"])], ["d"]),
        (["--enable-x", "d"], [("--enable-x", [])], ["d"]),
        (["--quiet", "d"], [("--quiet", [])], ["d"]),
        (["--m", "a", "b"], [("--m", ["a", "b"])], []),
        (["--b", "-1", "-"], [("--b", ["-1"])], ["-"]),
        (["--b", "--", "--c", "d"], [("--b", [])], ["--c", "d"]),
    ],
)
def test_words_belong_to_flags_as_argparse_has_it(
    words: list[str], flags: list[tuple[str, list[str]]], positionals: list[str]
) -> None:
    parsed = parse(words, {"--m": Takes.MODULES}, {"--quiet"})
    assert (parsed.flags, parsed.positionals) == (flags, positionals)


def test_names_are_left_out_of_the_other_words() -> None:
    parsed = parse(["--served-model-name", "a", "b", "--alias=c", "--model", "d"])
    assert parsed.others == ["--model", "d"]


@pytest.mark.parametrize(
    ("takes", "values", "expected"),
    [
        (Takes.MODEL, [], []),
        (Takes.MODEL, ["o/x"], ["o/x"]),
        (Takes.MODEL, ["x"], []),
        (Takes.MODEL, ["o/x:q"], []),
        (Takes.ID, ["x"], ["x"]),
        (Takes.GGUF, ["o/x:q"], ["o/x"]),
        (Takes.JSON, ['{"model": "o/x", "tokenizer": "o/t"}'], ["o/x", "o/t"]),
        (Takes.JSON, ['{"model": 7}'], []),
        (Takes.JSON, ['"o/x"'], []),
        (Takes.JSON, ["[" * 100_000], []),
        (Takes.PAIRS, ["pretrained=o/x, peft=o/p,revision=o/r,x"], ["o/x", "o/p"]),
        (Takes.MODULES, ["a=o/a", "o/b,c=o/c o/d@r"], ["o/a", "o/b", "o/c", "o/d"]),
        (Takes.MODULES, ['[{"path": "o/a"}]', "'a=o/b'"], ["o/a", "o/b"]),
    ],
)
def test_values_name_repositories(takes: Takes, values: list[str], expected: list[str]) -> None:
    assert [named.repository for named in repositories(takes, values)] == expected
