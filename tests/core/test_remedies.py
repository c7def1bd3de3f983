"""Commands stand where they reach an object's Pods."""

import pytest

from webhook.core.owners import controller
from webhook.core.remedies import Target, annotate, opt_in_again, rename_annotation

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


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            rename_annotation(ISVC, ("metadata",), "old", "new", "it's"),
            """kubectl annotate isvc/llama -n team-a old- new='it'"'"'s'""",
        ),
        (
            rename_annotation(ISVC, ("metadata",), "old", "new", None),
            "kubectl annotate isvc/llama -n team-a old-",
        ),
        (
            rename_annotation(ISVC, ("spec", "predictor"), "old", "new", "x"),
            (
                "kubectl patch isvc/llama -n team-a --type merge -p "
                """'{"spec": {"predictor": {"annotations": {"old": null, "new": "x"}}}}'"""
            ),
        ),
        (
            rename_annotation(DEPLOYMENT, ("metadata",), "old", "new", "x"),
            (
                "kubectl patch deployment/vllm -n team-a --type merge -p "
                """'{"metadata": {"annotations": {"old": null}}, """
                """"spec": {"template": {"metadata": {"annotations": {"new": "x"}}}}}'"""
            ),
        ),
        (
            rename_annotation(DEPLOYMENT, ("metadata",), "old", "new", None),
            (
                "kubectl patch deployment/vllm -n team-a --type merge -p "
                """'{"metadata": {"annotations": {"old": null}}}'"""
            ),
        ),
    ],
)
def test_a_misspelt_annotation_is_written_anew_where_it_reaches_the_pods(command: str, expected: str) -> None:
    assert command == expected


def test_of_several_owners_the_controller_makes_a_pod_anew() -> None:
    owners = [{"name": "other"}, {"name": "one", "controller": True}]
    assert controller({"metadata": {"ownerReferences": owners}})["name"] == "one"
