"""Label selectors of webhook configurations, evaluated as the API server does."""

from typing import Any

from webhook.core import names

Labels = dict[str, str]


def selects(selector: dict[str, Any], labels: Labels) -> bool:
    """Evaluate a label selector (k8s.io/apimachinery, pkg/labels)."""
    return all(_holds(expression, labels) for expression in selector["matchExpressions"])


def _holds(expression: dict[str, Any], labels: Labels) -> bool:
    key: str = expression["key"]
    operator: str = expression["operator"]
    if operator in {"Exists", "DoesNotExist"}:
        return (key in labels) == (operator == "Exists")
    assert operator in {"In", "NotIn"}
    values: list[str] = expression["values"]
    assert values, "an empty list is refused"
    return (labels.get(key) in values) == (operator == "In")


def a_namespace(name: str, inject: str | None) -> Labels:
    """Return the labels of a Namespace."""
    return {"kubernetes.io/metadata.name": name, **({names.INJECT: inject} if inject else {})}
