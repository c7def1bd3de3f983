from typing import Any

from tests.doctor.clusters import (
    ENTRIES,
    INJECT,
    OF_SERVICE,
    OPTED_IN,
    RESERVED,
    TEAM,
    cluster,
    entry,
    installed,
    kserve_pod,
    namespace,
    said,
    seen,
    selectors,
)
from webhook.doctor.finding import Status
from webhook.doctor.registry import examine

CHECK = "webhook-selectors"


def with_pods_entry(**others: Any) -> tuple[dict[str, Any], ...]:  # noqa: ANN401 - fields of an entry as they are
    """Return the entries, with another one for the Pods of InferenceServices."""
    return (ENTRIES[0], entry(ENTRIES[1]["name"], **others), *ENTRIES[2:])


def test_objects_that_are_not_matched_are_told() -> None:
    nobody = {"key": "nobody", "operator": "Exists"}
    broken = with_pods_entry(**selectors(OPTED_IN, RESERVED, OF_SERVICE, nobody))
    found = said(cluster(installed=installed(*broken)), CHECK)
    assert [status for status, _, _ in found] == [Status.FAIL] * 3
    assert "does not match Pods of InferenceServices in namespaces labelled enabled" in found[0][1]


def test_objects_that_are_matched_twice_are_told() -> None:
    twice = entry("again.hf-token-injector.io", **selectors(OPTED_IN, RESERVED, OF_SERVICE))
    found = said(cluster(installed=installed(*ENTRIES, twice)), CHECK)
    assert [(status, "2 times" in sentence) for status, sentence, _ in found] == [(Status.WARN, True)] * 3


def test_namespaces_that_have_not_opted_in_must_not_be_matched() -> None:
    """A configuration without a selector makes every Pod of the cluster depend on the webhook."""
    anything = {"key": "kubernetes.io/metadata.name", "operator": "Exists"}
    broken = with_pods_entry(**selectors(anything, RESERVED, OF_SERVICE))
    ((status, sentence, _),) = said(cluster(installed=installed(*broken)), CHECK)
    assert status is Status.FAIL
    assert "matches Pods of InferenceServices in namespaces that have not opted in" in sentence


def test_our_own_namespace_must_be_left_out() -> None:
    broken = with_pods_entry(**selectors(OPTED_IN, ["kube-system"], OF_SERVICE))
    ((status, sentence, _),) = said(cluster(installed=installed(*broken)), CHECK)
    assert (status, "does not leave namespace hf-token-injector out" in sentence) == (Status.FAIL, True)


def test_pods_that_opt_out_are_the_webhooks_to_let_through_where_they_come() -> None:
    every = selectors(OPTED_IN, RESERVED, OF_SERVICE) | {"objectSelector": {"matchExpressions": [OF_SERVICE]}}
    (result,) = examine(cluster(installed=installed(*with_pods_entry(**every))), [CHECK])
    assert [found.status for found in result.findings] == [Status.OK]


def test_a_namespace_that_is_labelled_and_left_out_is_told_and_misses_no_token() -> None:
    """Of the second check there is nothing to say: nobody promised its Pods a token."""
    left_out = namespace(name="cert-manager")
    pod = kserve_pod()
    pod["metadata"]["namespace"] = "cert-manager"
    broken = cluster(namespaces={"cert-manager": left_out}, pods=(seen(pod, left_out),))
    ((status, sentence, fix),) = said(broken, CHECK)
    assert (status, "left out by the configuration" in sentence) == (Status.WARN, True)
    assert fix.startswith(f"kubectl label namespace cert-manager {INJECT}-")
    assert said(broken, "pods-without-token") == []


def test_nothing_is_judged_where_there_is_no_configuration() -> None:
    unknown = cluster(installed=installed(configuration=None), pods=(seen(kserve_pod()),))
    ((status, sentence, _),) = said(unknown, CHECK)
    assert status is Status.WARN
    assert sentence.startswith("Not looked at: the webhook (nothing is installed")
    assert [sentence.split()[1] for _, sentence, _ in said(unknown, "pods-without-token")] == [
        f"{TEAM}/llama"
    ]
