"""Starts servers on loopback with a throwaway certificate, on one core, and looks at what they use."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.report import Unavailable
from benchmarks.yardstick import ROOT
from certs.authority import Pair, issue_authority, issue_leaf

HOST: Final = "127.0.0.1"
AUTHORITY: Final = "ca.crt"
"""The file in a server's folder with the authority of its certificate."""
_PATIENCE = 20.0
"""Seconds for a start or a stop, which take one or two."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Ports(NamedTuple):
    """Where a server listens; baselines have no ops port."""

    https: int
    ops: int = 0


class Kind(NamedTuple):
    """A server that can be started, and how it says where it listens."""

    command: Sequence[str]
    certificate_option: str
    key_option: str
    ports: Callable[[str], Ports | None]


def _own_ports(line: str) -> Ports | None:
    if '"listening"' not in line:
        return None
    said = json.loads(line)
    return Ports(*(int(said[name].rpartition(":")[2]) for name in ("https", "ops")))


def _uvicorn_ports(line: str) -> Ports | None:
    found = re.search(rf"https://{re.escape(HOST)}:(\d+)", line)
    return Ports(int(found[1])) if found else None


def _uvicorn(application: str) -> Kind:
    options = ["--host", HOST, "--port", "0", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command = ["uvicorn", f"benchmarks.baselines.{application}:app", *options]
    return Kind(command, "--ssl-certfile", "--ssl-keyfile", _uvicorn_ports)


SHIPPED: Final = Kind(
    ["webhook", "serve", "--host", HOST, "--port", "0", "--ops-host", HOST, "--ops-port", "0"],
    "--tls-cert-file",
    "--tls-key-file",
    _own_ports,
)
NOOP: Final = _uvicorn("noop")
STRAIGHTFORWARD: Final = _uvicorn("straightforward")


class Server(NamedTuple):
    """A server that answers."""

    pid: int
    ports: Ports
    context: ssl.SSLContext
    """Trusts its certificate."""
    authority: Pair
    """Signed it."""

    def is_ready(self) -> bool:
        """Whether it says so; a baseline has no such answer."""
        connection = HTTPConnection(HOST, self.ports.ops, timeout=_PATIENCE)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used, of user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident(self) -> float:
        """Return its resident memory in MiB."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """Return the most resident memory that it ever had, in MiB."""
        return self._status("VmHWM")

    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def _status(self, name: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found[1]) / 1024


def cores() -> tuple[int, int]:
    """Return the core for servers and the one for load; the same where there is only one.

    Raises:
        Unavailable: This is not Linux.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise Unavailable("Servers are measured on Linux only: it needs /proc and sched_setaffinity.")
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def bound_to(core: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def serving(kind: Kind, folder: Path) -> Iterator[Server]:
    """Start a server on the servers' core, its log in a file; end it in any case."""
    command, authority = _prepared(kind, folder)
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    log = folder / "server.log"
    with log.open("wb") as output:
        with bound_to(cores()[0]):
            process = subprocess.Popen(
                command, stdout=output, stderr=output, env=environment(), cwd=ROOT, start_new_session=True
            )
        try:
            yield Server(process.pid, _ports(kind, process, log), context, authority)
        finally:
            end(process)


def _prepared(kind: Kind, folder: Path) -> tuple[list[str], Pair]:
    """Return the command of a server with a certificate of its own, and what signed that."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    authority = issue_authority("benchmarks", now=now, lifetime=timedelta(days=1))
    (folder / AUTHORITY).write_bytes(authority.certificate)
    leaf = issue_leaf(authority, [HOST], now=now, lifetime=timedelta(days=1))
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(leaf.certificate)
    key.write_bytes(leaf.key)
    command = [sys.executable, "-m", *kind.command]
    command += [kind.certificate_option, str(certificate), kind.key_option, str(key)]
    return command, authority


def environment() -> dict[str, str]:
    """Return the environment without settings of ours: what ships is measured."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_TOKEN_INJECTOR_")}
    return {**kept, "HF_TOKEN_INJECTOR_SERVER__DRAIN_SECONDS": "0.1"}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, with force where asking does not help."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ports(kind: Kind, process: subprocess.Popen[bytes], log: Path) -> Ports:
    """Return the ports from the line with which a server says that it listens."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text().splitlines():
            if ports := kind.ports(line):
                return ports
        time.sleep(0.002)
    raise SystemExit(f"{kind.command[0]} did not start:\n{log.read_text()}")
