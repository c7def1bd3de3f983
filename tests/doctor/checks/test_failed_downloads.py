from dataclasses import replace
from typing import Any

import pytest

from tests.doctor.clusters import TEAM, cluster, injected, kserve_pod, namespace, rollout, said, seen
from webhook.doctor.collected import Collected, SeenKey, SeenSecret, Topic, Unread
from webhook.doctor.finding import Status
from webhook.doctor.token_shape import Flaw

CHECK = "failed-downloads"
UNAUTHENTICATED = "401 Client Error.\n\nCannot access gated repo for url https://huggingface.co/org/model/x."


def failed(pod: dict[str, Any], message: str, container: str = "storage-initializer") -> dict[str, Any]:
    """Return a Pod as kubelet leaves it after a download that failed."""
    terminated = {"exitCode": 1, "reason": "Error", "message": message}
    status = {"name": container, "state": {"waiting": {}}, "lastState": {"terminated": terminated}}
    return pod | {"status": {"phase": "Pending", "initContainerStatuses": [status]}}


def with_token(message: str, **others: Any) -> Collected:  # noqa: ANN401 - attributes of what was collected
    pod = failed(injected(kserve_pod()), message)
    return cluster(pods=(seen(pod),), **others)


def only(collected: Collected) -> tuple[str, str]:
    """Return the one failure's sentence and fix."""
    ((status, sentence, fix),) = said(collected, CHECK)
    assert status is Status.FAIL
    assert sentence.startswith(
        "Pod team-a/llama could not download org/model (storage-initializer ended with 1)"
    )
    return sentence.partition("ended with 1): ")[2], fix


def test_a_pod_past_the_webhook_has_no_token() -> None:
    why, fix = only(cluster(pods=(seen(failed(kserve_pod(), UNAUTHENTICATED)),)))
    assert why == "the Hub wants a token, and it has none: the Pod was made past the webhook."
    assert fix.startswith(f"kubectl patch isvc/llama -n {TEAM} ")


def test_a_pod_that_a_rollout_replaces_is_waited_for() -> None:
    pod = replace(seen(failed(kserve_pod(), UNAUTHENTICATED)), owners=rollout())
    why, fix = only(cluster(pods=(pod,)))
    assert why.endswith("it has none: the rollout of deployment/llama, which is under way, replaces it.")
    assert fix == f"kubectl rollout status deployment/llama -n {TEAM}"


@pytest.mark.parametrize(
    ("mode", "why"), [(None, "the namespace has not opted in"), ("audit", "the namespace is in audit mode")]
)
def test_a_namespace_that_gives_no_tokens_is_the_reason(mode: str | None, why: str) -> None:
    where = namespace(mode)
    pods = (seen(failed(kserve_pod(), UNAUTHENTICATED), where),)
    sentence, fix = only(cluster(pods=pods, namespaces={TEAM: where}))
    assert sentence == f"the Hub wants a token, and it has none: {why}."
    assert fix.startswith(
        f"kubectl label namespace {TEAM} hf-token-injector.io/inject=enabled --overwrite && "
    )
    assert f"kubectl patch isvc/llama -n {TEAM} " in fix


def test_a_container_that_is_given_none_says_why() -> None:
    pod = kserve_pod()
    pod["metadata"]["labels"]["hf-token-injector.io/inject"] = "disabled"
    why, fix = only(cluster(pods=(seen(failed(pod, UNAUTHENTICATED)),)))
    assert why.endswith("it has none: label hf-token-injector.io/inject=disabled opts it out.")
    assert fix == f"hf-token-injector explain pod/llama -n {TEAM}"


def test_a_token_that_is_refused_is_wrong_or_expired() -> None:
    for message in (UNAUTHENTICATED, "Invalid credentials in Authorization header"):
        why, fix = only(with_token(message))
        assert why == (
            "the token in key token of Secret hf-secret is refused: wrong, expired or revoked; make "
            "another on https://huggingface.co/settings/tokens."
        )
        assert (
            fix == f"""kubectl patch secret hf-secret -n {TEAM} -p '{{"stringData":{{"token":"hf_..."}}}}'"""
        )


@pytest.mark.parametrize(
    ("keys", "why", "fix"),
    [
        (None, "Secret hf-secret does not exist", "kubectl create secret generic hf-secret"),
        ({}, "Secret hf-secret has no key token", "kubectl patch secret hf-secret"),
        ({"token": SeenKey(Flaw.EMPTY)}, "key token of Secret hf-secret is empty", "kubectl patch secret"),
    ],
)
def test_what_is_wrong_with_the_secret_is_told(keys: dict[str, SeenKey] | None, why: str, fix: str) -> None:
    secret = None if keys is None else SeenSecret(name="hf-secret", namespace=TEAM, keys=keys)
    for message in (UNAUTHENTICATED, "404 Client Error.\n\nRepository Not Found for url"):
        sentence, command = only(with_token(message, secrets={(TEAM, "hf-secret"): secret}))
        assert why in sentence
        assert command.startswith(fix)


