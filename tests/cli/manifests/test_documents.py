import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.cli.manifests.documents import read
from webhook.cli.manifests.objects import manifests


def test_documents_are_cut_at_their_markers_and_joined_are_the_text() -> None:
    text = "# top\n%YAML 1.1\n---\na: |\n  --- x\n...\n# between\n---\nb: 2\n--- # c\nc: 3\n# tail\n"
    documents = read(text)
    assert [document.value for document in documents] == [{"a": "--- x\n"}, {"b": 2}, {"c": 3}]
    assert "".join(document.text for document in documents) == text


@given(
    st.lists(st.sampled_from(["---", "...", "a: 1", "# c", "", "%YAML 1.1", "{", "- b", " ", "--- x", "\r"]))
)
def test_no_text_is_lost_whatever_it_holds(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "".join(document.text for document in read(text)) == text


def test_json_values_one_after_another_are_documents() -> None:
    text = '{"a": "\\ud83e\\udd17"}\n{"b": 2} {"c": 3}\n'
    documents = read(text)
    assert [document.value for document in documents] == [{"a": "🤗"}, {"b": 2}, {"c": 3}]
    assert [document.place(document.root.start) for document in documents if document.root] == [
        (1, 1),
        (2, 1),
        (2, 10),
    ]
    assert "".join(document.text for document in documents) == text


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\nb: [\n", (2, 5), "did not find expected node content while parsing a flow node"),
        ("---\na: 1\n---\na: b: c\n", (4, 5), "mapping values are not allowed in this context"),
        ("a:\n\tb: 1\n", (2, 1), "a tab cannot indent YAML, only spaces can"),
        ("a: 1\nb: 2\na: 3\n", (3, 1), 'key "a" is set twice in this mapping'),
        ('{"a": {"b": 1, "b": 2}}', (1, 16), 'key "b" is set twice in this mapping'),
        ("1: a\n'1': b\n", (2, 1), 'key "1" is set twice in this mapping'),
        ("a: *x\n", (1, 4), "alias *x has no anchor before it"),
        ("a: &x [*x]\n", (1, 8), "anchor &x contains itself"),
        ("<<: 1\n", (1, 1), "<< takes a mapping or a list of mappings"),
        ("? [a]\n: b\n", (1, 3), "a key must be a string, not a list or a mapping"),
        ("~: b\n", (1, 1), "a key must be a string, not null"),
        ("a: \x07\n", (1, 4), "character U+0007 is not allowed in YAML"),
        ('{"a": 1 "b": 2}', (1, 9), '"," or "}" is expected here'),
        ('{"a": 1,}x', (1, 9), "a key in double quotes is expected here"),
        ('{"a": [1, ]x}', (1, 11), "expecting value"),
        ('{"a": NaN} {', (1, 7), "NaN is not JSON"),
        ("[" * 300, (1, 201), "nested more than 200 levels deep"),
        ("a: 1\rb: 2\r---\rc: 3", (1, 15), "another document begins here without a line of its own"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, place: tuple[int, int], message: str) -> None:
    (error, where) = next((document.error, document) for document in read(text) if document.error)
    assert (where.place(error.offset), error.message) == (place, message)


def test_a_template_is_told_to_be_one() -> None:
    (broken,) = read("{{- if .Values.on }}\na: b\n")
    assert broken.error is not None
    assert broken.error.message.endswith("; this looks like a template, which must be rendered first")


def test_aliases_that_would_fill_the_memory_are_refused() -> None:
    lines = ["a0: &a0 [" + ", ".join("x" * 9) + "]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (bomb,) = read("\n".join(lines))
    assert bomb.error is not None
    assert bomb.error.message == "the document contains excessive aliasing"


def test_a_broken_document_hides_no_other() -> None:
    documents = read("a: 1\n---\nb: [\n---\nc: 3\n")
    assert [document.value for document in documents] == [{"a": 1}, None, {"c": 3}]


def test_items_of_lists_are_objects_and_take_their_kind_from_the_list() -> None:
    (document,) = read(
        "apiVersion: v1\nkind: List\nitems:\n- kind: A\n  apiVersion: x/v1\n"
        "- kind: PodList\n  apiVersion: v1\n  items:\n  - metadata: {name: p}\n"
    )
    found = manifests(document)
    assert [(one.group, one.kind, one.name, one.line, one.keys) for one in found] == [
        ("x", "A", "", 4, ("items", 0)),
        ("", "Pod", "p", 9, ("items", 1, "items", 0)),
    ]


@pytest.mark.parametrize("text", ["", "# nothing\n", "a: 1\n", "[1]\n", "kind: 7\n", "text\n"])
def test_what_is_no_object_is_none(text: str) -> None:
    assert [found for document in read(text) for found in manifests(document)] == []
