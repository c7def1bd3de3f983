import pytest

from tests.doctor.clusters import INJECT, TEAM, cluster, namespace, said
from webhook.doctor.collected import SeenNamespace, Topic, Unread
from webhook.doctor.finding import Status


@pytest.mark.parametrize(
    ("value", "meant"), [("true", "enabled"), ("Enabled", "enabled"), ("ALL", "all"), ("dry-run", "audit")]
)
def test_a_value_that_is_none_of_ours_is_told_with_the_one_that_was_meant(value: str, meant: str) -> None:
    """`true` is what other projects want; the API server matches it with nothing of ours."""
    ((status, sentence, fix),) = said(cluster(namespaces={TEAM: namespace(value)}), "namespace-labels")
    assert status is Status.FAIL
    assert f"{INJECT}={value}, which opts nothing in" in sentence
    assert fix == f"kubectl label namespace {TEAM} {INJECT}={meant} --overwrite"


@pytest.mark.parametrize(
    "key",
    ["hf-token-injector/inject", "hf-token-injector.io/Inject", "hf-token-injection", "hf_token_inject"],
)
def test_a_misspelt_key_is_told(key: str) -> None:
    seen = SeenNamespace(name=TEAM, labels={key: "all"})
    ((status, sentence, fix),) = said(cluster(namespaces={TEAM: seen}), "namespace-labels")
    assert status is Status.FAIL
    assert f"has label {key}, which nobody reads" in sentence
    assert fix == f"kubectl label namespace {TEAM} {key}- {INJECT}=all --overwrite"


def test_the_label_as_an_annotation_is_told() -> None:
    seen = SeenNamespace(name=TEAM, annotations={INJECT: "enabled"})
    ((status, sentence, _),) = said(cluster(namespaces={TEAM: seen}), "namespace-labels")
    assert status is Status.FAIL
    assert "the API server matches labels" in sentence


def test_disabled_on_a_namespace_is_a_warning() -> None:
    """It does what was meant: nothing."""
    ((status, _, fix),) = said(cluster(namespaces={TEAM: namespace("disabled")}), "namespace-labels")
    assert status is Status.WARN
    assert fix == f"kubectl label namespace {TEAM} {INJECT}-"


def test_a_namespace_that_was_asked_for_and_has_not_opted_in_is_told() -> None:
    ((status, sentence, fix),) = said(cluster(namespaces={TEAM: namespace(None)}), "namespace-labels")
    assert status is Status.WARN
    assert "has not opted in" in sentence
    assert fix == f"kubectl label namespace {TEAM} {INJECT}=enabled"


def test_a_namespace_that_does_not_exist_is_told() -> None:
    seen = SeenNamespace(name=TEAM, exists=False)
    ((status, sentence, _),) = said(cluster(namespaces={TEAM: seen}), "namespace-labels")
    assert (status, sentence) == (Status.FAIL, f"Namespace {TEAM} does not exist.")


def test_a_namespace_that_is_being_deleted_is_told_and_nothing_else_of_it() -> None:
    """Whatever its label: nobody mends it any more. `describe` says what keeps it."""
    seen = SeenNamespace(name=TEAM, labels={INJECT: "true"}, annotations={INJECT: "all"}, ending=True)
    ((status, sentence, fix),) = said(cluster(namespaces={TEAM: seen}), "namespace-labels")
    assert (status, sentence) == (
        Status.WARN,
        f"Namespace {TEAM} is being deleted: nothing is created in it any more.",
    )
    assert fix == f"kubectl describe namespace {TEAM}"


def test_what_may_not_be_read_is_told_and_not_guessed() -> None:
    unread = Unread(Topic.NAMESPACES, "Namespace team-a", "you may not read them")
    seen = SeenNamespace(name=TEAM, known=False)
    found = said(cluster(namespaces={TEAM: seen}, unread=(unread,)), "namespace-labels")
    assert found == [(Status.WARN, "Not looked at: Namespace team-a (you may not read them).", "")]


def test_where_nobody_has_opted_in_that_is_said() -> None:
    ((status, sentence, fix),) = said(cluster(namespaces={}), "namespace-labels")
    assert status is Status.WARN
    assert sentence == "No namespace has opted in, so nothing is injected."
    assert fix == "kubectl label namespace NAME hf-token-injector.io/inject=enabled"
