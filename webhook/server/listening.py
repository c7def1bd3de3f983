"""Accepts connections: how many there may be, how long a handshake may take, and who goes when it is full.

uvicorn knows a connection once its TLS handshake is done, and uvloop's server gives a handshake a minute: ten
thousand callers that say nothing took half a gigabyte (52 KiB each, measured), and the process kept it. So
connections are counted here from their first packet on, and there is room for a new one as long as one can be
closed that nobody would miss. The API server does not send a POST again when its connection closes under it:
what has asked something before is missed more than what never did.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from webhook.server.dropped import Dropped
from webhook.server.memory import give_back
from webhook.server.protocol import LINGER_SECONDS, LimitedProtocol

BACKLOG: Final = 2048
"""Connections that the kernel holds until they are accepted, or fewer where it allows fewer."""
_BATCH: Final = 16
"""Connections that are accepted before others have their turn."""
_SHAKING: Final = 4
"""One part in so many of the connections may be in its handshake, which takes a few milliseconds."""
_PAUSE_SECONDS: Final = 0.5
"""How long nothing is accepted where the system has no room for more."""
_LOOK_SECONDS: Final = 5.0
_WORTH_IT: Final = 20
"""So many connections fewer are worth giving memory back, which takes some milliseconds (50 KiB each)."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What a listener needs.

    Attributes:
        make: Makes the protocol of a connection.
        connections: Those that are past their handshake; uvicorn's set.
        context: None for plain text.
        most: How many there may be, with those in their handshake.
        handshake_seconds: How long a handshake may take.
        dropped: Hears of each that is closed to make room.
    """

    make: Callable[[], asyncio.Protocol]
    connections: set[LimitedProtocol]
    context: ssl.SSLContext | None
    most: int
    handshake_seconds: float
    dropped: Callable[[Dropped], None]


class Listener:
    """One listening socket; what uvicorn calls a server."""

    def __init__(self, sock: socket.socket, doors: Doors) -> None:
        """Begin to listen. An event loop must run."""
        self._socket = sock
        self._doors = doors
        self._loop = asyncio.get_running_loop()
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._shaking: dict[asyncio.Task[None], socket.socket] = {}
        self._most_shaking = max(_BATCH, doors.most // _SHAKING)
        self._peak = 0
        self._looking: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        sock.listen(BACKLOG)
        self._loop.add_reader(sock.fileno(), self._accept)

    def close(self) -> None:
        """Accept no more; what has not asked anything yet is closed."""
        for timer in (self._looking, self._resting):
            if timer is not None:
                timer.cancel()
        self._loop.remove_reader(self._socket.fileno())
        for sock in list(self._silent):
            self._hang_up(sock)
        for task in self._shaking:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until no handshake is left."""
        await asyncio.gather(*self._shaking, return_exceptions=True)

    def _count(self) -> int:
        return len(self._silent) + len(self._shaking) + len(self._doors.connections)

    def _accept(self) -> None:
        for _ in range(_BATCH):
            try:
                sock, _address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._rest()
                return
            self._admit(sock)

    def _rest(self) -> None:
        """Stop accepting for a moment: the system has no files or buffers left, and would go on saying so."""
        self._make_room()
        self._loop.remove_reader(self._socket.fileno())
        self._resting = self._loop.call_later(
            _PAUSE_SECONDS, self._loop.add_reader, self._socket.fileno(), self._accept
        )

    def _admit(self, sock: socket.socket) -> None:
        """Take a connection in, where there is room or room can be made, and wait until it says something."""
        if self._count() >= self._doors.most and not self._make_room():
            sock.close()
            return
        sock.setblocking(False)  # noqa: FBT003 - the standard library's
        self._silent[sock] = self._loop.call_later(self._doors.handshake_seconds, self._hang_up, sock)
        self._loop.add_reader(sock.fileno(), self._greet, sock)
        self._peak = max(self._peak, self._count())
        if self._looking is None:
            self._looking = self._loop.call_later(_LOOK_SECONDS, self._look)

    def _hang_up(self, sock: socket.socket) -> None:
        """Close a connection that has said nothing."""
        self._forget(sock)
        sock.close()

    def _forget(self, sock: socket.socket) -> None:
        self._silent.pop(sock).cancel()
        self._loop.remove_reader(sock.fileno())

    def _greet(self, sock: socket.socket) -> None:
        """Begin the handshake of a connection that has said something."""
        self._forget(sock)
        if len(self._shaking) >= self._most_shaking:
            self._break_off()
        task = self._loop.create_task(self._shake(sock))
        self._shaking[task] = sock
        task.add_done_callback(self._shaken)

    async def _shake(self, sock: socket.socket) -> None:
        """Hand a connection to its protocol; one whose handshake fails is closed by the loop."""
        doors = self._doors
        timeouts = {"ssl_handshake_timeout": doors.handshake_seconds, "ssl_shutdown_timeout": LINGER_SECONDS}
        try:
            await self._loop.connect_accepted_socket(
                doors.make, sock, ssl=doors.context, **(timeouts if doors.context else {})
            )
        except OSError:
            return

    def _shaken(self, task: asyncio.Task[None]) -> None:
        sock = self._shaking.pop(task, None)
        if task.cancelled() and sock is not None:
            # The loop has it, unless the task was cancelled before its first step.
            sock.close()

    def _make_room(self) -> bool:
        """Close the connection that is missed least; return whether there was one.

        One that came just now may say something in a moment, so half of the room is for the silent.
        """
        if len(self._silent) > self._doors.most // 2:
            return self._dismiss()
        connections = self._doors.connections
        least = min(connections, key=LimitedProtocol.standing, default=None)
        if least is None or least.standing().busy:
            return self._dismiss() if self._silent else self._break_off()
        self._doors.dropped(Dropped.IDLE)
        # It is counted until its loss is told, which is after the next one is accepted.
        connections.discard(least)
        least.drop()
        return True

    def _dismiss(self) -> bool:
        """Close the connection that has been silent for the longest time."""
        self._doors.dropped(Dropped.SILENT)
        self._hang_up(next(iter(self._silent)))
        return True

    def _break_off(self) -> bool:
        """End the handshake that began first; return whether there was one."""
        task = next(iter(self._shaking), None)
        if task is None:
            self._doors.dropped(Dropped.NEW)
            return False
        self._doors.dropped(Dropped.HANDSHAKE)
        sock = self._shaking.pop(task)
        task.cancel()
        task.add_done_callback(lambda _: sock.close())
        return True

    def _look(self) -> None:
        """Give memory back once many connections have gone."""
        self._looking = None
        now = self._count()
        if self._peak - now >= _WORTH_IT:
            give_back()
            self._peak = now
        if self._peak >= _WORTH_IT:
            self._looking = self._loop.call_later(_LOOK_SECONDS, self._look)
