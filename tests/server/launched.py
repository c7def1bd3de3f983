"""The real command in a process of its own."""

import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest

from tests.server.running import Answer, exchange
from webhook.settings import TlsSettings

SERVE = [sys.executable, "-c", "from webhook.cli.serve import serve; serve()"]


def _limiting(files: int | None) -> list[str]:
    """Return what goes before a command that may open so many files."""
    return [] if files is None else ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh"]


class Launched:
    """A server started as people start it."""

    def __init__(
        self, tls: TlsSettings, trust: ssl.SSLContext, *, files: int | None = None, **environment: str
    ) -> None:
        variables = {
            "TLS__CERT_FILE": tls.cert_file,
            "TLS__KEY_FILE": tls.key_file,
            "SERVER__DRAIN_SECONDS": "600",
        } | environment
        self.trust = trust
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [
                *_limiting(files),
                *SERVE,
                "--host=127.0.0.1",
                "--port=0",
                "--ops-host=127.0.0.1",
                "--ops-port=0",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {f"HF_TOKEN_INJECTOR_{name}": value for name, value in variables.items()},
        )
        line = self.line("listening")
        self.https, self.ops = (int(line[name].rpartition(":")[2]) for name in ("https", "ops"))

    def line(self, event: str) -> dict[str, Any]:
        """Wait for an event in the log."""
        assert self.process.stdout
        for text in self.process.stdout:
            line: dict[str, Any] = json.loads(text)
            if line["event"] == event:
                return line
        pytest.fail(f"{event} was not logged: {self.process.stderr and self.process.stderr.read()!r}")

    def connect(self) -> http.client.HTTPSConnection:
        """Return a client connection, which opens itself."""
        return http.client.HTTPSConnection("localhost", self.https, context=self.trust, timeout=60)

    def ready(self) -> Answer:
        """Ask whether it is ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ops, timeout=60)
        try:
            return exchange(connection, b"", "/readyz", {}, "GET")
        finally:
            connection.close()

    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory(self, which: str = "VmRSS") -> float:
        """Return its resident memory in MiB, or the most that it ever had (`VmHWM`)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"^{which}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found[1]) / 1024

    def read_on(self) -> deque[str]:
        """Take over its log, which would stand still once the pipe is full; return the last lines of it."""
        last: deque[str] = deque(maxlen=1000)
        assert self.process.stdout
        reader = threading.Thread(
            target=last.extend, args=(map(bytes.decode, self.process.stdout),), daemon=True
        )
        reader.start()
        return last

    def end(self) -> None:
        """End it if it still runs."""
        self.process.kill()
        self.process.communicate()
