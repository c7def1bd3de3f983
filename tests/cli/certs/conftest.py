"""A running server, as the server's own tests have it."""

from tests.server.conftest import server, trust

__all__ = ["server", "trust"]
