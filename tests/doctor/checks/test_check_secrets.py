import pytest

from tests.doctor.clusters import TEAM, cluster, kserve_pod, namespace, said, seen
from webhook.core.settings import Rule, SecretRef, Settings
from webhook.doctor.collected import Installed, SeenKey, SeenSecret, Topic, Unread
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
