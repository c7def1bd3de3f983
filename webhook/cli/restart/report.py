"""What is said of a plan and of how it is carried out."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import click

from webhook.cli.restart.carrying_out import Outcome, Progress, Result
from webhook.cli.restart.plan import Step, Workload
from webhook.cli.restart.times import written
from webhook.cli.terminal import tell, write

if TYPE_CHECKING:
    from rich.status import Status

_VERSION: Final = 1
"""Of the shape of the JSON. A member may come in under the same version; one that changes or goes makes a
new one."""

_STYLES: Final = {
    Step.RESTART: "yellow",
    Step.WAIT: "yellow",
    Step.KEEP: "green",
    Step.NO_SECRET: "yellow",
    Step.BY_HAND: "red",
    Step.UNKNOWN: "red",
}
_GAP: Final = "   "
_QUIET_SECONDS: Final = 60.0
"""After which a pipe is told the same again: a model is loaded for minutes, and CI ends what says nothing."""


def as_lines(plan: Sequence[Workload], *, color: bool) -> str:
    """Return a line for each workload; nothing is cut, so that `grep` and `awk` find all of it."""
    rows = [(one.namespace, one.title, str(one.step), pods(len(one.pods)), one.why) for one in plan]
    rows.insert(0, ("NAMESPACE", "WORKLOAD", "ACTION", "PODS", "WHY"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row, workload in zip(rows, (None, *plan), strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if color:
            cells[2] = click.style(cells[2], **_style(workload))
        lines.append(_GAP.join(cells).rstrip() + "\n")
    return "".join(lines)


def as_json(plan: Sequence[Workload], outcomes: Iterable[Outcome], *, dry_run: bool) -> str:
    """Return everything that is known of each workload, and what became of it."""
    by_workload = {id(outcome.workload): outcome for outcome in outcomes}
    document = {
        "version": _VERSION,
        "dryRun": dry_run,
        "workloads": [_described(one, by_workload.get(id(one))) for one in plan],
    }
    return json.dumps(document, indent=2) + "\n"


def summary(namespace: str, plan: Sequence[Workload], outcomes: Iterable[Outcome]) -> str:
    """Return how many came to what, in a line; of no namespace in particular where that is empty."""
    outcomes = list(outcomes)
    results = Counter(outcome.result for outcome in outcomes)
    waited = sum(outcome.workload.step is Step.WAIT for outcome in outcomes)
    steps = Counter(one.step for one in plan)
    said = [
        f"{count} {what}"
        for count, what in (
            (results[Result.DONE], "done"),
            (results[Result.ASKED], "begun"),
            (results[Result.FAILED], "failed"),
            (steps[Step.WAIT] - waited, "under way already"),
            (steps[Step.BY_HAND], "left to you"),
            (steps[Step.UNKNOWN], "unknown"),
            (steps[Step.NO_SECRET], "without their Secret"),
            (steps[Step.KEEP], "as they are"),
        )
        if count
    ]
    nothing = f"nothing in namespace {namespace}" if namespace else "nothing"
    return ", ".join(said) or f"{nothing} has a token from hf-token-injector"


def pods(count: int) -> str:
    """Return so many Pods in words."""
    return f"{count} Pod" if count == 1 else f"{count} Pods"


class Lines(Progress):
    """Tells how it goes: a line when a workload begins and when it ends, and what it waits for in between.

    On a terminal that is one line that changes; elsewhere a line for each other thing to wait for, and again
    after a while of the same.
    """

    def __init__(self, *, silent: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare.

        Args:
            silent: Nothing goes to standard output, which is JSON's.
            clock: In seconds.
        """
        self._silent = silent
        self._clock = clock
        self._count = ""
        self._told = ""
        self._told_at = 0.0
        self._status: Status | None = None
        self._shown: AbstractContextManager[Any] = nullcontext()

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            # Imported here: what runs in a pipe does not pay for it.
            from rich.console import Console  # noqa: PLC0415

            self._status = Console(stderr=True).status("")
            self._shown = self._status
        self._shown.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.__exit__(kind, error, trace)

    def begins(self, workload: Workload, number: int, of: int) -> None:
        """Say what is restarted, and why."""
        self._count = f"{number} of {of}"
        self._told = ""
        verb = "restarting" if workload.step is Step.RESTART else "waiting for"
        self._say(f"{_place(workload)}: {verb} {pods(len(workload.pods))}, {workload.why}")

    def lacks(self, workload: Workload, what: str) -> None:
        """Say what is waited for."""
        line = f"{self._count}: {_place(workload)}: {what}"
        if self._status is not None:
            from rich.markup import escape  # noqa: PLC0415 - as above

            self._status.update(escape(line))
        elif line != self._told or self._clock() - self._told_at >= _QUIET_SECONDS:
            self._told, self._told_at = line, self._clock()
            tell(line)

    def ends(self, outcome: Outcome) -> None:
        """Say how it ended."""
        line = f"{_place(outcome.workload)}: {outcome.result}: {outcome.sentence}"
        if outcome.result is Result.FAILED:
            tell(line)
        else:
            self._say(line)

    def _say(self, line: str) -> None:
        if self._silent:
            tell(line)
        else:
            write(line + "\n")


def _place(workload: Workload) -> str:
    return f"{workload.namespace} {workload.title}"


def _style(workload: Workload | None) -> dict[str, Any]:
    return {"dim": True} if workload is None else {"fg": _STYLES[workload.step]}


def _described(workload: Workload, outcome: Outcome | None) -> dict[str, Any]:
    return {
        "namespace": workload.namespace,
        "workload": workload.word,
        "components": [part for part in workload.parts if part],
        "action": str(workload.step),
        "why": workload.why,
        "secrets": sorted(workload.secrets),
        "pods": sorted(workload.pods),
        "since": written(workload.since) if workload.since else None,
        "result": str(outcome.result) if outcome else None,
        "sentence": outcome.sentence if outcome else None,
    }
