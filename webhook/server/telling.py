"""Who tells of decisions beside the answer. Imports no client of an API server: it may be nobody."""

from collections.abc import Callable
from typing import Protocol

from webhook.server.review import Answered
from webhook.server.signs import Signs


class Teller(Protocol):
    """Tells of decisions, off the request path."""

    def reviewed(self, answered: Answered) -> None:
        """Take over what a decision has to tell, without I/O."""

    async def keep(self) -> None:
        """Tell until cancelled, or until `end` was called and nothing is left."""

    def hurry(self) -> None:
        """Wait for nothing any more: the replica is going."""

    async def end(self) -> None:
        """Tell what is left, for a moment; the rest is dropped."""


MakeTeller = Callable[[Signs], Teller]
"""Makes one, in the server's event loop."""
