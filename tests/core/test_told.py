"""Which Events a decision makes, on which objects, and what they say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from webhook.core.admit import admit
from webhook.core.decision import Action, Choice, Decision, Request, Scope, Verdict
from webhook.core.events import LONGEST, WARNED_OF, EventType, Involved, Told, involved, speaks, told
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import Method, MissingSecret
from webhook.core.reasons import Outcome, Reason, Source
from webhook.core.settings import Rule, Settings
from webhook.core.validate import validate

NAMESPACE = "team-a"
OWNER = {
    "apiVersion": "apps/v1",
    "kind": "ReplicaSet",
    "name": "llama-6d9c",
    "uid": "3f1f9d2a-0001",
    "controller": True,
}
REPLICA_SET = Involved("apps/v1", "ReplicaSet", NAMESPACE, "llama-6d9c", "3f1f9d2a-0001")
SERVICE = Involved("serving.kserve.io/v1beta1", "InferenceService", NAMESPACE, "llama")
DOWNLOAD = {"name": "storage-initializer", "args": ["hf://acme/model", "/mnt/models"]}
TOKEN = "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00"


def pod(
    *containers: Mapping[str, Any],
    owners: tuple[Any, ...] = (OWNER,),
    labels: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
    **metadata: Any,  # noqa: ANN401
) -> Request:
    """Return a review of a Pod as the ReplicaSet controller makes it."""
    document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "llama-6d9c-",
            "ownerReferences": list(owners),
            "labels": dict({"serving.kserve.io/inferenceservice": "llama"} if labels is None else labels),
            "annotations": dict(annotations or {}),
            **metadata,
        },
        "spec": {"initContainers": list(containers or (DOWNLOAD,))},
    }
    return Request("", "Pod", "CREATE", NAMESPACE, document, scope=Scope.ALL)


def service(**changes: Any) -> Request:  # noqa: ANN401
    """Return a review of an InferenceService."""
    document = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": "llama"},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "hf"}, "storageUri": "hf://acme/model"}}},
    }
    return Request("serving.kserve.io", "InferenceService", "CREATE", NAMESPACE, {**document, **changes})


def said(request: Request, knowledge: Knowledge = Knowledge(), **settings: Any) -> list[Told]:  # noqa: ANN401, B008
    """Return the Events of a review; a decision without any is not taken further."""
    decision = admit(request, knowledge, replace(Settings(), **settings))
    found = told(decision, NAMESPACE)
    assert bool(found) <= speaks(decision)
    return found


def test_a_pod_is_told_of_on_its_controller_and_on_its_inference_service() -> None:
    assert involved(pod()) == (REPLICA_SET, SERVICE)


def test_the_pod_of_an_llm_inference_service_is_told_of_on_it() -> None:
    labels = {"app.kubernetes.io/part-of": "llminferenceservice", "app.kubernetes.io/name": "llama"}
    assert involved(pod(labels=labels)) == (
        REPLICA_SET,
        Involved("serving.kserve.io/v1alpha2", "LLMInferenceService", NAMESPACE, "llama"),
    )


def test_a_pod_that_nobody_made_is_told_of_on_itself_if_it_has_a_name() -> None:
    alone = pod(owners=({**OWNER, "controller": False}, "nonsense"), labels={}, name="download")
    assert involved(alone) == (Involved("v1", "Pod", NAMESPACE, "download"),)
    assert involved(pod(owners=(), labels={})) == ()


def test_every_other_object_is_told_of_on_itself() -> None:
    assert involved(service()) == (SERVICE,)
    changed = service(metadata={"name": "llama", "uid": "7"})
    assert involved(changed) == (SERVICE._replace(uid="7"),)
    assert involved(service(metadata={"generateName": "llama-"})) == ()


@pytest.mark.parametrize(
    "owner",
    [
        {"name": "../../secrets/x"},
        {"name": "a" * 254},
        {"name": TOKEN},
        {"kind": TOKEN},
        {"kind": ""},
        {"apiVersion": "apps/v1/../x"},
        {"apiVersion": 7},
        {"uid": "x y"},
        {"uid": "x" * 100_000},
    ],
)
def test_an_object_whose_names_are_no_names_is_not_told_of(owner: dict[str, Any]) -> None:
    assert involved(pod(owners=({**OWNER, **owner},))) == (SERVICE,)


def test_nothing_is_told_in_a_namespace_whose_name_is_none() -> None:
    assert involved(replace(pod(), namespace="../x")) == ()


def test_an_injected_pod_makes_one_normal_event_that_names_container_secret_and_reason() -> None:
    assert said(pod()) == [
        Told(
            EventType.NORMAL,
            "Injected",
            "storage-initializer: HF_TOKEN from Secret hf-secret, key token"
            " (HubUri: it downloads hf://acme/model)",
        )
    ]


def test_all_pods_of_a_controller_say_the_same() -> None:
    assert said(pod(name="llama-6d9c-a")) == said(pod(name="llama-6d9c-b"))


def test_method_file_names_the_variable_that_it_sets() -> None:
    [event] = said(pod(annotations={"hf-token-injector.io/method": "file"}))
    assert event.message.startswith("storage-initializer: HF_TOKEN_PATH from Secret hf-secret, key token")


def test_a_copied_reference_names_what_it_refers_to() -> None:
    reference = {"configMapKeyRef": {"name": "team", "key": "hub"}}
    own = {"name": "kserve-container", "env": [{"name": "HF_TOKEN", "valueFrom": reference}]}
    [event] = said(pod(DOWNLOAD, own))
    assert "HF_TOKEN from ConfigMap team, key hub" in event.message


def test_an_entry_that_is_taken_back_is_told() -> None:
    before = service().object
    patched = {
        **before,
        "metadata": {
            "name": "llama",
            "annotations": {
                "hf-token-injector.io/injected": '{"predictor":{"secret":"hf-secret","key":"token"}}'
            },
        },
        "spec": {
            "predictor": {
                "model": {
                    "modelFormat": {"name": "hf"},
                    "storageUri": "pvc://models/llama",
                    "env": [
                        {
                            "name": "HF_TOKEN",
                            "valueFrom": {
                                "secretKeyRef": {"name": "hf-secret", "key": "token", "optional": True}
                            },
                        }
                    ],
                }
            }
        },
    }
    request = replace(service(), operation="UPDATE", object=patched, old_object=before)
    assert said(request) == [
        Told(
            EventType.NORMAL,
            "Injected",
            "predictor: our HF_TOKEN is taken out (NoHubReference: nothing in it names a model on the Hub)",
        )
    ]


def test_what_is_already_injected_or_needs_nothing_makes_no_event() -> None:
    for request in (pod({"name": "main"}), replace(pod(), operation="DELETE")):
        assert said(request) == []
    reference = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "k"}}}
    assert said(pod({**DOWNLOAD, "env": [reference]})) == []


ABSENT = Knowledge(secrets={"hf-secret": frozenset()})


@pytest.mark.parametrize(
    "missing_secret", [MissingSecret.OPTIONAL, MissingSecret.REQUIRE, MissingSecret.SKIP]
)
def test_a_missing_secret_is_told_with_the_command_that_makes_it(missing_secret: MissingSecret) -> None:
    events = said(pod(DOWNLOAD, {**DOWNLOAD, "name": "more"}), ABSENT, missing_secret=missing_secret)
    assert (
        Told(
            EventType.WARNING,
            "SecretMissing",
            "storage-initializer, more: Secret hf-secret does not exist:"
            " kubectl create secret generic hf-secret -n team-a --from-literal=token=hf_...",
        )
        in events
    )
    injected = missing_secret is not MissingSecret.SKIP
    assert {event.reason for event in events} == {"SecretMissing", *(["Injected"] if injected else [])}


def test_an_inference_service_that_is_left_alone_leaves_a_missing_secret_to_its_pods() -> None:
    request = service(metadata={"name": "llama", "annotations": {"hf-token-injector.io/method": "file"}})
    assert said(request, ABSENT) == []


def test_a_secret_of_which_nothing_is_known_is_not_told() -> None:
    assert [event.reason for event in said(pod(), missing_secret=MissingSecret.SKIP)] == ["Injected"]


def test_a_refusal_is_told_alone_and_in_its_own_words() -> None:
    [event] = said(pod(), ABSENT, missing_secret=MissingSecret.DENY)
    assert (event.type, event.reason) == (EventType.WARNING, "Denied")
    assert event.message.startswith("Secret hf-secret does not exist in namespace team-a: kubectl create")


ENV_FROM = {**DOWNLOAD, "envFrom": [{"secretRef": {"name": "all"}}]}
ENDPOINT = {**DOWNLOAD, "env": [{"name": "HF_ENDPOINT", "value": "https://elsewhere.example"}]}
LARGE = {"name": "main", "args": ["x" * (64 * 1024 + 1)]}
MALFORMED = {"name": "main", "env": "text"}


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (ENV_FROM, Reason.MAY_HAVE_TOKEN),
        (ENDPOINT, Reason.FOREIGN_ENDPOINT),
        (LARGE, Reason.TOO_LARGE),
        (MALFORMED, Reason.MALFORMED),
    ],
)
def test_a_container_that_may_lack_its_token_is_told_once(container: dict[str, Any], reason: Reason) -> None:
    [event] = said(pod(container))
    assert (event.type, event.reason) == (EventType.WARNING, reason)
    assert event.message.startswith(f"{container['name']}: ")


def test_a_rule_that_gives_no_token_is_told() -> None:
    [event] = said(pod(), rules=(Rule("acme/*", None),))
    assert event == Told(
        EventType.WARNING,
        "NoTokenByRule",
        "storage-initializer: the platform's rule for acme/model gives no token",
    )


def test_what_policy_has_against_an_object_is_told_by_its_fault() -> None:
    container = {"name": "main", "env": [{"name": "A", "value": TOKEN}, {"name": "B", "value": TOKEN}]}
    request = pod(container)
    [event] = told(validate(request), NAMESPACE)
    assert (event.type, event.reason) == (EventType.WARNING, "LiteralToken")
    assert event.message == (
        "main: variable A holds a token in clear text (/spec/initContainers/0/env/0/value): refer to a"
        " Secret by secretKeyRef, and revoke the token; main: variable B holds a token in clear text"
        " (/spec/initContainers/0/env/1/value): refer to a Secret by secretKeyRef, and revoke the token"
    )


def test_warnings_that_no_container_tells_are_advice() -> None:
    events = said(pod(ENV_FROM, annotations={"hf-token-injector.io/secrets": "typo"}))
    assert [event.reason for event in events] == ["MayHaveToken", "Advice"]
    assert events[1].message == (
        "annotation hf-token-injector.io/secrets is unknown: did you mean hf-token-injector.io/secret?"
    )


def test_audit_mode_tells_what_would_have_been_done() -> None:
    audited = Knowledge(namespaces={NAMESPACE: Namespace({"hf-token-injector.io/inject": "audit"})})
    [event] = said(pod(), audited)
    assert (event.type, event.reason) == (EventType.WARNING, "Audited")
    assert event.message.startswith("audit mode, so nothing was changed; storage-initializer: HF_TOKEN from")
    assert said(pod({"name": "main"}), audited) == []


def test_every_reason_that_is_warned_of_is_one_without_a_token() -> None:
    assert not [reason for reason in WARNED_OF if reason.needs]


def decision(container: str) -> Decision:
    """Return a decision about a container of any name."""
    choice = Choice("hf-secret", "token", Source.DEFAULT)
    verdict = Verdict(container, "/spec", Action.ADD, Reason.HUB_URI, "a/b", choice, Method.ENV)
    return Decision(Outcome.INJECTED, [verdict])


@pytest.mark.parametrize("name", ["x" * 5000, "é" * 3000, "a" * 1023 + "🤗"])
def test_a_message_is_no_longer_than_an_event_takes(name: str) -> None:
    [event] = told(decision(name), NAMESPACE)
    assert LONGEST - 4 <= len(event.message.encode()) <= LONGEST
    assert event.message.endswith("…")


@pytest.mark.parametrize("name", [f"main {TOKEN}", "main\n\x1b[31m", "main \ud800"])
def test_a_message_holds_no_token_and_nothing_that_a_terminal_would_act_on(name: str) -> None:
    [event] = told(decision(name), NAMESPACE)
    assert TOKEN not in event.message
    assert event.message.isprintable()
    assert event.message.startswith("main ")
