from datetime import timedelta

import pytest

from certs.authority import issue_authority, issue_leaf
from tests.doctor.clusters import ENTRIES, LEAF, NOW, client_config, cluster, entry, installed, said
from webhook.doctor.collected import Leaf, Topic, Unread
from webhook.doctor.finding import Status
from webhook.doctor.registry import examine

CHECK = "webhook-certificate"
NAME = ENTRIES[0]["name"]


def test_an_entry_without_a_ca_bundle_is_told() -> None:
    for broken in ("", "bm90aGluZw==", "%%%"):
        config = client_config(b"") | {"caBundle": broken}
        found = said(cluster(installed=installed(entry(NAME, clientConfig=config), *ENTRIES[1:])), CHECK)
        ((status, sentence, fix),) = found
        assert (status, f"has no caBundle in its entry {NAME}" in sentence) == (Status.FAIL, True)
        assert fix == "hf-token-injector certs inspect -n hf-token-injector"


def test_a_ca_bundle_of_another_ca_is_told() -> None:
    other = issue_authority("other", now=NOW).certificate
    broken = installed(entry(NAME, clientConfig=client_config(other)), *ENTRIES[1:])
    ((status, sentence, _),) = said(cluster(installed=broken), CHECK)
    assert status is Status.FAIL
    assert "does not verify the certificate of Secret hf-token-injector/hf-token-injector-tls" in sentence


def test_the_validating_configuration_is_looked_at_too() -> None:
    validating = {
        "metadata": {"name": "validating-hf-token-injector"},
        "webhooks": [{"name": "policy.hf-token-injector.io", "clientConfig": {}}],
    }
    ((status, sentence, _),) = said(cluster(installed=installed(validating=validating)), CHECK)
    assert status is Status.FAIL
    assert sentence.startswith("ValidatingWebhookConfiguration validating-hf-token-injector has no caBundle")


def test_nothing_but_expired_cas_is_told() -> None:
    old = issue_authority("old", now=NOW - timedelta(days=900), lifetime=timedelta(days=30)).certificate
    broken = installed(entry(NAME, clientConfig=client_config(old)), *ENTRIES[1:])
    ((status, sentence, _),) = said(cluster(installed=broken), CHECK)
    assert (status, "nothing but expired CAs" in sentence) == (Status.FAIL, True)


def test_a_certificate_that_is_for_another_service_is_told() -> None:
    config = client_config(b"") | {"caBundle": ENTRIES[0]["clientConfig"]["caBundle"]}
    config["service"] = {"name": "other", "namespace": "hf-token-injector"}
    broken = installed(entry(NAME, clientConfig=config), *ENTRIES[1:])
    ((status, sentence, _),) = said(cluster(installed=broken), CHECK)
    assert (status, "other.hf-token-injector.svc" in sentence) == (Status.FAIL, True)


def test_days_left_are_told_and_few_are_a_warning() -> None:
    """The leaf is of 90 days, of which 9 are a tenth."""
    (result,) = examine(cluster(), [CHECK])
    assert "The certificate is valid until 2026-08-30, for 90 days." in [
        found.sentence for found in result.findings
    ]
    found = said(cluster(now=NOW + timedelta(days=82)), CHECK)
    assert [(status, sentence) for status, sentence, _ in found] == [
        (
            Status.WARN,
            "The certificate ends on 2026-08-30, in 8 days, and nobody has renewed it.",
        )
    ]


def test_a_certificate_that_has_ended_is_told() -> None:
    found = said(cluster(now=NOW + timedelta(days=91)), CHECK)
    assert (Status.FAIL, "The certificate ended on 2026-08-30: the API server trusts it no more.") in [
        (status, sentence) for status, sentence, _ in found
    ]


def test_a_certificate_that_nobody_made_is_told() -> None:
    ((status, sentence, _),) = said(cluster(installed=installed(leaf=None)), CHECK)
    assert (status, "no replica has made one" in sentence) == (Status.FAIL, True)
    ((status, sentence, _),) = said(cluster(installed=installed(leaf=Leaf(b" ", "a Secret"))), CHECK)
    assert (status, sentence) == (Status.FAIL, "There is no certificate in a Secret.")


def test_a_certificate_that_may_not_be_read_is_not_said_to_be_missing() -> None:
    unread = Unread(Topic.CERTIFICATE, "Secret x of namespace y", "you may not read them")
    found = said(cluster(installed=installed(leaf=None), unread=(unread,)), CHECK)
    assert [sentence for _, sentence, _ in found] == [
        "Not looked at: Secret x of namespace y (you may not read them)."
    ]


@pytest.mark.parametrize(
    ("mode", "command"),
    [
        ("cert-manager", "kubectl describe certificate -n hf-token-injector"),
        (
            "provided",
            "helm upgrade … -n hf-token-injector --set-file certificates.provided.caBundle=ca.crt",
        ),
    ],
)
def test_who_makes_the_certificate_mends_it(mode: str, command: str) -> None:
    ((_, _, fix),) = said(cluster(installed=installed(leaf=None, certificates=mode)), CHECK)
    assert fix == command


def test_intermediates_are_taken_with_the_leaf() -> None:
    """A chain of two, as a company's CA gives it: the bundle holds the root alone."""
    root = issue_authority("root", now=NOW)
    leaf = issue_leaf(root, ["hf-token-injector.hf-token-injector.svc"], now=NOW, lifetime=timedelta(days=90))
    entries = [entry(one["name"], clientConfig=client_config(root.certificate)) for one in ENTRIES]
    good = installed(*entries, leaf=Leaf(leaf.certificate + LEAF.certificate, "a server"))
    assert said(cluster(installed=good), CHECK) == []
