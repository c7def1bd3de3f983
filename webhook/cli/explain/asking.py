"""`explain` about a cluster: the way there, what is asked about, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from webhook.cli import exits
from webhook.cli.connect import fail, find_access
from webhook.cli.explain.explained import Explained
from webhook.cli.explain.live import Explorer, NotFoundError
from webhook.cli.explain.shown import as_json, as_text
from webhook.cli.explain.targets import Target
from webhook.cli.explain.version import VERSION
from webhook.cli.platform import find_platform, tell_if_assumed
from webhook.cli.refusals import folded
from webhook.cli.terminal import colored, tell, write
from webhook.cluster.access import Access, AccessError
from webhook.cluster.client import Client, NoAnswerError, StatusError
from webhook.cluster.reader import SECONDS, Reader
from webhook.cluster.resources import NAMESPACE
from webhook.core.hub import redact

_DEFAULT_NAMESPACE: Final = "default"
_NO_TARGETS: Final[tuple[Target | None, ...]] = (None,)


def explain_cluster(  # noqa: PLR0913 - the options of the command
    targets: Sequence[Target],
    *,
    namespace: str | None,
    all_namespaces: bool,
    kubeconfig: Path | None,
    kube_context: str,
    mutating_configuration: str,
    config: Path | None,
    output: str,
    color: str,
    **_: object,
) -> int:
    """Explain objects of a cluster, and return the exit code."""
    try:
        access = find_access(kubeconfig, kube_context)
        asking = _Asking(access, targets, namespace, everywhere=all_namespaces)
        shown = _Json() if output == "json" else _Text(color=colored(color))
        asyncio.run(asking.run(shown, config, mutating_configuration))
    except (AccessError, NoAnswerError) as error:
        fail(f"{str(error).rstrip('.')}.")
    return asking.exit_code


class _Text:
    """One block after the other; what asks for nothing is counted where all of a namespace is shown."""

    def __init__(self, *, color: bool) -> None:
        self._color = color
        self._begun = False
        self._passed = 0
        self._one_passed = ""

    def put(self, explained: Explained, *, named: bool) -> None:
        """Write an object."""
        if not named and explained.asks_nothing:
            self._passed += 1
            self._one_passed = self._one_passed or str(explained.named.target)
            return
        write("\n" * self._begun + as_text(explained, color=self._color))
        self._begun = True

    def end(self, *, failed: bool) -> None:
        """Tell what was not shown."""
        if not self._begun and not self._passed and not failed:
            tell("There is nothing to explain.")
        if self._passed:
            things = "workload" if self._passed == 1 else "workloads"
            verb = "asks" if self._passed == 1 else "ask"
            shows = "shows it" if self._passed == 1 else "shows one, `-o json` all"
            write(
                "\n" * self._begun + f"{self._passed} {things} that {verb} the Hub for nothing not shown; "
                f"`hf-token-injector explain {redact(self._one_passed)}` {shows}.\n"
            )


class _Json:
    """One document, written as it grows."""

    def __init__(self) -> None:
        self._between = ""
        write(f'{{\n  "version": {VERSION},\n  "objects": [')

    def put(self, explained: Explained, *, named: bool) -> None:  # noqa: ARG002 - all is shown here
        """Write an object."""
        write(f"{self._between}\n    {as_json(explained)}")
        self._between = ","

    def end(self, *, failed: bool) -> None:  # noqa: ARG002 - it is closed in any case
        """Close the document."""
        write("\n  ]\n}\n")


class _Asking:
    """One run of the command about a cluster."""

    def __init__(
        self, access: Access, targets: Sequence[Target], namespace: str | None, *, everywhere: bool
    ) -> None:
        self._access = access
        self._targets = targets
        self._namespace = namespace or access.namespace or _DEFAULT_NAMESPACE
        self._everywhere = everywhere
        self._told: set[str] = set()
        self.exit_code = 0

    async def run(self, shown: _Text | _Json, config: Path | None, configuration_name: str) -> None:
        """Ask about everything, and show it.

        Raises:
            NoAnswerError: The API server does not answer.
        """
        async with Client(self._access, seconds=SECONDS) as client:
            reader = Reader(client)
            platform = await find_platform(reader, config, configuration_name)
            tell_if_assumed(platform)
            explorer = Explorer(reader, platform, configuration_name)
            for target in self._targets or _NO_TARGETS:
                try:
                    named = target is not None and bool(target.name) and target.resource is not NAMESPACE
                    async for explained in self._explained(explorer, target):
                        self._note(explained)
                        shown.put(explained, named=named)
                except (NotFoundError, StatusError) as error:
                    self._problem(str(error))
            shown.end(failed=self.exit_code == exits.ERROR)

    def _explained(self, explorer: Explorer, target: Target | None) -> AsyncIterator[Explained]:
        """Return what is to be shown of one argument."""
        if self._everywhere:
            return explorer.everywhere(target.resource if target else None)
        if target is None:
            return explorer.namespace(self._namespace)
        if target.resource is NAMESPACE and target.name:
            return explorer.namespace(target.name)
        if target.name:
            return explorer.one(target.resource, target.name, self._namespace)
        return explorer.every(target.resource, self._namespace)

    def _note(self, explained: Explained) -> None:
        """Take note of a refusal, and tell once what could not be seen."""
        judged = explained.judged
        if judged is not None and judged.refused and self.exit_code != exits.ERROR:
            self.exit_code = exits.REFUSED
        untold = [sentence for sentence in explained.unseen if sentence not in self._told]
        self._told.update(untold)
        for sentence in folded(untold):
            tell(redact(sentence))

    def _problem(self, sentence: str) -> None:
        tell(redact(f"{sentence.rstrip('.')}."))
        self.exit_code = exits.ERROR
