from typing import Any

import pytest

from webhook.egress.isolation import Isolation, Way, isolation, selects

POD = {"app": "chat", "tier": "model"}
DNS = {"ports": [{"protocol": "UDP", "port": 53}]}


def policy(
    *egress: dict[str, Any], name: str = "p", selector: dict[str, Any] | None = None
) -> dict[str, Any]:
    body = {"podSelector": selector or {}, "policyTypes": ["Egress"], "egress": list(egress)}
    return {"metadata": {"name": name}, "spec": body}


def outside(port: int | str = 443, cidr: str = "0.0.0.0/0", *excepted: str) -> dict[str, Any]:
    block = {"cidr": cidr, "except": list(excepted)}
    return {"to": [{"ipBlock": block}], "ports": [{"protocol": "TCP", "port": port}]}


def test_a_pod_that_no_policy_selects_reaches_everything() -> None:
    elsewhere = policy(selector={"matchLabels": {"app": "other"}})
    incoming = {"metadata": {"name": "in"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
    old = {"metadata": {"name": "old"}, "spec": {"podSelector": {}}}
    assert isolation([elsewhere, incoming, old], POD) == Isolation((), Way.OPEN, dns=True)


def test_a_policy_without_rules_shuts_all_out() -> None:
    assert isolation([policy(name="deny")], POD) == Isolation(("deny",), Way.SHUT, dns=False)


def test_rules_without_types_are_about_egress() -> None:
    old = policy(DNS)
    del old["spec"]["policyTypes"]
    assert isolation([old], POD) == Isolation(("p",), Way.SHUT, dns=True)


@pytest.mark.parametrize(
    ("rule", "way"),
    [
        ({}, Way.OPEN),
        (outside(), Way.OPEN),
        (outside(443, "::/0"), Way.OPEN),
        (outside(443, "0.0.0.0/0", "10.0.0.0/8", "169.254.0.0/16"), Way.OPEN),
        (outside(443, "0.0.0.0/0", "3.0.0.0/8"), Way.SOME),
        (outside(443, "10.0.0.0/8"), Way.SOME),
        (outside(443, "nonsense"), Way.SOME),
        ({"to": [{"podSelector": {}}], "ports": [{"port": 443}]}, Way.SOME),
        (outside(80), Way.SHUT),
        (outside("https"), Way.OPEN),
        (outside("web"), Way.SHUT),
        ({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "UDP"}]}, Way.SHUT),
        ({"ports": [{"port": 1, "endPort": 65535}]}, Way.OPEN),
        ({"ports": [{"port": 1, "endPort": 442}]}, Way.SHUT),
        (DNS, Way.SHUT),
    ],
)
def test_a_rule_lets_out_what_it_says(rule: dict[str, Any], way: Way) -> None:
    assert isolation([policy(rule)], POD).hub is way


def test_policies_add_up_and_the_widest_counts() -> None:
    found = isolation([policy(DNS, name="b"), policy(outside(), name="a"), policy(name="deny")], POD)
    assert found == Isolation(("a", "b", "deny"), Way.OPEN, dns=True)


def test_a_mirror_has_a_port_of_its_own() -> None:
    assert isolation([policy(outside(8443))], POD, 8443).hub is Way.OPEN
    assert isolation([policy(outside(8443))], POD).hub is Way.SHUT


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"key": "app", "operator": "In", "values": ["chat"]}, True),
        ({"key": "app", "operator": "In", "values": ["other"]}, False),
        ({"key": "app", "operator": "NotIn", "values": ["chat"]}, False),
        ({"key": "absent", "operator": "NotIn", "values": ["chat"]}, True),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "absent", "operator": "Exists"}, False),
        ({"key": "absent", "operator": "DoesNotExist"}, True),
    ],
)
def test_expressions_select_as_kubernetes_does(expression: dict[str, Any], *, expected: bool) -> None:
    assert selects({"matchExpressions": [expression]}, POD) is expected
