"""Commands stand where they reach an object's Pods."""

import pytest

from webhook.core.owners import controller
from webhook.core.remedies import Target, annotate, opt_in_again

ISVC = Target(("serving.kserve.io", "InferenceService"), "isvc", "llama", "team-a")
DEPLOYMENT = Target(("apps", "Deployment"), "deployment", "vllm", "team-a")


def patched(field: str, key: str) -> str:
    """Return the command that takes a member of a Deployment's Pod template away."""
    change = f'{{"spec": {{"template": {{"metadata": {{"{field}": {{"{key}": null}}}}}}}}}}'
    return f"kubectl patch deployment/vllm -n team-a --type merge -p '{change}'"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (opt_in_again(ISVC), "kubectl label isvc/llama -n team-a hf-token-injector.io/inject-"),
        (opt_in_again(DEPLOYMENT), patched("labels", "hf-token-injector.io/inject")),
        (annotate(ISVC, "key", "value"), "kubectl annotate isvc/llama -n team-a key=value --overwrite"),
        (annotate(ISVC, "key", None), "kubectl annotate isvc/llama -n team-a key-"),
        (annotate(DEPLOYMENT, "key", None), patched("annotations", "key")),
    ],
)
def test_labels_and_annotations_are_written_where_they_reach_the_pods(command: str, expected: str) -> None:
    assert command == expected


def test_of_several_owners_the_controller_makes_a_pod_anew() -> None:
    owners = [{"name": "other"}, {"name": "one", "controller": True}]
    assert controller({"metadata": {"ownerReferences": owners}})["name"] == "one"
