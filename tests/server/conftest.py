"""Servers for tests, and what their clients trust."""

import logging
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from certs.authority import Pair
from tests.server.launched import Launched
from tests.server.running import Running
from webhook.settings import LogSettings, ServerSettings, TlsSettings


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def trust(authority: Pair) -> ssl.SSLContext:
    """What a client needs to trust our certificates."""
    return ssl.create_default_context(cadata=authority.certificate.decode())


def write_tls(folder: Path, leaf: Pair) -> TlsSettings:
    """Write certificate and key as files that are looked at often."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(leaf.certificate)
    key.write_bytes(leaf.key)
    return TlsSettings(str(certificate), str(key), reload_seconds=0.01)


def quick_settings(tls: TlsSettings) -> ServerSettings:
    """Return settings for free ports of the loopback and a quick end."""
    return ServerSettings(
        host="127.0.0.1",
        port=0,
        ops_host="127.0.0.1",
        ops_port=0,
        drain_seconds=0,
        stop_seconds=2,
        tls=tls,
        log=LogSettings("debug"),
    )


@pytest.fixture
def tls_files(tmp_path: Path, leaf: Pair) -> TlsSettings:
    """Certificate and key of a test's own server."""
    return write_tls(tmp_path, leaf)


@pytest.fixture
def start(tls_files: TlsSettings, trust: ssl.SSLContext) -> Iterator[Callable[..., Running]]:
    """Start servers with settings of a test's own; they are stopped at its end."""
    started: list[Running] = []

    def start_one(**changes: object) -> Running:
        running = Running(replace(quick_settings(tls_files), **cast("dict[str, Any]", changes)), trust)
        running.start()
        started.append(running)
        return running

    yield start_one
    for running in started:
        running.end()


@pytest.fixture
def launch(tls_files: TlsSettings, trust: ssl.SSLContext) -> Iterator[Callable[..., Launched]]:
    """Start servers as processes, with settings of a test's own; they are gone at its end."""
    launched: list[Launched] = []

    def launch_one(*, files: int | None = None, **environment: str) -> Launched:
        launched.append(Launched(tls_files, trust, files=files, **environment))
        return launched[-1]

    yield launch_one
    for process in launched:
        process.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, leaf: Pair, trust: ssl.SSLContext) -> Iterator[Running]:
    """A server with the settings of most tests, shared by the tests of a module."""
    running = Running(quick_settings(write_tls(tmp_path_factory.mktemp("tls"), leaf)), trust)
    running.start()
    yield running
    running.end()
