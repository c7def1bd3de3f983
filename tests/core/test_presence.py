"""What a decision says of Secrets that are missing, and of those of which it knows nothing."""

from dataclasses import replace

import pytest

from webhook.core.admit import admit
from webhook.core.decision import Decision, Request
from webhook.core.knowledge import Knowledge, Presence
from webhook.core.names import MissingSecret
from webhook.core.settings import SecretRef, Settings

POD = {
    "metadata": {"labels": {"serving.kserve.io/inferenceservice": "llama"}},
    "spec": {"initContainers": [{"name": "storage-initializer", "args": ["hf://acme/model", "/mnt/models"]}]},
}
SETTINGS = Settings()
SOMEWHERE_ELSE = Knowledge(secrets={"hf-secret": frozenset({"team-b"})})


def decide(missing_secret: MissingSecret, knowledge: Knowledge, settings: Settings = SETTINGS) -> Decision:
    request = Request("", "Pod", "CREATE", "team-a", POD)
    return admit(request, knowledge, replace(settings, missing_secret=missing_secret))


def test_a_secret_is_present_absent_or_unknown() -> None:
    assert SOMEWHERE_ELSE.secret("team-b", "hf-secret") is Presence.PRESENT
    assert SOMEWHERE_ELSE.secret("team-a", "hf-secret") is Presence.ABSENT
    assert SOMEWHERE_ELSE.secret("team-a", "hf-meta") is Presence.UNKNOWN


@pytest.mark.parametrize("missing_secret", MissingSecret)
def test_an_absent_secret_is_said_to_be_absent(missing_secret: MissingSecret) -> None:
    assert decide(missing_secret, SOMEWHERE_ELSE).presence == {"hf-secret": Presence.ABSENT}


@pytest.mark.parametrize("missing_secret", MissingSecret)
@pytest.mark.parametrize("knowledge", [Knowledge(), Knowledge(secrets={"hf-meta": frozenset()})])
def test_an_unknown_secret_is_named_only_where_it_would_matter(
    missing_secret: MissingSecret, knowledge: Knowledge
) -> None:
    decision = decide(missing_secret, knowledge)
    matters = missing_secret in {MissingSecret.SKIP, MissingSecret.DENY}
    assert decision.presence == ({"hf-secret": Presence.UNKNOWN} if matters else {})
    assert decision.allowed
    assert decision.patch


def test_a_command_that_mends_it_is_never_cut() -> None:
    long = replace(SETTINGS, secret=SecretRef("hf-secret-of-the-whole-research-department", "token"))
    knowledge = Knowledge(secrets={long.secret.name: frozenset()})
    assert decide(MissingSecret.OPTIONAL, knowledge, long).warnings == [
        f"Secret {long.secret.name} is missing:",
        f"kubectl create secret generic {long.secret.name} -n team-a --from-literal=token=hf_...",
    ]
