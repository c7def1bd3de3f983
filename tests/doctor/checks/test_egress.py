from typing import Any

import pytest

from tests.doctor.clusters import TEAM, cluster, injected, kserve_pod, said, seen
from webhook.doctor.collected import Collected, Topic, Unread
from webhook.doctor.finding import Status

CHECK = "egress"
DNS = {"ports": [{"protocol": "UDP", "port": 53}]}
OUTSIDE = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]}
INSIDE = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}


def closed(*egress: dict[str, Any], pod: dict[str, Any] | None = None) -> Collected:
    """Return a cluster whose namespace is closed by default, but for some rules."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(egress)}
    policy = {"metadata": {"name": "deny"}, "spec": spec}
    pods = (seen(injected(pod or kserve_pod())),)
    return cluster(pods=pods, network_policies={TEAM: (policy,)})


def with_env(name: str, value: str | None) -> dict[str, Any]:
    pod = kserve_pod()
    entry = {"name": name, "value": value} if value is not None else {"name": name, "valueFrom": {"x": {}}}
    pod["spec"]["initContainers"][0]["env"] = [entry]
    return pod


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ((), "DNS nor to port 443 of huggingface.co"),
        ((DNS,), "port 443 of huggingface.co"),
        ((OUTSIDE,), "DNS"),
    ],
)
def test_what_is_missing_is_told_with_the_policy_that_lets_it_out(rules: tuple[Any, ...], what: str) -> None:
    ((status, sentence, fix),) = said(closed(*rules), CHECK)
    assert status is Status.FAIL
    assert sentence == f"Namespace {TEAM} isolates Pod llama by NetworkPolicy deny: no rule leads to {what}."
    assert fix == f"hf-token-injector render network-policy -n {TEAM} | kubectl apply -f -"


def test_what_leads_out_is_well() -> None:
    assert said(closed(DNS, OUTSIDE), CHECK) == []
    assert said(cluster(network_policies={TEAM: ()}), CHECK) == []


def test_a_way_to_some_addresses_is_a_warning() -> None:
    ((status, sentence, _),) = said(closed(DNS, INSIDE), CHECK)
    assert status is Status.WARN
    assert "but to some addresses" in sentence


def test_a_proxy_is_what_must_be_reached() -> None:
    pod = with_env("HTTPS_PROXY", "http://10.1.2.3:3128")
    assert said(closed(DNS, INSIDE, pod=pod), CHECK) == []
    ((_, sentence, _),) = said(closed(DNS, OUTSIDE, pod=pod), CHECK)
    assert "port 3128 of 10.1.2.3" in sentence
    assert said(closed(pod=with_env("HTTPS_PROXY", None)), CHECK) == []


def test_a_mirror_is_what_must_be_reached() -> None:
    pod = with_env("HF_ENDPOINT", "https://hub.corp.example:8443")
    ((_, sentence, _),) = said(closed(DNS, OUTSIDE, pod=pod), CHECK)
    assert "port 8443 of hub.corp.example" in sentence


@pytest.mark.parametrize("endpoint", [None, "http://hub.models.svc:8080", "nonsense"])
def test_where_nobody_can_tell_nothing_is_said(endpoint: str | None) -> None:
    """Of a Service, policies see the port of its Pods."""
    assert said(closed(pod=with_env("HF_ENDPOINT", endpoint)), CHECK) == []


def test_many_pods_behind_one_policy_are_one_finding() -> None:
    collected = closed()
    pods = tuple(seen(injected(kserve_pod(f"pod-{number}"))) for number in range(5))
    ((_, sentence, _),) = said(cluster(pods=pods, network_policies=collected.network_policies), CHECK)
    assert "isolates Pods pod-0, pod-1, pod-2 and 2 more by" in sentence


def test_pods_that_ask_no_hub_may_be_isolated() -> None:
    pod = kserve_pod(initContainers=[])
    assert said(closed(pod=pod), CHECK) == []


def test_policies_that_may_not_be_read_are_told() -> None:
    unread = Unread(Topic.NETWORK_POLICIES, "NetworkPolicys of namespace team-a", "you may not read them")
    ((status, sentence, _),) = said(cluster(unread=(unread,)), CHECK)
    assert status is Status.WARN
    assert sentence.startswith("Not looked at: ")
