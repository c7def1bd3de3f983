"""Each misspelt annotation of an object, by the warning that tells of it, with the command that mends it."""

from typing import Any

import pytest

from webhook.core import caps, names
from webhook.core.admit import admit
from webhook.core.decision import Operation, Request, Scope
from webhook.core.remedies import Target
from webhook.core.spelt import of_another_prefix, spelt_right

KIND = ("apps", "Deployment")
DEPLOYMENT = Target(KIND, "deployment", "vllm", "team-a")
CONTAINER = {"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model", "org/model"]}


def deployment(own: dict[str, str], pods: dict[str, str]) -> dict[str, Any]:
    template = {"metadata": {"annotations": pods}, "spec": {"containers": [CONTAINER]}}
    return {"metadata": {"name": "vllm", "annotations": own}, "spec": {"template": template}}


def test_the_warnings_are_those_of_the_decision_and_nothing_else_is_mended() -> None:
    own = {"other": "x", names.SECRET: "a", f"{names.PREFIX}metod": "file", f"{names.PREFIX}foo": "x"}
    document = deployment(own, {f"{names.PREFIX}secrets": "b"})
    mending = spelt_right(DEPLOYMENT, document)
    request = Request(*KIND, Operation.CREATE, "team-a", document, scope=Scope.ALL)
    warnings = admit(request).warnings
    assert [warning for warning in warnings if "did you mean" in warning] == list(mending)
    assert len(warnings) == len(mending) + 2
    assert [command.partition(" -p ")[2] for command in mending.values()] == [
        (
            f"""'{{"metadata": {{"annotations": {{"{names.PREFIX}metod": null}}}}, """
            f""""spec": {{"template": {{"metadata": {{"annotations": {{"{names.METHOD}": "file"}}}}}}}}}}'"""
        ),
        (
            f"""'{{"spec": {{"template": {{"metadata": {{"annotations": {{"{names.PREFIX}secrets": null, """
            f""""{names.SECRET}": "b"}}}}}}}}}}'"""
        ),
    ]


def test_what_stands_in_a_list_is_left_to_people() -> None:
    inner = {"annotations": {f"{names.PREFIX}secrets": "b"}, "model": {"storageUri": "hf://org/model"}}
    document = {"metadata": {"name": "llama"}, "spec": {"canary": [{"predictor": inner}]}}
    target = Target(("serving.kserve.io", "InferenceService"), "isvc", "llama", "team-a")
    assert spelt_right(target, document) == {}


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("hf-token-injector/secret", names.SECRET),
        ("hf-token-inject.io/secret-name", names.SECRET),
        ("HF-Token-Injector.io/secret", names.SECRET),
        ("hf-token-injector/containers", names.CONTAINERS),
        ("hf-token-injector/inject", f"label {names.INJECT}"),
    ],
)
def test_a_key_of_another_prefix_is_told_with_the_one_that_is_meant(key: str, near: str) -> None:
    said = f"annotation {key} is unknown: did you mean {near}?"
    assert of_another_prefix(*KIND, deployment({}, {key: "x"})) == [said]
    assert of_another_prefix(*KIND, deployment({key: "x"}, {})) == [said]


def test_one_that_is_like_no_other_is_told_with_those_that_are_known() -> None:
    (said,) = of_another_prefix(*KIND, deployment({}, {"hf-token-injector/model": "x"}))
    assert said.startswith("annotation hf-token-injector/model is none of containers, exclude-containers, ")


def test_an_opt_out_of_another_prefix_is_told() -> None:
    document = deployment({}, {})
    document["metadata"]["labels"] = {"hf-token-injector/inject": "disabled", "hf-token-injector/x": "y"}
    assert of_another_prefix(*KIND, document) == [
        f"label hf-token-injector/inject is unknown: did you mean {names.INJECT}?"
    ]


def test_keys_of_ours_and_of_others_are_not_told_for_their_prefix() -> None:
    own = {"example.com/secret": "x", f"{names.PREFIX}secrets": "x", names.SECRET: "x"}
    assert of_another_prefix(*KIND, deployment(own, own)) == []
    assert (
        of_another_prefix("", "ConfigMap", {"metadata": {"annotations": {"hf-token-injector/x": ""}}}) == []
    )


def test_so_many_are_told_and_no_token_is_shown() -> None:
    many = {f"hf-token-injector/x{number}": "x" for number in range(2 * caps.FINDINGS)}
    assert len(of_another_prefix(*KIND, deployment({}, many))) == caps.FINDINGS
    token = f"hf_{'madeUp' * 6}"
    (said,) = of_another_prefix(*KIND, deployment({}, {f"hf-token-injector/{token}": "x"}))
    assert "hf_…" in said
    assert "madeUp" not in said


def test_the_command_moves_the_value_of_a_key_of_another_prefix() -> None:
    document = deployment({}, {"hf-token-injector/secret": "b"})
    ((said, command),) = spelt_right(DEPLOYMENT, document).items()
    assert [said] == of_another_prefix(*KIND, document)
    assert f'{{"hf-token-injector/secret": null, "{names.SECRET}": "b"}}' in command
