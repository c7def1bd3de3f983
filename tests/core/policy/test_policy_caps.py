"""What is over a cap is not looked at, nothing is refused because of it, and the answer says so."""

from typing import Any

import pytest

from webhook.core import caps
from webhook.core.decision import Decision, Request
from webhook.core.policy.finding import Fault
from webhook.core.reasons import Outcome
from webhook.core.settings import Policy, PolicyAction, RepositoryPolicy, Settings
from webhook.core.validate import validate

_TOKEN = "hf_" + "aB3dE" * 7
_DENY = Settings(
    policy=Policy(PolicyAction.DENY, RepositoryPolicy(("acme/*",), (), PolicyAction.DENY), PolicyAction.DENY)
)


def _judged(*containers: dict[str, Any], **metadata: Any) -> Decision:  # noqa: ANN401 - JSON
    pod = {"metadata": metadata, "spec": {"containers": [{"name": "main"} | raw for raw in containers]}}
    return validate(Request("", "Pod", "CREATE", "ns", pod), settings=_DENY)


def _is_told(decision: Decision, *expected: tuple[Fault, str]) -> None:
    assert decision.outcome is Outcome.WARNED
    assert [(finding.fault, finding.subject) for finding in decision.findings] == list(expected)
    assert {finding.action for finding in decision.findings} == {PolicyAction.WARN}


def test_a_string_over_64_kib_is_not_searched() -> None:
    decision = _judged({"args": ["x" * caps.STRING + _TOKEN]})
    _is_told(
        decision,
        (Fault.NOT_SEARCHED, "/spec/containers/0/args/0 is longer than 64 KiB"),
        (Fault.NOT_READ, "one of its arguments is longer than 64 KiB"),
    )


def test_a_token_behind_a_string_that_is_too_long_is_found() -> None:
    decision = _judged(a={"x": "x" * (caps.STRING + 1)}, b=[_TOKEN])
    faults = [finding.fault for finding in decision.findings]
    assert faults == [Fault.LITERAL_TOKEN, Fault.NOT_SEARCHED]
    assert decision.outcome is Outcome.DENIED


@pytest.mark.parametrize("keys", [False, True])
def test_the_strings_of_an_object_are_searched_up_to_256_kib(keys: bool) -> None:  # noqa: FBT001
    half = "x" * (caps.STRING // 2)
    filler: Any = {f"{half}{index}": 1 for index in range(9)} if keys else [half] * 9
    decision = _judged(a=filler, b=[_TOKEN])
    _is_told(decision, (Fault.NOT_SEARCHED, "the object's strings are longer than 256 KiB together"))


@pytest.mark.parametrize(
    "filler",
    [
        [1] * caps.NODES,
        [[]] * caps.NODES,
        dict.fromkeys(map(str, range(caps.NODES))),
        [[1] * 200] * 200,
        [{"a": {"b": 1}}] * (caps.NODES // 2),
    ],
    ids=["numbers", "lists", "members", "lists of lists", "objects of objects"],
)
def test_so_many_values_of_an_object_are_searched(filler: Any) -> None:  # noqa: ANN401 - JSON
    _is_told(_judged(a=filler, b=[_TOKEN]), (Fault.NOT_SEARCHED, "the object has more than 32768 values"))


def test_a_deep_object_is_searched_like_a_flat_one() -> None:
    deep: Any = _TOKEN
    for _ in range(caps.NODES - 10):
        deep = [deep]
    [finding] = _judged(a=deep).findings
    assert finding.fault is Fault.LITERAL_TOKEN
    assert len(finding.path) == caps.POINTER


def test_variables_that_double_are_not_put_together() -> None:
    env = [{"name": "V0", "value": "ab" * 8}]
    env += [{"name": f"V{i}", "value": f"$(V{i - 1})$(V{i - 1})"} for i in range(1, 30)]
    expected = "its variables expand to more than 32 KiB"
    decision = _judged({"env": env, "args": ["--hf-token", "$(V29)"]})
    _is_told(decision, (Fault.NOT_SEARCHED, expected), (Fault.NOT_READ, expected))


def test_containers_are_asked_about_up_to_the_thousandth() -> None:
    decision = _judged(*[{"name": "c"}] * (caps.CONTAINERS + 1))
    _is_told(decision, (Fault.NOT_READ, "the object has 1000 containers or more"))


def test_many_warnings_of_one_check_do_not_hide_what_another_refuses() -> None:
    variables = [{"name": f"A{index}", "value": _TOKEN} for index in range(100)]
    settings = Settings(policy=Policy(repositories=RepositoryPolicy(("acme/*",), (), PolicyAction.DENY)))
    pod = {"metadata": {}, "spec": {"containers": [{"command": ["vllm", "serve", "o/x"], "env": variables}]}}
    decision = validate(Request("", "Pod", "CREATE", "ns", pod), settings=settings)
    assert len(decision.warnings) == caps.FINDINGS
    assert decision.outcome is Outcome.DENIED
