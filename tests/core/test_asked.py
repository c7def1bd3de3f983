"""What people may write on workloads and Namespaces, and what they are told when it is wrong."""

import pytest

from webhook.core import caps, names
from webhook.core.asked import (
    ON_NAMESPACES,
    ON_WORKLOADS,
    Asked,
    NamespaceAsked,
    RefusedError,
    meant,
    misplaced,
    of_namespace,
    of_workload,
)
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


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("secretname", names.SECRET),
        ("secret-name", names.SECRET),
        ("secrets", names.SECRET),
        ("Secret_Key", names.SECRET_KEY),
        ("metod", names.METHOD),
        ("container", names.CONTAINERS),
        ("excluded-containers", names.EXCLUDE_CONTAINERS),
        ("missing-secrets", None),
        ("model", None),
        ("secret" * 11, None),
    ],
)
def test_of_a_misspelt_annotation_the_one_that_is_meant_is_named_if_it_is_read_there(
    key: str, near: str | None
) -> None:
    assert meant(names.PREFIX + key, ON_WORKLOADS) == near
    said = misplaced({"annotations": {names.PREFIX + key: "x"}}, reaches=True, where="")
    assert said == [
        f"annotation {names.PREFIX}{key} is unknown: did you mean {near}?"
        if near
        else f"annotation {names.PREFIX}{key} is none of "
        "containers, exclude-containers, method, secret, secret-key"
    ]
    assert all(len(text) <= caps.WARNING for text in said if len(key) < 20)


def test_a_namespaces_annotations_are_compared_with_those_that_it_takes() -> None:
    assert meant("hf-token-injector/missingSecrets", ON_NAMESPACES) == names.MISSING_SECRET
    assert meant(names.CONTAINERS, ON_NAMESPACES) is None


def test_of_very_many_misspelt_annotations_no_more_are_compared_than_findings_are_told() -> None:
    annotations = {f"{names.PREFIX}secrets{index}": "x" for index in range(caps.FINDINGS + 1)}
    said = misplaced({"annotations": {"a": "b", **annotations}}, reaches=True, where="")
    assert ["did you mean" in text for text in said] == [True] * caps.FINDINGS + [False]
