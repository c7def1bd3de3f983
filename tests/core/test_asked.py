"""What people may write on workloads and Namespaces, and what they are told when it is wrong."""

import pytest

from webhook.core import names
from webhook.core.asked import Asked, NamespaceAsked, RefusedError, misplaced, of_namespace, of_workload
from webhook.core.names import Method, MissingSecret

_LONGEST_LABEL = "a" * 63


@pytest.mark.parametrize("name", ["a", "hf-secret", "a.b-c.d", "0", f"{_LONGEST_LABEL}.{_LONGEST_LABEL}"])
def test_a_secret_is_named_as_kubernetes_names_one(name: str) -> None:
    assert of_workload({}, {names.SECRET: name}) == Asked(secret=name)


@pytest.mark.parametrize(
    "name",
    ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a b", " a", "a\n", "a/b", "é", "a" * 254, None, 5, ["a"]],
)
def test_a_malformed_name_is_refused_and_not_repeated(name: object) -> None:
    with pytest.raises(RefusedError, match=r"annotation \S+/secret must be the name of a Secret"):
        of_workload({}, {names.SECRET: name})


@pytest.mark.parametrize("key", ["token", "HF_TOKEN", ".hidden", "a.b", "-", "..."])
def test_a_key_is_one_of_a_secrets_data(key: str) -> None:
    assert of_workload({}, {names.SECRET_KEY: key}) == Asked(secret_key=key)


@pytest.mark.parametrize("key", ["", ".", "..", "a/b", "a b", "k" * 254, None])
def test_a_malformed_key_is_refused(key: object) -> None:
    with pytest.raises(RefusedError, match="must be a key of the Secret, such as token"):
        of_workload({}, {names.SECRET_KEY: key})


def test_container_names_stand_between_commas_with_any_blanks() -> None:
    asked = of_workload({}, {names.CONTAINERS: " main, tokenizer ,,", names.EXCLUDE_CONTAINERS: ""})
    assert asked == Asked(containers=frozenset({"main", "tokenizer"}))


def test_the_first_of_several_mistakes_is_the_same_in_every_process() -> None:
    annotations = {names.SECRET: "", names.METHOD: "", names.CONTAINERS: "A", names.SECRET_KEY: ""}
    with pytest.raises(RefusedError, match=names.CONTAINERS):
        of_workload({}, annotations)


def test_opting_out_asks_for_nothing_else() -> None:
    assert of_workload({names.INJECT: "disabled"}, {names.SECRET: "mine"}) == Asked(opted_out=True)
    assert of_workload({names.INJECT: "Disabled"}, {}) == Asked()


def test_a_namespace_says_the_same_and_what_a_missing_secret_means() -> None:
    warnings: list[str] = []
    annotations = {
        names.SECRET: "a",
        names.SECRET_KEY: "b",
        names.METHOD: "file",
        names.MISSING_SECRET: "skip",
    }
    assert of_namespace(annotations, warnings) == NamespaceAsked("a", "b", Method.FILE, MissingSecret.SKIP)
    assert of_namespace({"other": "x"}, warnings) == NamespaceAsked()
    assert warnings == []


def test_a_malformed_value_on_a_namespace_is_as_if_it_were_not_there() -> None:
    warnings: list[str] = []
    assert of_namespace({names.SECRET: "A", names.METHOD: "env"}, warnings) == NamespaceAsked(
        method=Method.ENV
    )
    assert [warning.split(" must")[0] for warning in warnings] == [
        f"ignored on the Namespace: annotation {names.SECRET}"
    ]


def test_other_peoples_keys_are_not_our_business() -> None:
    metadata = {
        "labels": {"app": "x", names.INJECT: "disabled"},
        "annotations": {"a": "b", names.INJECTED: "{}", names.SECRET: "mine"},
    }
    assert misplaced(metadata, reaches=True, where="metadata") == []
    assert misplaced({"labels": "text", "annotations": None}, reaches=False, where="spec") == []


def test_keys_that_reach_no_pod_are_told_where_they_would() -> None:
    metadata = {"labels": {names.INJECT: "disabled"}, "annotations": {names.METHOD: "file"}}
    assert misplaced(metadata, reaches=False, where="spec") == [
        f"label {names.INJECT} does nothing here: set it in spec.labels",
        f"annotation {names.METHOD} does nothing here: set it in spec.annotations",
    ]
