import copy
from typing import Any

import jsonpatch
import pytest

from tests.cli.manifests.writing import document
from webhook.cli.manifests.nodes import same
from webhook.cli.manifests.splice import SpliceError, splice

TOKEN = {"name": "T", "valueFrom": {"k": "v"}}


def spliced(text: str, *operations: tuple[str, str, Any]) -> str:
    """Apply operations (verb, path, value) to a text, and check the result against jsonpatch."""
    before = document(text)
    patch = [{"op": verb, "path": path, "value": value} for verb, path, value in operations]
    expected = jsonpatch.apply_patch(copy.deepcopy(before.value), patch)
    after = splice(before, expected)
    assert same(document(after).value, expected)
    return after


def test_a_comment_behind_the_last_item_stays_behind_the_list() -> None:
    assert (
        spliced("env:\n  - name: A # a\n  # - name: B\nx: 1\n", ("add", "/env/-", TOKEN))
        == "env:\n  - name: A # a\n  - name: T\n    valueFrom:\n      k: v\n  # - name: B\nx: 1\n"
    )


def test_a_comment_above_the_first_item_stays_with_it() -> None:
    assert spliced("a:\n# first\n- 1\n", ("add", "/a/0", 0)) == "a:\n- 0\n# first\n- 1\n"


@pytest.mark.parametrize("empty", ["", " []", " ~", " null", " [\n ]"])
def test_an_empty_list_becomes_a_block_and_its_comment_stays(empty: str) -> None:
    text = f"env:{empty} # none\nx: 1\n"
    assert spliced(text, ("replace", "/env", ["a"])) == "env: # none\n- a\nx: 1\n"


def test_an_empty_mapping_becomes_a_block() -> None:
    assert spliced("a: {}\nb: 1\n", ("add", "/a/x", {"z": 2})) == "a:\n  x:\n    z: 2\nb: 1\n"


def test_flow_style_stays_flow_style() -> None:
    assert spliced("a: {b: [1, 2] , c: d}\n", ("add", "/a/b/-", TOKEN), ("add", "/a/e", True)) == (
        "a: {b: [1, 2, {name: T, valueFrom: {k: v}}] , c: d, e: true}\n"
    )


def test_a_flow_list_over_several_lines_gets_a_line_more() -> None:
    assert spliced("a: [\n  b, # why\n  c,\n]\n", ("add", "/a/-", "d")) == "a: [\n  b, # why\n  c,\n  d,\n]\n"


def test_minified_json_stays_minified() -> None:
    assert spliced('{"a":[],"b":{"c":1}}', ("add", "/a/-", TOKEN), ("add", "/b/d", "é")) == (
        '{"a":[{"name":"T","valueFrom":{"k":"v"}}],"b":{"c":1,"d":"é"}}'
    )


def test_json_with_tabs_keeps_its_tabs() -> None:
    assert spliced('{\n\t"a": [\n\t\t{\n\t\t\t"b": 1\n\t\t}\n\t]\n}\n', ("add", "/a/-", {"c": [2]})) == (
        '{\n\t"a": [\n\t\t{\n\t\t\t"b": 1\n\t\t},\n\t\t{\n\t\t\t"c": [\n\t\t\t\t2\n\t\t\t]\n\t\t}\n\t]\n}\n'
    )


def test_json_items_on_one_line_each_stay_so() -> None:
    assert spliced('{\n  "a": [\n    {"b": 1}\n  ]\n}\n', ("add", "/a/-", {"c": 2})) == (
        '{\n  "a": [\n    {"b": 1},\n    {"c": 2}\n  ]\n}\n'
    )


def test_indentation_and_dashes_follow_the_document() -> None:
    text = "spec:\n    list:\n        -   a: 1\n    map:\n        b: 2\n"
    assert spliced(text, ("add", "/spec/list/-", {"c": {"d": [3]}})) == (
        "spec:\n    list:\n        -   a: 1\n        -   c:\n                d:\n                    -   3\n"
        "    map:\n        b: 2\n"
    )


def test_a_dash_alone_on_its_line_is_no_obstacle() -> None:
    assert spliced("-\n  a: 1\n- # c\n  b: 2\n", ("add", "/0/x", 1), ("add", "/1/z", 2)) == (
        "-\n  a: 1\n  x: 1\n- # c\n  b: 2\n  z: 2\n"
    )


