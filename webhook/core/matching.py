"""Which entries of a webhook configuration an object matches, as the API server sees it.

By rules and selectors. `matchConditions` are not evaluated: that takes CEL. Those of the chart let through
what the core lets through as well; those that somebody else has added are named, to be told of.
Source: `k8s.io/apiserver/pkg/admission/plugin/webhook/predicates`, `k8s.io/apimachinery/pkg/labels`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import read

CHARTS_CONDITIONS: Final = frozenset({"not-a-mirror-pod", "not-being-deleted", "spec-or-our-keys-changed"})
"""Names of the `matchConditions` that the chart renders."""


class Match(NamedTuple):
    """How an object and an entry go together.

    Attributes:
        entry: The entry's name.
        path: Of its Service.
        failure_policy: `Fail` or `Ignore`.
        by_namespace, by_object: The first expression of the selector that the labels do not meet; empty where
            they meet all.
        conditions: Names of the `matchConditions` that are not the chart's: whether they hold is not known.
    """

    entry: str
    path: str
    failure_policy: str
    by_namespace: str
    by_object: str
    conditions: tuple[str, ...] = ()

    @property
    def matches(self) -> bool:
        """Whether the API server calls the entry's webhook."""
        return not self.by_namespace and not self.by_object


def matches(
    configuration: Mapping[str, Any],
    group: str,
    plural: str,
    namespace_labels: Mapping[str, str],
    object_labels: Mapping[str, Any],
) -> Iterator[Match]:
    """Yield how each entry goes with an object that is created, for those whose rules are about its kind."""
    for _, entry in read.objects(configuration, "webhooks"):
        if not any(_about(rule, group, plural) for _, rule in read.objects(entry, "rules")):
            continue
        service = read.mapping(read.mapping(entry, "clientConfig"), "service")
        yield Match(
            read.string(entry, "name"),
            read.string(service, "path"),
            read.string(entry, "failurePolicy") or "Fail",
            unmet(read.mapping(entry, "namespaceSelector"), namespace_labels),
            unmet(read.mapping(entry, "objectSelector"), object_labels),
            conditions_of(entry),
        )


def unmet_by_namespace(configuration: Mapping[str, Any], labels: Mapping[str, Any]) -> list[str]:
    """Return of each entry the first expression of its namespaceSelector that labels do not meet, or ""."""
    entries = read.objects(configuration, "webhooks")
    return [unmet(read.mapping(entry, "namespaceSelector"), labels) for _, entry in entries]


def conditions_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of an entry's `matchConditions` that are not the chart's."""
    every = (read.string(condition, "name") for _, condition in read.objects(entry, "matchConditions"))
    return tuple(name for name in every if name not in CHARTS_CONDITIONS)


def unmet(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """Return the first requirement of a label selector that labels do not meet, or ""."""
    for key, value in read.mapping(selector, "matchLabels").items():
        if labels.get(key) != value:
            return f"{key}={value}"
    for _, expression in read.objects(selector, "matchExpressions"):
        key = read.string(expression, "key")
        operator = read.string(expression, "operator")
        values = read.strings(expression, "values")
        value = labels.get(key)
        if not _holds(operator, value, values):
            return _written(key, operator, values)
    return ""


def _holds(operator: str, value: object, values: list[str]) -> bool:
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def _written(key: str, operator: str, values: list[str]) -> str:
    match operator:
        case "In" | "NotIn":
            return f"{key} {operator.lower()} ({','.join(values)})"
        case "Exists":
            return key
        case _:
            return f"!{key}"


def _about(rule: Mapping[str, Any], group: str, plural: str) -> bool:
    return all(
        wanted in given or "*" in given
        for wanted, given in (
            (group, read.strings(rule, "apiGroups")),
            (plural, read.strings(rule, "resources")),
            ("CREATE", read.strings(rule, "operations")),
        )
    )
