"""What one container was found to ask the Hub for, and how much of an object may be read to find it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from webhook.core import caps
from webhook.core.caps import Steps
from webhook.core.hub import TRUE, Hub, redact
from webhook.core.reasons import Reason
from webhook.core.variables import Environment

if TYPE_CHECKING:
    from webhook.core.servers import Server


class Reference(NamedTuple):
    """One repository that a container names."""

    reason: Reason
    subject: str
    repository: str
    revision: str = ""
    """As it is written; with `UNKNOWN` in it where that depends on what cannot be known."""


class Budget:
    """How much of an object may still be read: characters, tokens of its scripts, containers."""

    __slots__ = ("containers", "left", "steps")

    spent = f"the object's strings are longer than {caps.OBJECT // 1024} KiB together"
    """The reason, where there is nothing left."""

    def __init__(self) -> None:
        self.containers = caps.CONTAINERS
        self.left = caps.OBJECT
        self.steps = Steps()


class Evidence:
    """All that was found in one container.

    Attributes:
        references: What it asks for, the one downloaded first in front.
        token_argument: The flag, call or command that brings a token of its own, or "".
        remote_code: What lets code of a repository run, or "".
        server: The server that runs, where one was recognised.
        unread: Why something was not read, or "".
    """

    __slots__ = (
        "_names",
        "environment",
        "hub",
        "references",
        "remote_code",
        "server",
        "token_argument",
        "unread",
    )

    def __init__(self, environment: Environment, hub: Hub) -> None:
        self.environment = environment
        self.hub = hub
        self.references: list[Reference] = []
        self.token_argument = ""
        self.remote_code = ""
        self.server: Server | None = None
        self.unread = ""
        self._names: set[str] = set()

    def found(self, reason: Reason, subject: str, name: str | None, revision: str = "") -> None:
        """Add a reference, unless there is no repository or it is known."""
        if name is not None and name not in self._names:
            self._names.add(name)
            said = redact(revision)[: caps.SUBJECT] if revision else ""
            self.references.append(Reference(reason, redact(subject)[: caps.SUBJECT], redact(name), said))

    def brings_token(self, subject: str, values: Sequence[str]) -> None:
        """Note a token of the container's own, unless it is the very variable that we would inject."""
        ours = self.hub.token_variable
        for value in values:
            if not value or (ours in value and self.environment.get(ours) is None):
                continue
            self.token_argument = self.token_argument or subject

    def lets_code_run(self, subject: str, values: Sequence[str]) -> None:
        """Note what lets code of a repository run, unless its value says that it does not."""
        if not values or values[0].upper() in TRUE:
            self.remote_code = self.remote_code or redact(subject)[: caps.SUBJECT]
