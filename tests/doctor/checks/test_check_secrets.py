from dataclasses import replace

import pytest

from tests.doctor.clusters import TEAM, cluster, injected, kserve_pod, namespace, rollout, said, seen
from webhook.cluster.owners import Owner
from webhook.core.settings import Rule, SecretRef, Settings
from webhook.doctor.collected import Collected, Installed, SeenKey, SeenSecret, Topic, Unread
from webhook.doctor.finding import Status
from webhook.doctor.token_shape import Flaw

CHECK = "secrets"


def secret(**flaws: Flaw | None) -> dict[tuple[str, str], SeenSecret | None]:
    """Return the default Secret with these keys."""
    keys = {key: SeenKey(flaw) for key, flaw in flaws.items()}
    return {(TEAM, "hf-secret"): SeenSecret(name="hf-secret", namespace=TEAM, keys=keys)}


def test_a_missing_secret_is_told_with_the_command_that_makes_it() -> None:
    found = said(cluster(secrets={(TEAM, "hf-secret"): None}), CHECK)
    assert found == [
        (
            Status.FAIL,
            "Pod team-a/llama needs Secret hf-secret, which does not exist in team-a.",
            "kubectl create secret generic hf-secret -n team-a --from-literal=token=hf_...",
        )
    ]


ITS = "its annotation hf-token-injector.io/secret"


def test_a_missing_secret_that_an_annotation_names_is_told_with_it() -> None:
    """Its name may be misspelt there. Also of a Pod that has our entry, which does not tell whence it is."""
    pod = kserve_pod()
    pod["metadata"]["annotations"] = {"hf-token-injector.io/secret": "hf-secrets"}
    for document in (pod, injected(pod)):
        found = said(cluster(pods=(seen(document),), secrets={(TEAM, "hf-secrets"): None}), CHECK)
        ((_, sentence, _),) = found
        assert sentence.partition(" needs ")[2] == (
            f"Secret hf-secrets, which {ITS} asks for and which does not exist in {TEAM}."
        )


def test_a_missing_secret_that_the_namespaces_annotation_names_is_told_with_it() -> None:
    team = namespace(secret="hf-secrets")
    missing: dict[tuple[str, str], SeenSecret | None] = {(TEAM, "hf-secrets"): None}
    pods = (seen(injected(kserve_pod(), team), team),)
    ((_, sentence, _),) = said(cluster(namespaces={TEAM: team}, pods=pods, secrets=missing), CHECK)
    assert sentence == (
        "Pod team-a/llama needs Secret hf-secrets, which the Namespace's annotation "
        "hf-token-injector.io/secret asks for and which does not exist in team-a."
    )
    ((_, sentence, _),) = said(cluster(namespaces={TEAM: team}, pods=(), secrets=missing), CHECK)
    assert f"needs Secret hf-secrets, which {ITS} asks for and which does not exist" in sentence


def test_a_missing_secret_that_nothing_needs_yet_is_a_warning() -> None:
    ((status, sentence, _),) = said(cluster(pods=(), secrets={(TEAM, "hf-secret"): None}), CHECK)
    assert status is Status.WARN
    assert sentence.startswith("Namespace team-a has opted in and needs Secret hf-secret")


def test_a_missing_key_is_told_with_those_that_are_there() -> None:
    ((status, sentence, fix),) = said(cluster(secrets=secret(HF_TOKEN=None)), CHECK)
    assert status is Status.FAIL
    assert "has no key token, which Pod team-a/llama needs; it has HF_TOKEN." in sentence
    assert fix == "kubectl annotate namespace team-a hf-token-injector.io/secret-key=HF_TOKEN"


def test_of_many_keys_a_few_are_named_and_of_none_it_is_said() -> None:
    ((_, sentence, fix),) = said(cluster(secrets=secret(**dict.fromkeys("abcdefg"))), CHECK)
    assert "it has a, b, c, d, e and 2 more." in sentence
    assert fix == """kubectl patch secret hf-secret -n team-a -p '{"stringData":{"token":"hf_..."}}'"""
    ((_, sentence, _),) = said(cluster(secrets=secret()), CHECK)
    assert "it is empty." in sentence


@pytest.mark.parametrize("flaw", list(Flaw))
def test_each_flaw_of_a_value_is_told(flaw: Flaw) -> None:
    ((status, sentence, fix),) = said(cluster(secrets=secret(token=flaw)), CHECK)
    assert status is (Status.WARN if flaw.works else Status.FAIL)
    assert sentence == f"Secret team-a/hf-secret has a value at token that {flaw.sentence}."
    assert fix.startswith("kubectl patch secret hf-secret")


