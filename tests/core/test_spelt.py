"""Each misspelt annotation of an object, by the warning that tells of it, with the command that mends it."""

from typing import Any

from webhook.core import names
from webhook.core.admit import admit
from webhook.core.decision import Operation, Request, Scope
from webhook.core.remedies import Target
from webhook.core.spelt import spelt_right

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
