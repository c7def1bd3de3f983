"""One replica's part in keeping certificates alive. The story is in the docstring of `certs`.

Any number of replicas step at any time, and none waits for another. What a step does follows from what it
reads and from how long this replica has watched; each write has a precondition, so that a step that was
overtaken changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Protocol

from cryptography import x509

from certs import bundle
from certs.memory import Limiter, Served, Watch
from certs.outcome import Cause, Outcome, Trouble, trouble
from certs.plan import plan
from certs.published import Published, Roles, Slot, replacing, settled, slots, wanted
from certs.report import Situation, report
from certs.serving import choose
from certs.state import State, parse, serialise
from certs.store import Kind, Operation, Secret, Store, StoreError
from certs.view import Action, Identity, View, issuer


class Clock(Protocol):
    """The two clocks of a replica."""

    def now(self) -> datetime:
        """Return the time, with a zone."""

    def monotonic(self) -> float:
        """Return seconds that never jump; whether they count a suspended machine's does not matter."""


@dataclass
class _Step:
    """What is collected during one step."""

    did: list[Action] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    failing: bool = False

    def failed(self, what: str, error: StoreError) -> None:
        self.failing = True
        self.troubles.append(trouble(what, error))


class Rotation:
    """Keeps one Secret and the `caBundle` of two configurations in order, as one of several replicas."""

    def __init__(self, store: Store, *, identity: Identity, clock: Clock) -> None:
        self._store = store
        self._identity = identity
        self._clock = clock
        self._watch = Watch()
        self._limiter = Limiter()
        self._served: Served | None = None
        self._failures = 0

    async def step(self) -> Outcome:
        """Look, do what is to be done now, and return what was seen and done.

        It makes three reads and at most three writes. It raises nothing that the store may raise; that is in
        `Outcome.troubles`. Steps of one replica must not overlap.
        """
        step = _Step()
        try:
            secret = await self._store.read_secret()
        except StoreError as error:
            step.failed("The Secret cannot be read", error)
            return self._outcome(step, None, Published(known=False))
        state = parse(secret.data) if secret else State()
        published = await self._published(step)
        self._watch.observe(published, state.bundle, self._clock.monotonic())
        state = await self._planned(step, secret, state, published)
        published = await self._put(step, state, published)
        self._watch.observe(published, state.bundle, self._clock.monotonic())
        self._adopt(step, state, published)
        return self._outcome(step, state, published)

    async def _published(self, step: _Step) -> Published:
        """Read both configurations, after the Secret: so a CA that the Secret promotes is not missed here."""
        found: list[Slot] = []
        known = True
        for kind in Kind:
            try:
                found += slots(kind, await self._store.read_entries(kind) or ())
            except StoreError as error:
                known = False
                step.failed(f"The {kind} cannot be read", error)
        return Published(tuple(found), known)

    async def _planned(self, step: _Step, secret: Secret | None, state: State, published: Published) -> State:
        """Write what the Secret should hold next, and return what it holds as far as is known."""
        at = self._clock.monotonic()
        view = View(self._clock.now(), self._identity, published, self._served, self._watch.seen(at))
        planned = plan(state, view)
        step.troubles += [Trouble(Cause.UNUSABLE, sentence) for sentence in planned.unusable]
        if planned.state == state:
            return state
        if not self._limiter.allows("secret", None, at):
            step.troubles.append(_contested("The Secret"))
            return state
        try:
            await self._write(secret, serialise(planned.state))
        except StoreError as error:
            step.failed("The Secret cannot be written", error)
            return state
        finally:
            self._limiter.note("secret", None, at)
        step.did += planned.actions
        return planned.state

    async def _write(self, secret: Secret | None, data: dict[str, bytes]) -> None:
        if secret is not None:
            await self._store.update_secret(data, version=secret.version)
            return
        await self._store.create_secret(data, manager=f"{self._identity.replica[:100]}-{token_hex(4)}")

    async def _put(self, step: _Step, state: State, published: Published) -> Published:
        """Patch what the configurations lack, and return what they publish then."""
        first = issuer(state, state.leaf)
        if first is None:
            return published
        lead = self._leader(state, published)
        roles = Roles(first, lead, self._served.issuer if self._served else None)
        now = self._clock.now()
        after: list[Slot] = []
        for slot in published.slots:
            value = wanted(slot, state, roles, now)
            after.append(slot if settled(slot, value) else slot.holding(value))
        result: list[Slot] = []
        for kind in Kind:
            pairs = [(old, new) for old, new in zip(published.slots, after, strict=True) if old.kind == kind]
            result += await self._patched(step, kind, pairs)
        return Published(tuple(result), published.known)

    def _leader(self, state: State, published: Published) -> x509.Certificate | None:
        """Return the CA that may be moved to the front: the next or the current one, once seen."""
        if not published.known:
            return None
        seen = self._watch.seen(self._clock.monotonic())
        candidates = (issuer(state, state.next_leaf), issuer(state, state.leaf))
        return next((candidate for candidate in candidates if candidate in seen), None)

    async def _patched(self, step: _Step, kind: Kind, pairs: Sequence[tuple[Slot, Slot]]) -> list[Slot]:
        """Patch the slots of one configuration, all in one request, and return them as they are then."""
        at = self._clock.monotonic()
        operations: list[Operation] = []
        due: list[tuple[Slot, Slot]] = []
        for old, new in pairs:
            if old is new:
                continue
            if not self._limiter.allows(old.name, bundle.serialise(new.bundle), at):
                step.troubles.append(_contested(f"caBundle of {old.name}"))
                continue
            operations += replacing(old, new.bundle)
            due.append((old, new))
        if not due:
            return [old for old, _ in pairs]
        try:
            await self._store.patch_entries(kind, operations)
        except StoreError as error:
            step.failed(f"The {kind} cannot be patched", error)
            return [old for old, _ in pairs]
        for old, new in due:
            self._limiter.note(old.name, bundle.serialise(new.bundle), at)
            same_trust = bundle.same(old.bundle, new.bundle)
            step.did.append(Action.LED if same_trust else Action.PUBLISHED)
        return [new if (old, new) in due else old for old, new in pairs]

    def _adopt(self, step: _Step, state: State, published: Published) -> None:
        seen = self._watch.seen(self._clock.monotonic())
        before = self._served
        self._served = choose(before, state, published, seen=seen, now=self._clock.now())
        if self._served and (before is None or before.pair != self._served.pair):
            step.did.append(Action.ADOPTED)

    def _outcome(self, step: _Step, state: State | None, published: Published) -> Outcome:
        self._failures = self._failures + 1 if step.failing else 0
        at = self._clock.monotonic()
        situation = Situation(
            state=state,
            published=published,
            served=self._served,
            remaining=lambda certificate: self._watch.remaining(certificate, at),
            now=self._clock.now(),
        )
        return report(situation, tuple(step.did), tuple(step.troubles), failures=self._failures)


def _contested(place: str) -> Trouble:
    return Trouble(
        Cause.CONTESTED,
        f"{place} is changed back again and again, so it is left alone for up to ten minutes: look for"
        " another controller that writes it (cainjector, Argo CD, another release of this webhook).",
    )
