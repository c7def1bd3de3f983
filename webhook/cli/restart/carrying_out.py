"""Carrying out a plan: one workload after another, each waited for."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson

from webhook.cli.restart.places import stamp, stamped_since
from webhook.cli.restart.plan import Step, Workload
from webhook.cli.restart.rollout import StuckError, lacking
from webhook.cli.restart.times import spoken
from webhook.cluster.client import Answer, Client, NoAnswerError, StatusError
from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import POD, Resource
from webhook.core import read
from webhook.core.hub import redact

MANAGER: Final = "hf-token-injector-restart"
"""Of the one field that is written. Flux undoes what `kubectl` writes, by that name."""

LOOK_SECONDS: Final = 2.0
"""Between two looks at a rollout."""
_TRIES: Final = 6
"""Of a patch that met other writes: KServe's controller writes an object's status several times a second."""
_CONFLICT: Final = 409
_FORBIDDEN: Final = 403
_MERGE_PATCH: Final = "application/merge-patch+json"


class Result(StrEnum):
    """How it ended for a workload."""

    DONE = "done"
    ASKED = "asked"
    """The rollout was begun and not waited for."""
    FAILED = "failed"


class Outcome(NamedTuple):
    """What became of a workload."""

    workload: Workload
    result: Result
    sentence: str


class Waiting(NamedTuple):
    """How a rollout is waited for.

    Attributes:
        wait: Whether.
        timeout: The longest for a workload.
        interval: Between the end of one and the beginning of the next.
    """

    wait: bool
    timeout: timedelta
    interval: timedelta


class NotRestartedError(Exception):
    """A workload was not restarted; the text is one sentence."""


class Progress:
    """Hears how it goes; each method may be overridden."""

    def begins(self, workload: Workload, number: int, of: int) -> None:
        """A workload's turn comes."""

    def lacks(self, workload: Workload, what: str) -> None:
        """Its rollout is not over."""

    def ends(self, outcome: Outcome) -> None:
        """It is done or has failed."""


class Restarter:
    """Restarts workloads over a client, with the rights of whoever asks."""

    def __init__(self, client: Client, waiting: Waiting, progress: Progress) -> None:
        self._client = client
        self._reader = Reader(client)
        self._waiting = waiting
        self._progress = progress

    async def carry_out(self, plan: list[Workload]) -> list[Outcome]:
        """Restart what is to be restarted; one that fails does not stop the others."""
        due = [workload for workload in plan if workload.step in {Step.RESTART, Step.WAIT}]
        if not self._waiting.wait:
            due = [workload for workload in due if workload.step is Step.RESTART]
        outcomes: list[Outcome] = []
        for number, workload in enumerate(due, 1):
            if outcomes:
                await asyncio.sleep(self._waiting.interval.total_seconds())
            self._progress.begins(workload, number, len(due))
            outcome = await self._outcome(workload)
            self._progress.ends(outcome)
            outcomes.append(outcome)
        return outcomes

    async def _outcome(self, workload: Workload) -> Outcome:
        begun = time.monotonic()
        try:
            if workload.step is Step.RESTART and workload.resource is not None:
                await self._restart(workload, workload.resource)
            if not self._waiting.wait:
                return Outcome(workload, Result.ASKED, "its rollout has begun")
            await self._await(workload, begun + self._waiting.timeout.total_seconds())
        except (NotRestartedError, StuckError, NoAnswerError) as error:
            return Outcome(workload, Result.FAILED, redact(str(error)))
        return Outcome(workload, Result.DONE, f"after {spoken(time.monotonic() - begun)}")

    async def _restart(self, workload: Workload, resource: Resource) -> None:
        """Write the annotation, unless somebody else was faster.

        Raises:
            NotRestartedError: It cannot be.
            StatusError: The API server refuses.
        """
        if not await self._old(workload):
            return
        for _ in range(_TRIES):
            found = await self._reader.get(resource, workload.name, workload.namespace)
            if found is None:
                raise NotRestartedError(f"{workload.word} is gone")
            parts = [
                part for part in workload.parts if not stamped_since(resource, found, part, workload.since)
            ]
            if not parts:
                return
            # Of two clocks the later one, so that whoever calls this again sees that it was restarted.
            now = datetime.now(UTC)
            patch = stamp(resource, found, parts, max(now, workload.since or now))
            answer = await self._patch(resource, found, patch)
            if answer.status != _CONFLICT:
                break
        self._check(workload, resource, answer)

    async def _patch(self, resource: Resource, found: Object, patch: Object) -> Answer:
        version = read.string(found, "apiVersion").rpartition("/")[2]
        metadata = found["metadata"]
        path = resource.path(version, read.string(metadata, "namespace"), read.string(metadata, "name"))
        return await self._client.request(
            "PATCH",
            path,
            parameters={"fieldManager": MANAGER},
            content=orjson.dumps(patch),
            content_type=_MERGE_PATCH,
        )

    @staticmethod
    def _check(workload: Workload, resource: Resource, answer: Answer) -> None:
        if answer.status < 300:  # noqa: PLR2004 - the end of what HTTP calls successful
            return
        said = " ".join(str(answer.body.get("message", "")).split()) or f"status {answer.status}"
        right = f"verb patch on {resource.plural}" + (f".{resource.group}" if resource.group else "")
        if answer.status == _FORBIDDEN and "cannot patch" in said:
            said += f"; it takes the {right} in namespace {workload.namespace}"
        raise NotRestartedError(f"the API server refuses: {said}")

    async def _await(self, workload: Workload, deadline: float) -> None:
        """Wait until the old Pods are gone and the rollout is over.

        Raises:
            NotRestartedError: It took too long.
            StuckError: It makes no progress.
            StatusError: What tells may not be read.
        """
        while True:
            try:
                what = await self._lacking(workload)
            except StatusError:
                raise
            except NoAnswerError as error:  # an API server that restarts, for one
                what = str(error)
            if not what:
                return
            if time.monotonic() >= deadline:
                limit = spoken(self._waiting.timeout.total_seconds())
                raise NotRestartedError(f"its rollout is not over within {limit}: {what}")
            self._progress.lacks(workload, what)
            await asyncio.sleep(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic())))

    async def _lacking(self, workload: Workload) -> str:
        old = await self._old(workload)
        said = []
        for resource, name in sorted(workload.rollouts):
            found = await self._reader.get(resource, name, workload.namespace)
            what = lacking(resource, found, since=workload.since) if found else ""
            if what:
                said.append(f"{resource.word}/{name}: {what}")
        if old:
            said.append(f"{len(old)} old {'Pod is' if len(old) == 1 else 'Pods are'} there")
        return "; ".join(said)

    async def _old(self, workload: Workload) -> list[str]:
        """Return the old Pods that are still there."""
        return [
            name for name, uid in workload.pods.items() if await self._there(workload.namespace, name, uid)
        ]

    async def _there(self, namespace: str, name: str, uid: str) -> bool:
        """Whether an old Pod is there and not on its way out."""
        pod = await self._reader.get(POD, name, namespace, metadata_only=True)
        metadata: dict[str, Any] = pod["metadata"] if pod else {}
        return metadata.get("uid") == uid and not metadata.get("deletionTimestamp")