def test_values_that_an_annotation_repeats_are_told_once_a_secret() -> None:
    keys = {"token": SeenKey(), "meta": SeenKey()}
    copied = SeenSecret(name="hf-secret", namespace=TEAM, keys=keys, copied=True)
    ruled = Installed(settings=Settings(rules=(Rule("meta/*", SecretRef("hf-secret", "meta")),)))
    pods = (kserve_pod("llama"), kserve_pod("other"))
    pods[1]["spec"]["initContainers"][0]["args"][0] = "hf://meta/model"
    secrets: dict[tuple[str, str], SeenSecret | None] = {(TEAM, "hf-secret"): copied}
    found = said(
        cluster(
            pods=tuple(seen(pod, settings=ruled) for pod in pods),
            secrets=secrets,
            installed=ruled,
        ),
        CHECK,
    )
    ((status, sentence, fix),) = found
    assert status is Status.WARN
    assert sentence.startswith("Secret team-a/hf-secret has a copy of its values in an annotation")
    assert fix == (
        "kubectl annotate secret hf-secret -n team-a kubectl.kubernetes.io/last-applied-configuration-"
    )


def test_a_secret_that_was_not_read_is_not_said_to_be_missing() -> None:
    unread = Unread(Topic.SECRETS, "Secret hf-secret of namespace team-a", "you may not read them")
    found = said(cluster(secrets={}, unread=(unread,)), CHECK)
    assert [sentence for _, sentence, _ in found] == [
        "Not looked at: Secret hf-secret of namespace team-a (you may not read them)."
    ]


def test_the_secret_is_the_one_that_annotations_and_rules_choose() -> None:
    """For a namespace without workloads as for one with them."""
    annotated = namespace(secret="mine", secret_key="key")
    ((_, sentence, _),) = said(
        cluster(namespaces={TEAM: annotated}, pods=(), secrets={(TEAM, "mine"): None}), CHECK
    )
    assert "needs Secret mine" in sentence
    ruled = Installed(settings=Settings(rules=(Rule("org/*", SecretRef("of-org", "")),)))
    pod = seen(kserve_pod(), settings=ruled)
    ((_, sentence, _),) = said(cluster(installed=ruled, pods=(pod,), secrets={(TEAM, "of-org"): None}), CHECK)
    assert "Pod team-a/llama needs Secret of-org" in sentence


def another_key_by_now(*, owners: tuple[Owner, ...] = (), mode: str = "enabled") -> Collected:
    """Return a cluster whose Pod was made before the Namespace named the key that the Secret has."""
    team = namespace(mode, secret_key="HF_TOKEN")
    pod = replace(seen(injected(kserve_pod()), team), owners=owners)
    return cluster(namespaces={TEAM: team}, pods=(pod,), secrets=secret(HF_TOKEN=None))


def test_a_pod_that_would_have_the_right_key_by_now_is_made_anew() -> None:
    ((status, sentence, fix),) = said(another_key_by_now(), CHECK)
    assert status is Status.FAIL
    assert sentence == (
        "Pod team-a/llama has its token from Secret hf-secret, which has no key token; "
        "a new Pod takes it from Secret hf-secret, key HF_TOKEN."
    )
    assert fix.startswith("kubectl patch isvc/llama -n team-a --type merge -p ")


def test_while_a_rollout_replaces_that_pod_it_is_waited_for() -> None:
    ((status, sentence, fix),) = said(another_key_by_now(owners=rollout()), CHECK)
    assert status is Status.WARN
    assert sentence.endswith("the rollout of deployment/llama, which is under way, replaces it.")
    assert fix == "kubectl rollout status deployment/llama -n team-a"


def test_a_pod_is_not_made_anew_where_its_successor_fares_no_better() -> None:
    """In audit mode, with a value that cannot work, or where something else needs the old key as well."""
    audited = another_key_by_now(mode="audit")
    broken = replace(another_key_by_now(), secrets=secret(HF_TOKEN=Flaw.EMPTY))
    shared = another_key_by_now()
    annotations = {"hf-token-injector.io/secret-key": "token"}
    mine = kserve_pod("mine")
    mine["metadata"]["annotations"] = annotations
    shared = replace(shared, pods=(*shared.pods, seen(mine, shared.namespaces[TEAM])))
    for collected in (audited, broken, shared):
        sentences = [sentence for _, sentence, _ in said(collected, CHECK)]
        assert any("has no key token, which Pod team-a/llama needs" in sentence for sentence in sentences)


def test_a_pod_that_has_another_secret_by_now_is_made_anew() -> None:
    team = namespace(secret="mine")
    mine = SeenSecret(name="mine", namespace=TEAM, keys={"token": SeenKey()})
    secrets = {(TEAM, "hf-secret"): None, (TEAM, "mine"): mine}
    pod = seen(injected(kserve_pod()), team)
    ((_, sentence, fix),) = said(cluster(namespaces={TEAM: team}, pods=(pod,), secrets=secrets), CHECK)
    assert sentence == (
        "Pod team-a/llama has its token from Secret hf-secret, which does not exist; "
        "a new Pod takes it from Secret mine, key token."
    )
    assert "restarted-at" in fix
