"""The snapshot that follows the cluster: Namespaces, and whether Secrets exist.

A Namespace that the watch has shown is as it was shown; what the settings say of one holds only for as long
as the watch does not show it. What was known of Namespaces last is used also when it is stale, since opting
in is rarely taken back. A Secret of which nothing was heard for a while is unknown, since nothing may be
refused because of it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, NamedTuple

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from webhook.cluster.secrets import FollowedSecret
from webhook.core import names
from webhook.core.knowledge import Knowledge, Namespace
from webhook.server.followed import Follow, Followed, Item, Patience, Subject
from webhook.server.known import Known
from webhook.server.signs import Signs
from webhook.server.watch_metrics import WatchMetrics

_NONE: Final[Mapping[str, Follow[FollowedSecret]]] = MappingProxyType({})
_NAMESPACES: Final = Subject("namespaces", "it has not seen the Namespaces yet")


class Watches(NamedTuple):
    """How the cluster is followed.

    Attributes:
        namespaces: Tells its argument of all Namespaces until it is cancelled; None where nobody does.
        secrets: The same for the Secrets of a name.
        patience: How long is waited for what.
        clock: Seconds that never jump.
    """

    namespaces: Follow[Namespace] | None
    secrets: Mapping[str, Follow[FollowedSecret]] = _NONE
    patience: Patience = Patience()
    clock: Callable[[], float] = time.monotonic


class KnownCluster(Known):
    """What the watches have shown."""

    def __init__(self, settings: Knowledge, watches: Watches, signs: Signs) -> None:
        """Prepare; nothing is asked yet. Readiness waits from now on."""
        super().__init__(settings)
        self._settings = settings
        self._watches = watches
        self._signs = signs
        self._namespaces: Followed[Namespace] | None = None
        registry = signs.metrics.registry
        if watches.namespaces is not None:
            self.watched = self.stale = True
            namespaces: Followed[Namespace] = self._followed(_NAMESPACES, what="namespaces")
            namespaces.published = lambda: self._namespaces_changed(namespaces)
            self._namespaces = namespaces
            registry.register(WatchMetrics("namespaces", {"": namespaces.numbers}))
        self._told: set[tuple[str, str]] = set()
        self._secrets = {name: self._followed_secrets(name) for name in watches.secrets}
        if self._secrets:
            numbers = {name: followed.numbers for name, followed in self._secrets.items()}
            registry.register(WatchMetrics("secrets", numbers, "secret"))
            registry.register(_Copies(self._secrets))

    @property
    def awaited(self) -> int:
        """How many objects reviews wait for."""
        every = [self._namespaces, *self._secrets.values()]
        return sum(followed.awaited for followed in every if followed is not None)

    async def keep(self) -> None:
        """Follow the cluster until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._namespaces is not None and self._watches.namespaces is not None:
                tasks.create_task(self._namespaces.keep(self._watches.namespaces))
            for name, followed in self._secrets.items():
                tasks.create_task(followed.keep(self._watches.secrets[name]))

    async def arrival(self, namespace: str) -> None:
        """Wait a moment for a Namespace that is not known, where it may come."""
        if self._namespaces is not None and namespace and namespace not in self.knowledge.namespaces:
            await self._namespaces.arrival(namespace)

    async def secret_arrival(self, namespace: str, names: Iterable[str]) -> bool:
        """Wait a moment for Secrets that are absent; return whether one of them came."""
        followed = [self._secrets[name] for name in names if name in self._secrets]
        return any(await asyncio.gather(*[secrets.arrival(namespace) for secrets in followed]))

    def _namespaces_changed(self, namespaces: Followed[Namespace]) -> None:
        self.stale = namespaces.stale
        self.knowledge = replace(self.knowledge, namespaces={**self._settings.namespaces, **namespaces.shown})

    def _secrets_changed(self, name: str) -> None:
        followed = self._secrets[name]
        self._tell_of_copies(name, followed)
        secrets = {other: known for other, known in self.knowledge.secrets.items() if other != name}
        if not followed.stale:
            secrets[name] = frozenset(followed.shown)
        self.knowledge = replace(self.knowledge, secrets=secrets)

    def _tell_of_copies(self, name: str, followed: Followed[FollowedSecret]) -> None:
        """Say once of each Secret that its values stand in an annotation, where we are shown them."""
        for namespace, secret in followed.shown.items():
            if secret.copied and (name, namespace) not in self._told:
                self._told.add((name, namespace))
                self._signs.logger.warning(
                    "a secret is copied into its annotation",
                    secret=name,
                    namespace=namespace,
                    mend=f"kubectl annotate secret {name} -n {namespace} {names.LAST_APPLIED}-",
                )

    def _followed(self, subject: Subject, **words: str) -> Followed[Item]:
        return Followed(
            subject,
            self._watches.patience,
            readiness=self._signs.readiness,
            logger=self._signs.logger.bind(**words),
            clock=self._watches.clock,
        )

    def _followed_secrets(self, name: str) -> Followed[FollowedSecret]:
        subject = Subject(f"secrets {name}", f"it has not seen the Secrets {name} yet")
        followed: Followed[FollowedSecret] = self._followed(subject, what="secrets", secret=name)
        followed.published = lambda: self._secrets_changed(name)
        return followed


class _Copies:
    """How many Secrets have a copy of their values in an annotation."""

    def __init__(self, secrets: Mapping[str, Followed[FollowedSecret]]) -> None:
        self._secrets = secrets

    def collect(self) -> Iterable[Metric]:
        """Yield the family."""
        family = GaugeMetricFamily(
            "hf_token_injector_secrets_copied",
            "Secrets whose values client-side kubectl apply has copied into an annotation.",
            labels=["secret"],
        )
        for name, followed in self._secrets.items():
            family.add_metric([name], sum(secret.copied for secret in followed.shown.values()))
        yield family
