"""Reasons and outcomes are words for machines and sentences for people."""

import re

import pytest

from webhook.core.decision import Action, Decision, Verdict
from webhook.core.patch import escape, put
from webhook.core.policy.finding import Fault
from webhook.core.reasons import Outcome, Reason

_WORD = re.compile(r"[A-Z][A-Za-z]{2,}")


@pytest.mark.parametrize("member", [*Reason, *Outcome, *Fault])
def test_every_reason_is_one_word_and_one_sentence(member: Reason | Outcome | Fault) -> None:
    assert _WORD.fullmatch(member)
    assert member.sentence
    assert not member.sentence.endswith(".")
    assert member.sentence.count("{}") <= 1


def test_a_sentence_names_its_subject_once_as_it_is() -> None:
    verdict = Verdict("main", "/spec/containers/0", Action.ADD, Reason.HUB_URI, "acme/{}")
    assert verdict.sentence == "it downloads hf://acme/{}"
    assert Reason.OPTED_OUT.tell("ignored") == Reason.OPTED_OUT.sentence


def test_a_decision_is_allowed_unless_it_is_denied() -> None:
    assert Decision(Outcome.NOT_NEEDED).allowed
    assert not Decision(Outcome.DENIED, denial="why").allowed


def test_a_pointer_escapes_what_rfc_6901_reserves() -> None:
    assert escape("a/b~c") == "a~1b~0c"


def test_a_member_is_put_below_what_is_missing_or_null_and_not_into_other_shapes() -> None:
    assert put({}, ["a", "b", "c/d"], 1) == {"op": "add", "path": "/a", "value": {"b": {"c/d": 1}}}
    assert put({"a": {"b": None}}, ["a", "b", "c"], 1) == {"op": "add", "path": "/a/b", "value": {"c": 1}}
    assert put({"a": [{"b": {}}]}, ["a", "0", "b", "c"], 1) == {"op": "add", "path": "/a/0/b/c", "value": 1}
    assert put({"a": {"b": "text"}}, ["a", "b", "c"], 1) is None
