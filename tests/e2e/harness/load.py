"""Requests that go on while something happens to the servers, and what became of each of them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.e2e.harness.api import Api
from tests.e2e.harness.manifests import download_pod
from tests.e2e.harness.team import tokens
from tests.e2e.harness.waiting import until

_PAUSE = 0.02


@dataclass
class Load:
    """Pods that are created over and over (as server-side dry runs), each of which must get its token.

    Attributes:
        namespace: Labelled `all`.
        admitted: How many were answered, and had their token.
        refused: What was said of the others.
    """

    api: Api
    namespace: str
    admitted: int = 0
    refused: list[str] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def once(self) -> bool:
        """Create one Pod, and tell whether it got its token."""
        try:
            answer = self.api.post(download_pod(), self.namespace, dryRun="All")
        except httpx.TransportError as error:
            self.refused.append(f"the API server itself: {error!r}")
            return False
        if answer.status >= 300:
            self.refused.append(answer.message)
            return False
        if tokens(answer.body)["download"] is None:
            self.refused.append("admitted without its token")
            return False
        self.admitted += 1
        return True

    def await_more(self, number: int = 20) -> None:
        """Wait until that many more were admitted."""
        goal = self.admitted + number
        until(lambda: self.admitted >= goal or self.refused, f"{number} more Pods are admitted")

    def run(self) -> None:
        """Go on until stopped, some 30 times a second."""
        while not self._stopped.is_set():
            self.once()
            time.sleep(_PAUSE)

    def stop(self) -> None:
        """Let the one in flight be the last."""
        self._stopped.set()


@contextmanager
def load(api: Api, namespace: str) -> Iterator[Load]:
    """Run requests beside what the block does; none of them may be refused."""
    running = Load(api, namespace)
    thread = threading.Thread(target=running.run, name="load", daemon=True)
    thread.start()
    try:
        running.await_more()
        yield running
        running.await_more()
    finally:
        running.stop()
        thread.join(30)
    assert running.refused == [], (
        f"{len(running.refused)} of {running.admitted} were refused: {running.refused[:3]}"
    )
