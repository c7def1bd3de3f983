"""Replicas that can be stopped between any two moments, on a store that fails, lags and lies."""

# ruff: noqa: D102 - the protocols say what these methods do

from collections.abc import Coroutine, Generator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from certs.authority import service_names
from certs.lifetimes import CLOCK_ERROR
from certs.rotation import Rotation
from certs.store import Entry, Kind, Operation, Secret, StoreError, UnavailableError
from certs.view import Identity
from tests.certs.cluster import START, Cluster, ClusterStore, Configuration, StoredSecret, entries

if TYPE_CHECKING:
    from certs.outcome import Outcome

NAMES = service_names("hook", "platform")
AUTHORITY = "hf-token-injector"


class Pause:
    """Where a replica stops, for as long as the test likes."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@dataclass
class Faults:
    """What goes wrong with a replica's next calls; each is used up by one call of its kind.

    Attributes:
        stale: How old a view the next reads show.
        lost: The next write happens, and its answer is lost.
        error: The next call raises this and does nothing.
    """

    stale: list[timedelta] = field(default_factory=list)
    lost: bool = False
    error: StoreError | None = None

    def __bool__(self) -> bool:
        return bool(self.stale or self.lost or self.error)


class FaultyStore(ClusterStore):
    """A store that pauses before and after each call, and has faults."""

    def __init__(self, cluster: Cluster, faults: Faults) -> None:
        super().__init__(cluster)
        self.faults = faults

    async def read_secret(self) -> Secret | None:
        await self._before()
        secret, _ = self._seen()
        await Pause()
        return secret.read() if secret else None

    async def read_entries(self, kind: Kind) -> Sequence[Entry] | None:
        await self._before()
        _, configurations = self._seen()
        await Pause()
        return entries(configurations.get(kind))

    async def create_secret(self, data: Mapping[str, bytes], *, manager: str) -> Secret:
        await self._before()
        secret = await super().create_secret(data, manager=manager)
        await self._after()
        return secret

    async def update_secret(self, data: Mapping[str, bytes], *, version: str) -> Secret:
        await self._before()
        secret = await super().update_secret(data, version=version)
        await self._after()
        return secret

    async def patch_entries(self, kind: Kind, operations: Sequence[Operation]) -> None:
        await self._before()
        await super().patch_entries(kind, operations)
        await self._after()

    async def _before(self) -> None:
        await Pause()
        error, self.faults.error = self.faults.error, None
        if error:
            raise error

    async def _after(self) -> None:
        await Pause()
        lost, self.faults.lost = self.faults.lost, False
        if lost:
            raise UnavailableError("the connection was reset.")

    def _seen(self) -> tuple[StoredSecret | None, dict[Kind, Configuration]]:
        cluster = self.cluster
        age = self.faults.stale.pop() if self.faults.stale else timedelta(0)
        earlier = [held for held in cluster.history if held[0] <= cluster.now - age]
        if not age or not earlier:
            return deepcopy((cluster.secret, cluster.configurations))
        _, secret, configurations = deepcopy(earlier[-1])
        return secret, configurations


class Replica:
    """One process: clocks of its own, a step that may be under way, and what it said last."""

    def __init__(self, cluster: Cluster, name: str = "pod-1") -> None:
        self.cluster = cluster
        self.offset = timedelta(0)
        self.suspended = timedelta(0)
        self.faults = Faults()
        identity = Identity(AUTHORITY, NAMES, name)
        self.rotation = Rotation(FaultyStore(cluster, self.faults), identity=identity, clock=self)
        self.outcome: Outcome | None = None
        self.entered = False
        self.clean_at = cluster.now - timedelta(seconds=1)
        self.look_at = cluster.now
        self.began = cluster.now
        self._step: Coroutine[Any, Any, Outcome] | None = None
        self._faulty = False

    def now(self) -> datetime:
        return self.cluster.now + self.offset

    def monotonic(self) -> float:
        return (self.cluster.now - START - self.suspended).total_seconds()

    @property
    def under_way(self) -> bool:
        """Whether a step was begun and not finished."""
        return self._step is not None

    def resume(self) -> None:
        """Go on to the next pause, or begin a step."""
        if self._step is None:
            self._step = self.rotation.step()
            self.began = self.cluster.now
            self._faulty = False
        self._faulty = self._faulty or bool(self.faults)
        try:
            self._step.send(None)
        except StopIteration as stop:
            self._step = None
            outcome: Outcome = stop.value
            # Whose leaf expired has left service; it enters again when it says that it is ready.
            expires = self.outcome.expires if self.outcome else None
            expired = expires is None or expires <= self.now() + CLOCK_ERROR
            self.outcome = outcome
            self.entered = outcome.ready or (self.entered and not expired)
            self.look_at = self.cluster.now + outcome.look_after
            if not self._faulty:
                self.clean_at = self.began

    def finish(self) -> None:
        """Go on to the end of the step."""
        self.resume()
        while self.under_way:
            self.resume()

    def die(self) -> None:
        """Stop where it is."""
        if self._step is not None:
            self._step.close()
