import copy
from collections import Counter
from typing import Any

import jsonpatch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.manifests.writing import document, write
from webhook.cli.manifests.nodes import Json, same
from webhook.cli.manifests.splice import splice

BOUNDED = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.sampled_from(
    [
        "name",
        "env",
        "yes",
        "on",
        "1",
        "1.0",
        "1:30",
        "null",
        "~",
        "a b",
        "a: b",
        "#x",
        "",
        "é😀",
        "- d",
        "{}",
        "'",
        '"',
    ]
)
broken_lines = st.sampled_from(
    ["two\nlines\n", "no\nbreak", "\n", "end\n\n", " indented\nx", "trailing  \n", "# no\n"]
)
strings = (
    words | broken_lines | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)
)
keys = words.filter(bool) | st.text(alphabet="abcxyz-/.~", min_size=1, max_size=6)
numbers = st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
values = st.recursive(
    st.none() | st.booleans() | numbers | strings,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=14,
)
objects = st.dictionaries(keys, values, min_size=1, max_size=5)
seeds = st.integers(0, 2**20)


def pointer(path: str, key: str | int) -> str:
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def targets(value: Json, path: str = "") -> list[str]:
    """Every pointer below the root, to replace or remove what is there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in items:
        found += [pointer(path, key), *targets(item, pointer(path, key))]
    return found


def places(value: Json, path: str = "") -> list[str]:
    """Every pointer at which something can be added without replacing anything."""
    if isinstance(value, dict):
        return [
            f"{path}/added",
            *(place for key in value for place in places(value[key], pointer(path, key))),
        ]
    if isinstance(value, list):
        below = [place for index, item in enumerate(value) for place in places(item, pointer(path, index))]
        return [f"{path}/-", *(pointer(path, index) for index in range(len(value))), *below]
    return []


def patched(value: Json, *operations: dict[str, Any]) -> Json:
    return jsonpatch.apply_patch(copy.deepcopy(value), list(operations))


@st.composite
def changed(draw: st.DrawFn, value: Json) -> Json:
    """What one to four random operations make of a value."""
    for _ in range(draw(st.integers(1, 4))):
        verb = draw(st.sampled_from(["add", "add", "replace", "remove"]))
        where = places(value) if verb == "add" else targets(value)
        if where:
            operation = {"op": verb, "path": draw(st.sampled_from(where)), "value": draw(values)}
            value = patched(value, operation)
    return value


@BOUNDED
@given(objects, seeds, st.data())
def test_a_spliced_text_means_what_jsonpatch_makes_of_the_object(
    value: Json, seed: int, data: st.DataObject
) -> None:
    before = document(write(value, seed))
    expected = data.draw(changed(before.value))
    assert same(document(splice(before, expected)).value, expected)


@BOUNDED
@given(objects, seeds.map(lambda seed: seed * 2), st.data())
def test_an_addition_leaves_every_line_but_one_as_it_was(value: Json, seed: int, data: st.DataObject) -> None:
    before = document(write(value, seed))
    where = data.draw(st.sampled_from(places(before.value)))
    after = splice(before, patched(before.value, {"op": "add", "path": where, "value": {"x": [1, "y"]}}))
    gone = Counter(before.text.split("\n")) - Counter(after.split("\n"))
    assert gone.total() <= 1


@BOUNDED
@given(objects, seeds)
def test_the_same_value_gives_the_same_text(value: Json, seed: int) -> None:
    before = document(write(value, seed))
    assert splice(before, copy.deepcopy(before.value)) == before.text
