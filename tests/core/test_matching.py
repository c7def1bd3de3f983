"""Entries of a webhook configuration, matched as the API server does."""

from typing import Any

import pytest

from webhook.core.matching import conditions_of, matches, unmet


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({}, {}, ""),
        ({"matchLabels": {"a": "1"}}, {"a": "1"}, ""),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, "a=1"),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, ""),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {}, "a in (1,2)"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, ""),
        (
            {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]},
            {"a": "1"},
            "a notin (1)",
        ),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, ""),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, "a"),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, ""),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": "1"}, "!a"),
    ],
)
def test_the_first_requirement_that_labels_do_not_meet_is_named(
    selector: dict[str, Any], labels: dict[str, str], expected: str
) -> None:
    assert unmet(selector, labels) == expected


def test_an_entry_matches_by_its_rules_and_by_both_selectors() -> None:
    def rule(group: str, resource: str, operation: str) -> dict[str, Any]:
        return {"apiGroups": [group], "resources": [resource], "operations": [operation]}

    configuration = {
        "webhooks": [
            {"name": "other-kind", "rules": [rule("apps", "deployments", "CREATE")]},
            {"name": "other-operation", "rules": [rule("", "pods", "UPDATE")]},
            {
                "name": "pods",
                "clientConfig": {"service": {"path": "/mutate"}},
                "rules": [rule("*", "*", "*")],
                "namespaceSelector": {"matchLabels": {"team": "a"}},
                "objectSelector": {"matchLabels": {"app": "x"}},
                "failurePolicy": "Ignore",
            },
        ]
    }
    (both,) = matches(configuration, "", "pods", {"team": "a"}, {"app": "x"})
    assert (both.entry, both.path, both.failure_policy, both.matches) == ("pods", "/mutate", "Ignore", True)
    (neither,) = matches(configuration, "", "pods", {}, {})
    assert (neither.by_namespace, neither.by_object, neither.matches) == ("team=a", "app=x", False)


def test_conditions_that_are_not_the_charts_are_named() -> None:
    """Whether they hold takes CEL."""
    conditions = [{"name": "not-a-mirror-pod"}, {"name": "only-on-weekdays"}, {}]
    entry = {
        "name": "pods",
        "rules": [{"apiGroups": [""], "resources": ["pods"], "operations": ["CREATE"]}],
        "matchConditions": conditions,
    }
    assert conditions_of(entry) == ("only-on-weekdays", "")
    (match,) = matches({"webhooks": [entry]}, "", "pods", {}, {})
    assert match.conditions == ("only-on-weekdays", "")
