"""The checks, in the order in which people read them: first what everything else depends on."""

from collections.abc import Callable, Collection, Iterator
from types import ModuleType
from typing import Final, NamedTuple

from webhook.doctor.checks import (
    egress,
    failed_downloads,
    hub_access,
    literal_tokens,
    model_storage,
    namespace_annotations,
    namespace_labels,
    pods_older_than_secret,
    pods_without_token,
    secrets,
    server,
    webhook_answers,
    webhook_certificate,
    webhook_configuration,
    webhook_order,
    webhook_selectors,
    workload_annotations,
)
from webhook.doctor.collected import Collected, Topic
from webhook.doctor.finding import Finding, Status


class Check(NamedTuple):
    """A check.

    Attributes:
        name: What people call it by (`--check`): the name of its file, with `-`.
        about: What holds where it finds nothing.
        needs: What has to be read for it.
        run: Yields what it finds in what was seen.
    """

    name: str
    about: str
    needs: frozenset[Topic]
    run: Callable[[Collected], Iterator[Finding]]

    def findings(self, collected: Collected) -> list[Finding]:
        """Return what there is to say: never nothing, where what it needs was not seen."""
        found = [*collected.unseen(self.needs), *self.run(collected)]
        if all(one.status is Status.OK for one in found):
            found += collected.absent(self.needs)
        return found


class Result(NamedTuple):
    """A check, and what it found, the worst first."""

    check: Check
    findings: list[Finding]

    @property
    def status(self) -> Status:
        """The worst of what was found."""
        return self.findings[0].status if self.findings else Status.OK


def _check(module: ModuleType) -> Check:
    """Make a check of a file in `checks`: its `ABOUT`, its `NEEDS` and its function `check`."""
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    return Check(name, module.ABOUT, module.NEEDS, module.check)


CHECKS: Final = tuple(
    _check(module)
    for module in (
        webhook_configuration,
        webhook_answers,
        webhook_selectors,
        webhook_order,
        webhook_certificate,
        server,
        namespace_labels,
        namespace_annotations,
        workload_annotations,
        secrets,
        pods_without_token,
        pods_older_than_secret,
        failed_downloads,
        hub_access,
        egress,
        model_storage,
        literal_tokens,
    )
)
"""All of them."""


def examine(collected: Collected, names: Collection[str] = ()) -> list[Result]:
    """Run checks.

    Args:
        collected: What was read.
        names: Of those to run; all if there are none. What is about the Hub runs only where it was asked.
    """
    return [
        Result(check, sorted(dict.fromkeys(check.findings(collected)), key=lambda found: -found.status.rank))
        for check in CHECKS
        if (not names or check.name in names) and (collected.hub is not None or Topic.HUB not in check.needs)
    ]


def needed(names: Collection[str] = ()) -> frozenset[Topic]:
    """Return what has to be read for checks; for all if none are named."""
    return frozenset().union(*(check.needs for check in CHECKS if not names or check.name in names))