def test_a_pod_of_an_old_key_is_made_anew_where_a_new_one_has_the_right_key() -> None:
    team = namespace(secret_key="HF_TOKEN")
    pod = seen(failed(injected(kserve_pod()), UNAUTHENTICATED), team)
    secret = SeenSecret(name="hf-secret", namespace=TEAM, keys={"HF_TOKEN": SeenKey()})
    here: dict[str, Any] = {"namespaces": {TEAM: team}, "secrets": {(TEAM, "hf-secret"): secret}}
    sentence, command = only(cluster(pods=(pod,), **here))
    assert sentence.endswith(
        "and key token of Secret hf-secret is not there: "
        "a new Pod takes it from Secret hf-secret, key HF_TOKEN."
    )
    assert "restarted-at" in command
    sentence, command = only(cluster(pods=(replace(pod, owners=rollout()),), **here))
    assert sentence.endswith("the rollout of deployment/llama, which is under way, replaces it.")
    assert command == f"kubectl rollout status deployment/llama -n {TEAM}"


def test_a_token_of_its_own_is_for_its_owner_to_mend() -> None:
    pod = kserve_pod()
    pod["spec"]["initContainers"][0]["env"] = [{"name": "HF_TOKEN", "value": "mine"}]
    why, fix = only(cluster(pods=(seen(failed(pod, UNAUTHENTICATED)),)))
    assert why.startswith("the Hub refuses the token that the container has of its own")
    assert "HF_TOKEN" in why
    assert "take it away" in why
    assert fix == f"hf-token-injector explain pod/llama -n {TEAM}"
    why, fix = only(cluster(pods=(seen(failed(pod, "404 Client Error. Repository Not Found")),)))
    assert why.startswith("there is no such repository")


@pytest.mark.parametrize(
    ("message", "why", "fix"),
    [
        (
            "403 Client Error. Access to model x is restricted and you are not in the authorized list.",
            "has not been given access",
            "accept the conditions on https://huggingface.co/org/model",
        ),
        ("enable access in your fine-grained token settings", "fine-grained", "public gated repositories"),
        (
            "404 Client Error. Repository Not Found for url",
            "no such repository",
            "https://huggingface.co/org/model",
        ),
        (
            "404 Client Error. Revision Not Found for url",
            "no such revision",
            "https://huggingface.co/org/model/commits",
        ),
        ("403 Forbidden: None.", "lacks a permission", "settings/tokens"),
        ("Failed to connect to HuggingFace endpoint", "no answer of the Hub", "doctor --hub --check egress"),
        ("Max retries exceeded (ProxyError)", "cannot be reached", "doctor --check egress -n team-a"),
        ("CERTIFICATE_VERIFY_FAILED", "not trusted", "caBundleConfigMapName"),
        ("No space left on device", "no space left", "doctor --hub --check model-storage"),
        ("429 Too Many Requests", "too often", "wait"),
    ],
)
def test_every_other_cause_has_its_own_way_out(message: str, why: str, fix: str) -> None:
    sentence, command = only(with_token(message))
    assert why in sentence
    assert fix in (command or sentence)


def test_a_container_out_of_memory_needs_a_higher_limit() -> None:
    pod = failed(injected(kserve_pod()), "")
    terminated = pod["status"]["initContainerStatuses"][0]["lastState"]["terminated"]
    terminated["reason"] = "OOMKilled"
    why, fix = only(cluster(pods=(seen(pod),)))
    assert why.startswith("it was killed for using more memory")
    assert "raise memoryLimit of storageInitializer" in why
    assert fix == ""


def test_last_words_that_say_nothing_are_a_warning_with_the_way_to_the_log() -> None:
    ((status, sentence, fix),) = said(with_token("Segmentation fault"), CHECK)
    assert status is Status.WARN
    assert "its last words do not say why" in sentence
    assert fix == f"kubectl logs llama -n {TEAM} -c storage-initializer"


def test_other_containers_may_end_as_they_like() -> None:
    """Neither what asks no Hub, nor a server whose end has nothing to do with a download."""
    server = kserve_pod(
        containers=[{"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model", "a/b"]}]
    )
    for pod, message, container in (
        (kserve_pod(), UNAUTHENTICATED, "kserve-container"),
        (server, "CUDA out of memory", "vllm"),
    ):
        assert said(cluster(pods=(seen(failed(injected(pod), message, container)),)), CHECK) == []


def test_pods_that_may_not_be_read_are_told() -> None:
    unread = Unread(Topic.PODS, "Pods of namespace team-a", "you may not read them")
    assert said(cluster(unread=(unread,)), CHECK)[0][1].startswith("Not looked at: Pods of namespace team-a")