@pytest.mark.parametrize(
    ("scalar", "blank"),
    [("|\n  t\n", "\n"), ("|+\n  t\n\n", ""), (">-\n  t\n  u\n", "\n\n"), ("|2\n   t\n", "")],
)
def test_a_block_scalar_at_the_end_keeps_its_value(scalar: str, blank: str) -> None:
    assert spliced(f"a: {scalar}{blank}", ("add", "/b", 1)) == f"a: {scalar}b: 1\n{blank}"


def test_behind_an_open_block_scalar_at_the_end_of_the_text_nothing_is_put() -> None:
    assert spliced("x:\n  a: |\n    t", ("add", "/x/b", 1)) == "x:\n  b: 1\n  a: |\n    t"


def test_a_text_without_a_last_line_break_gets_none() -> None:
    assert spliced("a:\n- 1", ("add", "/a/-", 2)) == "a:\n- 1\n- 2"


def test_windows_line_breaks_stay() -> None:
    assert spliced('a: "x"\r\nb:\r\n- 1\r\n', ("add", "/b/-", {"c": {"d": 1}})) == (
        'a: "x"\r\nb:\r\n- 1\r\n- c:\r\n    d: 1\r\n'
    )


def test_document_markers_stay_where_they_are() -> None:
    assert spliced("--- # one\na: 1\n... # end\n", ("add", "/b", 2)) == "--- # one\na: 1\nb: 2\n... # end\n"


def test_explicit_keys_get_a_neighbour() -> None:
    assert spliced("? a\n: - 1\n", ("add", "/a/-", 2), ("add", "/b", 3)) == "? a\n: - 1\n  - 2\nb: 3\n"


def test_tags_and_anchors_stay() -> None:
    assert spliced("a: !!seq &x\n- 1\nb: !!map {c: 1}\n", ("add", "/a/-", 2), ("add", "/b/d", 2)) == (
        "a: !!seq &x\n- 1\n- 2\nb: !!map {c: 1, d: 2}\n"
    )


def test_an_alias_that_changes_is_written_out_and_leaves_the_others_alone() -> None:
    text = "a: &x\n  - 1 # c\nb: *x\nc: *x\n"
    assert spliced(text, ("add", "/b/-", 2)) == "a: &x\n  - 1 # c\nb:\n  - 1\n  - 2\nc: *x\n"


def test_aliases_keep_their_value_when_their_anchor_changes() -> None:
    assert spliced("a: &x [1]\nb: *x\n", ("add", "/a/-", 2)) == "a: &x [1, 2]\nb:\n- 1\n"


def test_a_change_of_all_users_of_an_anchor_is_made_at_the_anchor() -> None:
    text = "a: &x [1]\nb: *x\n"
    assert spliced(text, ("add", "/a/-", 2), ("add", "/b/-", 2)) == "a: &x [1, 2]\nb: *x\n"


def test_a_merged_member_that_changes_is_overridden() -> None:
    text = "a: &x {p: [1], q: 2}\nb:\n  <<: *x\n  r: 3\n"
    assert spliced(text, ("add", "/b/p/-", 4)) == (
        "a: &x {p: [1], q: 2}\nb:\n  <<: *x\n  r: 3\n  p:\n  - 1\n  - 4\n"
    )


def test_a_merged_member_that_goes_takes_the_merge_with_it() -> None:
    text = "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  r: 3\n"
    assert spliced(text, ("remove", "/b/p", None)) == "a: &x {p: 1, q: 2}\nb:\n  r: 3\n  q: 2\n"


def test_an_item_is_removed_with_its_lines() -> None:
    text = "a:\n- x: 1\n  y: |\n    t\n# about z\n- z: 2 # z\nb: {c: 1, d: 2, e: 3}\n"
    assert spliced(text, ("remove", "/a/0", None), ("remove", "/b/d", None)) == (
        "a:\n# about z\n- z: 2 # z\nb: {c: 1, e: 3}\n"
    )


def test_the_last_item_leaves_an_empty_list() -> None:
    assert spliced("a:\n- 1\nb: 2\n", ("remove", "/a/0", None)) == "a: []\nb: 2\n"


@pytest.mark.parametrize(
    "string",
    [
        "yes",
        "0777",
        "1e3",
        "~",
        "",
        "a: b",
        "{}",
        '{"a":"b"}',
        "it's",
        "# no",
        "\u0085",
        "a\nb",
        "1:30",
        "=",
        "<<",
    ],
)
def test_an_inserted_string_stays_a_string(string: str) -> None:
    for text in ("a: 1\n", "{a: 1}", '{"a": 1}'):
        spliced(text, ("add", "/b", string), ("add", f"/{string.replace('~', '~0')}x", string))


