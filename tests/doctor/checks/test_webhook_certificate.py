from datetime import timedelta
from typing import Any

import pytest

from certs.authority import issue_authority, issue_leaf
from tests.doctor.clusters import (
    ENTRIES,
    LEAF,
    NOW,
    client_config,
    cluster,
    deployment,
    entry,
    installed,
    said,
)
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


VALIDATING = {
    "metadata": {"name": "validating-hf-token-injector"},
    "webhooks": [{"name": "policy.hf-token-injector.io", "clientConfig": {}}],
}


def with_bundle(pem: bytes, count: int = len(ENTRIES)) -> list[dict[str, Any]]:
    """Return the entries, the first of which have another `caBundle`."""
    changed = [entry(one["name"], clientConfig=client_config(pem)) for one in ENTRIES[:count]]
    return [*changed, *ENTRIES[count:]]


def test_what_all_entries_lack_is_told_once_and_points_to_the_server_that_is_away() -> None:
    broken = installed(*with_bundle(b""), validating=VALIDATING, deployment=deployment(ready=0))
    assert said(cluster(installed=broken), CHECK) == [
        (
            Status.FAIL,
            (
                "All 6 entries have no caBundle: the API server trusts no certificate there. "
                "A replica that runs mends it within seconds."
            ),
            "hf-token-injector doctor --check server",
        )
    ]


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (2, f"2 of 5 entries ({ENTRIES[0]['name']}, {ENTRIES[1]['name']}) "),
        (4, f"4 of 5 entries ({ENTRIES[0]['name']}, {ENTRIES[1]['name']}, {ENTRIES[2]['name']} and 1 more) "),
    ],
)
def test_what_some_entries_lack_is_told_once_with_their_names(count: int, named: str) -> None:
    ((_, sentence, fix),) = said(cluster(installed=installed(*with_bundle(b"", count))), CHECK)
    assert sentence == f"{named}have no caBundle: the API server trusts no certificate there."
    assert fix == "hf-token-injector certs inspect -n hf-token-injector"


def test_other_faults_that_entries_share_are_told_once() -> None:
    old = issue_authority("old", now=NOW - timedelta(days=900), lifetime=timedelta(days=30)).certificate
    other = issue_authority("other", now=NOW).certificate
    source = "Secret hf-token-injector/hf-token-injector-tls tls.crt"
    for pem, words in (
        (old, "All 5 entries have nothing but expired CAs in caBundle: "),
        (other, f"All 5 entries do not verify the certificate of {source}: "),
    ):
        ((_, sentence, _),) = said(cluster(installed=installed(*with_bundle(pem))), CHECK)
        assert sentence.startswith(words)


def test_a_server_that_may_not_be_seen_is_not_said_to_be_away() -> None:
    """One whose Deployment is not there is."""
    gone = installed(*with_bundle(b""), deployment=None)
    unread = Unread(Topic.SERVER, "Deployments of namespace y", "you may not read them")
    ((_, _, fix),) = said(cluster(installed=gone), CHECK)
    assert fix == "hf-token-injector doctor --check server"
    ((_, _, fix),) = said(cluster(installed=gone, unread=(unread,)), CHECK)
    assert fix == "hf-token-injector certs inspect -n hf-token-injector"


@pytest.mark.parametrize("mode", ["cert-manager", "provided"])
def test_of_a_certificate_that_others_make_replicas_mend_nothing(mode: str) -> None:
    away = installed(*with_bundle(b""), certificates=mode, deployment=deployment(ready=0))
    ((_, sentence, fix),) = said(cluster(installed=away), CHECK)
    assert sentence == "All 5 entries have no caBundle: the API server trusts no certificate there."
    assert "doctor" not in fix


def test_a_ca_bundle_of_another_ca_is_told() -> None:
    other = issue_authority("other", now=NOW).certificate
    broken = installed(entry(NAME, clientConfig=client_config(other)), *ENTRIES[1:])
    ((status, sentence, _),) = said(cluster(installed=broken), CHECK)
    assert status is Status.FAIL
    assert "does not verify the certificate of Secret hf-token-injector/hf-token-injector-tls" in sentence


def test_the_validating_configuration_is_looked_at_too() -> None:
    ((status, sentence, _),) = said(cluster(installed=installed(validating=VALIDATING)), CHECK)
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
            (
                "helm upgrade hf-token-injector charts/hf-token-injector -n hf-token-injector --reuse-values "
                "--set-file certificates.provided.caBundle=ca.crt"
            ),
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
