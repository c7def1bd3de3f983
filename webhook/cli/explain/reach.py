"""Whether the webhook reaches an object, now or when it was created, and what stands in the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from webhook.cli.explain.codes import Code
from webhook.cli.explain.facts import NamespaceSeen
from webhook.cli.platform import Platform
from webhook.core import read
from webhook.core.matching import Match, conditions_of, matches, unmet_by_namespace
from webhook.core.names import InjectMode

_NAME_LABEL: Final = "kubernetes.io/metadata.name"
"""By which the chart's selectors leave namespaces out."""
_SETTING: Final = "webhook.excludedNamespaces"
"""The chart's value that names some of them."""
RESERVED: Final = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""Those that the chart always leaves out, beside its own."""


class Obstacle(NamedTuple):
    """What stands in the way, and what its clause is about."""

    code: Code
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """The way from the API server to the webhook for one namespace.

    Attributes:
        platform: What is installed.
        configuration_name: The MutatingWebhookConfiguration's.
        namespace: Where the object is.
    """

    platform: Platform
    configuration_name: str
    namespace: NamespaceSeen

    def to_namespace(self) -> Obstacle | None:
        """Return what stands in the way of every object of the namespace."""
        namespace = self.namespace
        if self.platform.installed is False:
            return Obstacle(Code.NO_WEBHOOK, self.configuration_name)
        if namespace.unseen:
            return None
        if namespace.mode is None:
            return Obstacle(Code.NAMESPACE_NOT_LABELLED, namespace.name)
        if namespace.mode not in set(InjectMode):
            return Obstacle(Code.UNKNOWN_VALUE, f"{namespace.name} says {namespace.mode or 'nothing'}")
        return None

    def by_name(self) -> Obstacle | None:
        """Return that the platform leaves the namespace out, whatever is created in it."""
        excluding = unmet_by_namespace(self.platform.configuration or {}, self.namespace.labels)
        return self._excluded(excluding) if all(excluding) else None

    def to_object(
        self, group: str, plural: str, labels: Mapping[str, Any], *, of_kserve: bool
    ) -> Obstacle | None:
        """Return what stands in the way of an object that is created now, with these labels."""
        namespace = self.namespace
        if (obstacle := self.to_namespace()) is not None or namespace.unseen:
            return obstacle
        if not of_kserve and namespace.mode != InjectMode.ALL:
            return Obstacle(Code.NOT_KSERVE, namespace.name)
        found = self._matches(group, plural, labels)
        if found and not any(match.matches for match in found):
            excluding = [match.by_namespace for match in found if not match.by_object and match.by_namespace]
            expressions = [*excluding, *(match.by_object for match in found if match.by_object)]
            return self._excluded(excluding) or Obstacle(Code.NOT_SELECTED, expressions[0])
        if namespace.mode == InjectMode.AUDIT:
            return Obstacle(Code.AUDITED, namespace.name)
        return None

    def to_existing(self, pod: Mapping[str, Any], *, of_kserve: bool) -> Obstacle:
        """Return why a Pod has no token although it should."""
        metadata = read.mapping(pod, "metadata")
        labels = read.mapping(metadata, "labels")
        namespace = self.namespace
        if (obstacle := self.to_object("", "pods", labels, of_kserve=of_kserve)) is not None:
            return obstacle
        if namespace.unseen:
            return Obstacle(Code.NAMESPACE_UNSEEN, namespace.name)
        called = [match for match in self._matches("", "pods", labels) if match.matches]
        return self._when_created(metadata, called)

    def _when_created(self, metadata: Mapping[str, Any], called: Sequence[Match]) -> Obstacle:
        """Return what stood in the way of a Pod that the webhook is called for now."""
        created = read.string(metadata, "creationTimestamp")
        configuration = self.platform.configuration or {}
        installed = read.string(read.mapping(configuration, "metadata"), "creationTimestamp")
        # Both are RFC 3339 in UTC, to the second; what was created in that second has no token all the same.
        if created <= installed:
            return Obstacle(Code.BEFORE_WEBHOOK)
        if created <= self.namespace.labelled:
            return Obstacle(Code.BEFORE_LABEL, self.namespace.name)
        conditions = [name for match in called for name in match.conditions]
        if conditions:
            return Obstacle(Code.NOT_EVALUATED, ", ".join(conditions))
        if any(match.failure_policy == "Ignore" for match in called):
            return Obstacle(Code.NOT_CALLED)
        return Obstacle(Code.DECIDED_OTHERWISE)

    @property
    def unevaluated(self) -> list[str]:
        """What of the configuration is not evaluated, as sentences."""
        return [
            f"whether matchCondition {name} of {self.configuration_name} (entry "
            f"{read.string(entry, 'name')}) holds: that takes CEL, so it is taken to be true"
            for _, entry in read.objects(self.platform.configuration or {}, "webhooks")
            for name in conditions_of(entry)
        ]

    def _excluded(self, excluding: Sequence[str]) -> Obstacle | None:
        """Return the obstacle where one of these unmet expressions is about the namespace's name."""
        if not any(expression.startswith(_NAME_LABEL) for expression in excluding):
            return None
        name = self.namespace.name
        always = name in RESERVED or name == self.platform.namespace
        by = "always, whatever is set" if always else _SETTING
        return Obstacle(Code.NAMESPACE_EXCLUDED, f"{name} ({by})")

    def _matches(self, group: str, plural: str, labels: Mapping[str, Any]) -> list[Match]:
        configuration = self.platform.configuration
        if configuration is None:
            return []
        return list(matches(configuration, group, plural, self.namespace.labels, labels))
