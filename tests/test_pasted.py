"""What holds the commands that are printed to be ones that a shell takes can tell those that are not."""

import pytest

from tests.pasted import unpasteable
from webhook.doctor.ended import Cause
from webhook.doctor.remedies import remedy

WRITE = """kubectl patch secret a -n b -p '{"stringData":{"token":"hf_..."}}'"""


@pytest.mark.parametrize(
    "command",
    [
        WRITE,
        f"{WRITE} && helm upgrade a b",
        "hf-token-injector render network-policy -n a | kubectl apply -f -",
        "kubectl edit a b  # reinvocationPolicy: IfNeeded (or another)",
        """kubectl patch a -p '{"at": "'"$(date -u +%Y-%m-%d)"'"}'""",
    ],
)
def test_commands_are_taken(command: str) -> None:
    assert unpasteable(command) is None


@pytest.mark.parametrize(
    "prose",
    [
        f"{WRITE} (with another token)",
        "apply the manifest without it",
        "kubectl get a && look at it",
        "kubectl get 'a",
        "helm upgrade … --reuse-values",
    ],
)
def test_prose_is_not(prose: str) -> None:
    assert unpasteable(prose) is not None


@pytest.mark.parametrize("cause", list(Cause))
def test_what_mends_a_download_is_a_command_or_something_that_a_person_does(cause: Cause) -> None:
    advice, command = remedy(cause, "team-a", "org/model", "main")
    assert advice or command
    assert not command or unpasteable(command) is None