def test_wide_characters_do_not_shift_positions() -> None:
    assert spliced('"é😀": {"ü": "𝄞"} # 😀\n日本: [語]\n', ("add", "/é😀/x", 1), ("add", "/日本/-", 2)) == (
        '"é😀": {"ü": "𝄞", x: 1} # 😀\n日本: [語, 2]\n'
    )


def test_a_mapping_without_braces_in_a_flow_list_gets_them() -> None:
    assert spliced("a: [b: 1, c]\n", ("add", "/a/0/d", 2)) == "a: [{b: 1, d: 2}, c]\n"


def test_what_cannot_be_written_is_an_error_and_not_another_text() -> None:
    with pytest.raises(SpliceError):
        splice(document("a: 1\n"), {"a": float("nan")})


@pytest.mark.parametrize("text", ["{}", "--- {}\n", "  {} # none\n", "--- # c\n{}\n"])
def test_an_empty_document_can_be_filled(text: str) -> None:
    assert "a" in spliced(text, ("add", "/a", {"b": [1]}))


@pytest.mark.parametrize("nested", [('{"a":', "1", "}"), ("[", "", "]"), ("- ", "x: 1", "")])
def test_the_deepest_place_that_can_be_read_can_be_written(nested: tuple[str, str, str]) -> None:
    opening, inner, closing = nested
    text = opening * 190 + inner + closing * 190
    if opening == "[":
        spliced(text, ("add", "/0" * 189 + "/-", {"b": 1}))
    elif opening == "- ":
        spliced(text, ("add", "/0" * 190 + "/b", [1]))
    else:
        spliced(text, ("add", "/a" * 189 + "/b", [1]))


@pytest.mark.parametrize(
    ("text", "operations", "expected"),
    [
        ("{a: , b, c: 1}\n", [("replace", "/a", 1), ("replace", "/b", 2)], "{a: 1, b: 2, c: 1}\n"),
        ("? a\n? b\n", [("replace", "/a", [1])], "a:\n- 1\nb: null\n"),
        ("? a\n: - 1\n", [("replace", "/a", "x")], "a: x\n"),
        ("-\n  a: 1\n- 2\n", [("replace", "/0", "x")], "- x\n- 2\n"),
        ("- a: 1\n- 2\n", [("replace", "/0", ["x", "z"])], "- - x\n  - z\n- 2\n"),
        ("--- text\n", [("replace", "", {"a": 1})], "--- \na: 1\n"),
        ("a: {b: 1}\n", [("replace", "/a", "x")], "a: x\n"),
        ("a:\n  b: 1 # c\n", [("replace", "/a", "x")], "a: x # c\n"),
        ("a: |\n  t\n\nb: 1\n", [("replace", "/a", "x")], "a: x\n\nb: 1\n"),
        ("&k a: 1\nb: {*k : 2}\n", [("remove", "/a", None)], "b:\n  a: 2\n"),
        ("<<: {p: 1}\nq: 2\n", [("replace", "/p", 3)], "<<: {p: 1}\nq: 2\np: 3\n"),
        ("<<: {p: &x 1}\nq: *x\n", [("replace", "/p", 3)], "p: 3\nq: 1\n"),
        ("a: &x {p: 1}\n<<: [*x, {q: 2}]\n", [("add", "/r", 3)], "a: &x {p: 1}\n<<: [*x, {q: 2}]\nr: 3\n"),
        ("? a\n: |\n  t", [("add", "/b", 1)], "a: t\nb: 1"),
        ("- |\n  t", [("add", "/-", 1)], "- t\n- 1"),
        ("[1, 2]\n", [("add", "/0", 0), ("add", "/2", 1.5)], "[0, 1, 1.5, 2]\n"),
        ("[1, 2, 3, 4]\n", [("remove", "/0", None), ("remove", "/2", None)], "[2, 3]\n"),
        ("- a: 1\n  b: 2\n- c\n", [("remove", "/0/a", None)], "- b: 2\n- c\n"),
        ("- a: 1\n  b: 2\n  c: 3\n", [("remove", "/0/a", None), ("remove", "/0/b", None)], "- c: 3\n"),
        ("- - 1\n  - 2\n", [("add", "/0/0", 0)], "- - 0\n  - 1\n  - 2\n"),
        ("a: '1'\nb: \"2\"\n", [("replace", "/a", 1), ("replace", "/b", None)], "a: 1\nb: null\n"),
    ],
)
def test_odd_places_are_written_too(text: str, operations: list[tuple[str, str, Any]], expected: str) -> None:
    assert spliced(text, *operations) == expected
