"""Why connections are closed that have done nothing wrong by themselves: there are too many."""

from enum import StrEnum


class Dropped(StrEnum):
    """What was closed to make room for a new one."""

    SILENT = "silent"
    """One that has said nothing yet."""

    IDLE = "idle"
    """One that asks nothing: the one that would be missed least."""

    HANDSHAKE = "handshake"
    """One in its handshake: the one that began first."""

    NEW = "new"
    """The new one itself: every other one was being answered."""
