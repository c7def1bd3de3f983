"""Which Secret a container's token comes from: the first step that applies.

The container's own token (then nothing is injected), the workload's annotation, an entry that somebody else
wrote in another container of the Pod, the Namespace's annotation, the first rule that matches, the default.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import names, read
from webhook.core.asked import Asked, NamespaceAsked
from webhook.core.decision import Choice
from webhook.core.globs import glob
from webhook.core.hub import HUGGING_FACE, Hub, redact
from webhook.core.reasons import Source
from webhook.core.settings import Rule, SecretRef, Settings

_DEFAULT = Source.DEFAULT
"""Looked up once: a member of an enum costs 0.2 µs (CPython 3.11), and most Pods come this way."""

_KEY_OF_WORKLOAD, _KEY_OF_NAMESPACE = (
    f"with the key of {source} {names.SECRET_KEY}" for source in (Source.WORKLOAD, Source.NAMESPACE)
)


class Neighbour(NamedTuple):
    """A reference that somebody else wrote in another container.

    Attributes:
        container: Its name.
        kind: `secretKeyRef` or `configMapKeyRef`.
        name, key: What it refers to.
        optional: As it was written.
    """

    container: str
    kind: str
    name: str
    key: str
    optional: bool | None

    @property
    def value_from(self) -> dict[str, Any]:
        """A copy for another container; made anew, so that nothing unknown is copied along."""
        reference: dict[str, Any] = {"name": self.name, "key": self.key}
        if self.optional is not None:
            reference["optional"] = self.optional
        return {self.kind: reference}


def neighbour(
    containers: Iterable[tuple[str, Mapping[str, Any]]], warnings: list[str], hub: Hub = HUGGING_FACE
) -> Neighbour | None:
    """Return the reference to copy, the serving container's first.

    A literal is never copied, since no patch of ours holds a token, nor a `fileKeyRef`, which means another
    thing in another container; a warning tells.

    Args:
        containers: Name and variables (name to raw entry, ours left out) of each container.
        warnings: Grows by what is not copied.
        hub: Whose variables to look for.
    """
    order = {name: rank for rank, name in enumerate(names.SERVING_CONTAINERS)}
    not_copied = ""
    for name, entries in sorted(containers, key=lambda item: order.get(item[0], len(order))):
        for variable in hub.token_variables[:2]:
            entry = entries.get(variable)
            if entry is None:
                continue
            source = read.mapping(entry, "valueFrom")
            for kind in ("secretKeyRef", "configMapKeyRef"):
                reference = read.mapping(source, kind)
                target, key = read.string(reference, "name"), read.string(reference, "key")
                if target and key and redact(target) == target and redact(key) == key:
                    optional = reference.get("optional")
                    return Neighbour(name, kind, target, key, optional if type(optional) is bool else None)
            if entry.get("value") or source:
                not_copied = (
                    not_copied
                    or f"the token of container {name} is no reference to a Secret and is not copied"
                )
    if not_copied:
        warnings.append(not_copied)
    return None


def choose(  # noqa: PLR0913 - one argument for each step's input
    repositories: Sequence[str],
    *,
    asked: Asked,
    near: Neighbour | None,
    namespace: str,
    namespace_asked: NamespaceAsked,
    settings: Settings,
    warnings: list[str],
) -> Choice | None:
    """Return the Secret for a container; None where the rule for its repository gives no token.

    Of several repositories the one downloaded first decides, and a warning tells where another one would have
    decided otherwise. An annotation `secret-key` without `secret` beside it changes the key of whichever
    Secret the later steps choose; a neighbour's reference is copied as it is.
    """
    key = asked.secret_key
    if asked.secret is not None:
        return Choice(asked.secret, key or settings.secret.key, Source.WORKLOAD, names.SECRET)
    if near is not None:
        return Choice(
            near.name, near.key, Source.NEIGHBOUR, near.container, config_map=near.kind == "configMapKeyRef"
        )
    namespace_key = namespace_asked.secret_key
    if namespace_asked.secret is not None:
        key = key or namespace_key or settings.secret.key
        return Choice(namespace_asked.secret, key, Source.NAMESPACE, names.SECRET)
    rule = _rule(repositories[0] if repositories else "", namespace, settings.rules)
    default = SecretRef(settings.secret.name, namespace_key) if namespace_key else settings.secret
    secret = _secret(rule, default)
    for other in repositories[1:]:
        if _secret(_rule(other, namespace, settings.rules), default) != secret:
            warnings.append(f"{repositories[0]} decides on the Secret; {other} would have another")
            break
    if secret is None:
        return None
    if rule is None:
        by = _KEY_OF_WORKLOAD if key else _KEY_OF_NAMESPACE if namespace_key else ""
        return Choice(secret.name, key or secret.key, _DEFAULT, by)
    return Choice(secret.name, key or secret.key, Source.RULE, rule.repository)


def _rule(repository: str, namespace: str, rules: Sequence[Rule]) -> Rule | None:
    for rule in rules:
        if glob(rule.repository).fullmatch(repository) and any(
            glob(name).fullmatch(namespace) for name in rule.namespaces
        ):
            return rule
    return None


def _secret(rule: Rule | None, default: SecretRef) -> SecretRef | None:
    if rule is None:
        return default
    if rule.secret is None:
        return None
    return SecretRef(rule.secret.name, rule.secret.key or default.key)
