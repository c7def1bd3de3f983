"""Which Secret a container's token comes from, step by step."""

import pytest

from webhook.core.asked import NOTHING, Asked, NamespaceAsked
from webhook.core.decision import Choice
from webhook.core.reasons import Source
from webhook.core.secrets import Neighbour, choose, neighbour
from webhook.core.settings import Rule, SecretRef, Settings

_NEAR = Neighbour("main", "secretKeyRef", "theirs", "hf", None)
_RULES = (Rule("acme/*", SecretRef("hf-acme", "")), Rule("closed/*", None))


def _chosen(
    repository: str,
    *,
    asked: Asked = NOTHING,
    near: Neighbour | None = None,
    namespace_asked: NamespaceAsked | None = None,
    rules: tuple[Rule, ...] = _RULES,
) -> Choice | None:
    warnings: list[str] = []
    choice = choose(
        [repository],
        asked=asked,
        near=near,
        namespace="team-a",
        namespace_asked=namespace_asked or NamespaceAsked(),
        settings=Settings(rules=rules),
        warnings=warnings,
    )
    assert warnings == []
    return choice


def test_each_step_beats_all_below_it() -> None:
    asked, of_namespace = Asked(secret="mine"), NamespaceAsked(secret="of-the-namespace")
    steps = [
        _chosen("acme/x", asked=asked, near=None, namespace_asked=of_namespace),
        _chosen("acme/x", near=_NEAR, namespace_asked=of_namespace),
        _chosen("acme/x", namespace_asked=of_namespace),
        _chosen("acme/x"),
        _chosen("other/x"),
        _chosen("closed/x"),
    ]
    assert [choice and (choice.secret, choice.source) for choice in steps] == [
        ("mine", Source.WORKLOAD),
        ("theirs", Source.NEIGHBOUR),
        ("of-the-namespace", Source.NAMESPACE),
        ("hf-acme", Source.RULE),
        ("hf-secret", Source.DEFAULT),
        None,
    ]


@pytest.mark.parametrize(
    ("asked", "namespace_key", "repository", "key"),
    [
        (Asked(secret_key="k"), "n", "other/x", "k"),
        (Asked(secret_key="k"), "n", "acme/x", "k"),
        (NOTHING, "n", "other/x", "n"),
        (NOTHING, "n", "acme/x", "n"),
        (NOTHING, None, "acme/x", "token"),
        (Asked(secret="mine"), "n", "other/x", "token"),
    ],
)
def test_a_key_alone_changes_the_key_of_whichever_secret_is_chosen(
    asked: Asked, namespace_key: str | None, repository: str, key: str
) -> None:
    choice = _chosen(repository, asked=asked, namespace_asked=NamespaceAsked(secret_key=namespace_key))
    assert choice is not None
    assert choice.key == key
    if choice.source is Source.DEFAULT:
        annotation = "workload" if key == "k" else "Namespace"
        assert choice.detail == f"with the key of {annotation} annotation hf-token-injector.io/secret-key"


@pytest.mark.parametrize(
    ("glob", "repository", "matches"),
    [
        ("acme/*", "acme/model", True),
        ("acme/*", "ACME/Model", True),
        ("acme/*", "acme-labs/model", False),
        ("acme*", "acme/model", False),
        ("*", "acme/model", True),
        ("*/*-GGUF", "acme/model-gguf", True),
        ("acme/model-?", "acme/model-7", True),
        ("acme/model-?", "acme/model-70", False),
        ("acme/model.7", "acme/model-7", False),
        ("acme/[ab]", "acme/a", False),
        ("bert-base-uncased", "bert-base-uncased", True),
    ],
)
def test_a_glob_matches_as_the_hub_resolves_names(glob: str, repository: str, matches: bool) -> None:  # noqa: FBT001
    choice = _chosen(repository, rules=(Rule(glob, None),))
    assert (choice is None) is matches


@pytest.mark.parametrize(
    ("value_from", "copied"),
    [
        ({"secretKeyRef": {"name": "a", "key": "b"}}, {"secretKeyRef": {"name": "a", "key": "b"}}),
        (
            {"configMapKeyRef": {"name": "a", "key": "b", "optional": True, "future": 1}},
            {"configMapKeyRef": {"name": "a", "key": "b", "optional": True}},
        ),
        (
            {"secretKeyRef": {"name": "a", "key": "b", "optional": "yes"}},
            {"secretKeyRef": {"name": "a", "key": "b"}},
        ),
        ({"secretKeyRef": {"name": "a"}}, None),
        ({"secretKeyRef": "a"}, None),
        ({"fieldRef": {"fieldPath": "metadata.name"}}, None),
    ],
)
def test_a_reference_is_copied_without_what_we_do_not_know(
    value_from: dict[str, object], copied: dict[str, object] | None
) -> None:
    warnings: list[str] = []
    near = neighbour([("main", {"HF_TOKEN": {"name": "HF_TOKEN", "valueFrom": value_from}})], warnings)
    assert (near and near.value_from) == copied
    assert bool(warnings) is (copied is None)
