"""Certificates of our own: one replica's part in the rotation, beside serving.

The rotation itself is `certs.rotation`. Here it is stepped in the background for as long as the server runs,
whatever the API server does: an error is counted, told once, and tried again.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from structlog.typing import FilteringBoundLogger

from certs import bundle
from certs.outcome import Outcome, Stage, Trouble
from certs.rotation import Clock, Rotation
from certs.state import BUNDLE_KEY
from certs.store import Entry, Kind, Operation, Secret, Store
from certs.verify import issuer_of
from certs.view import Identity
from webhook.cluster.client import Client
from webhook.server.certificates import KeyPair, NoCertificateYetError
from webhook.server.logs import describe_exception
from webhook.server.metrics import Metrics
from webhook.server.rotation_metrics import INTERNAL, RotationMetrics

_SOON_SECONDS: Final = 0.2
_AFTER_A_BUG: Final = timedelta(seconds=30)
_JITTER: Final = 0.2
"""The part of a wait that chance takes away, so that replicas which started together do not look together."""


Follow = Callable[[Callable[[], None], Callable[[str], None]], Coroutine[None, None, None]]


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """What is looked after.

    Attributes:
        store: The Secret and the configurations.
        identity: Whose certificates these are.
        check_seconds: The longest time between two looks.
        client: What `store` talks with, to be closed at the end.
        follow: Calls the first of its arguments whenever something changed, and the second with a sentence
            where that cannot be had, until it is cancelled.
        clock: The time.
    """

    store: Store
    identity: Identity
    check_seconds: float
    client: Client | None = None
    follow: Follow | None = None
    clock: Clock = field(default_factory=SystemClock)


class SelfManaged:
    """A `CertificateSource` that rotates."""

    def __init__(self, upkeep: Upkeep, *, metrics: Metrics, logger: FilteringBoundLogger) -> None:
        """Prepare; nothing is read yet."""
        self._upkeep = upkeep
        self._store = _Noting(upkeep.store)
        self._rotation = Rotation(self._store, identity=upkeep.identity, clock=upkeep.clock)
        self._metrics = RotationMetrics()
        metrics.registry.register(self._metrics)
        self._logger = logger
        self._outcome: Outcome | None = None
        self._told: frozenset[Trouble] = frozenset()
        self._looked = asyncio.Event()
        self._wanted = asyncio.Event()
        self._soon: asyncio.TimerHandle | None = None
        self._why_blind = ""
        self.looks = 0

    async def current(self) -> KeyPair:
        """Return the leaf that the last step chose.

        Raises:
            NoCertificateYetError: No step has found or made one yet.
        """
        if self._outcome is None or self._outcome.pair is None:
            raise NoCertificateYetError("there is no certificate yet")
        return KeyPair(*self._outcome.pair)

    async def changed(self) -> None:
        """Wait for the end of the next step."""
        await self._looked.wait()
        self._looked.clear()

    def doubt(self) -> str:
        """Return why clients may not trust what is served; empty where they do."""
        if self._outcome is None:
            return "it has not seen the cluster yet"
        if self._outcome.ready:
            return ""
        sentences = [trouble.sentence.rstrip(".") for trouble in self._outcome.troubles]
        return "; ".join(sentences) or f"it waits for {self._outcome.waiting_for or 'its next look'}"

    def objection(self, new: KeyPair, served: KeyPair) -> str:  # noqa: ARG002 - as the protocol has it
        """Return nothing: the rotation gives no pair that clients cannot verify."""
        return ""

    def look(self) -> None:
        """Step now and not when it would be time."""
        self._wanted.set()

    def _changed(self) -> None:
        """Look soon: a change seldom comes alone, and our own patches are among them."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(_SOON_SECONDS, self._look_now)

    def _look_now(self) -> None:
        self._soon = None
        self.look()

    def _blind(self, why: str) -> None:
        """Tell once that a change is noticed only by looking."""
        if why != self._why_blind:
            self._why_blind = why
            self._logger.warning("changes are noticed late", why=why)

    async def _follow(self, follow: Follow) -> None:
        try:
            await follow(self._changed, self._blind)
        except Exception as error:  # noqa: BLE001 - looking goes on without it
            self._logger.critical("following changes failed", **describe_exception(error))

    async def keep(self) -> None:
        """Step over and over, until cancelled."""
        async with AsyncExitStack() as stack:
            if self._upkeep.client is not None:
                await stack.enter_async_context(self._upkeep.client)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            if self._upkeep.follow is not None:
                tasks.create_task(self._follow(self._upkeep.follow))
            while True:
                wait = await self._step()
                self.looks += 1
                self._looked.set()
                seconds = min(wait.total_seconds(), self._upkeep.check_seconds)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds * (1 - random.random() * _JITTER)):  # noqa: S311 - no secret
                        await self._wanted.wait()
                self._wanted.clear()

    async def _step(self) -> timedelta:
        """Step once, and return how long to wait at most."""
        try:
            outcome = await self._rotation.step()
        except Exception as error:  # noqa: BLE001 - a bug must not end what keeps the certificate alive
            self._metrics.broke()
            self._logger.critical("certificate rotation failed", cause=INTERNAL, **describe_exception(error))
            return _AFTER_A_BUG
        expires = self._store.authority_expires(outcome)
        self._metrics.checked(outcome, authority_expires=expires, now=self._upkeep.clock.now())
        self._tell(outcome)
        self._outcome = outcome
        return outcome.look_after

    def _tell(self, outcome: Outcome) -> None:
        """Log what changed: stages, deeds, and troubles that were not there in the step before."""
        before = self._outcome.stage if self._outcome else Stage.UNKNOWN
        if outcome.stage != before or outcome.did:
            self._logger.info(
                "certificate rotation",
                stage=outcome.stage,
                before=before,
                did=list(dict.fromkeys(outcome.did)),
                waiting_for=outcome.waiting_for,
            )
        troubles = frozenset(outcome.troubles)
        for trouble in outcome.troubles:
            if trouble not in self._told:
                self._logger.warning("certificate trouble", cause=trouble.cause, why=trouble.sentence)
        if self._told and not troubles:
            self._logger.info("certificate trouble is over")
        self._told = troubles


class _Noting:
    """A store that notes the CAs of the Secret as it was last read or written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bundle = b""

    def authority_expires(self, outcome: Outcome) -> datetime | None:
        """Return when the CA of the served leaf expires; None where it is not in the Secret."""
        if outcome.pair is None:
            return None
        issuer = issuer_of(outcome.pair.certificate, bundle.parse(self._bundle).certificates)
        return None if issuer is None else issuer.not_valid_after_utc

    async def read_secret(self) -> Secret | None:
        secret = await self._store.read_secret()
        return secret and self._noted(secret)

    async def create_secret(self, data: Mapping[str, bytes], *, manager: str) -> Secret:
        return self._noted(await self._store.create_secret(data, manager=manager))

    async def update_secret(self, data: Mapping[str, bytes], *, version: str) -> Secret:
        return self._noted(await self._store.update_secret(data, version=version))

    async def read_entries(self, kind: Kind) -> Sequence[Entry] | None:
        return await self._store.read_entries(kind)

    async def patch_entries(self, kind: Kind, operations: Sequence[Operation]) -> None:
        await self._store.patch_entries(kind, operations)

    def _noted(self, secret: Secret) -> Secret:
        self._bundle = secret.data.get(BUNDLE_KEY, b"")
        return secret
