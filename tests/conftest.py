"""What tests of several folders share: a review, certificates, a stand-in of an API server."""

import json
import os
import signal
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import certs
import webhook
from certs.authority import Pair, issue_authority, issue_leaf
from tests.kubernetes_api import KubernetesApi
from tests.kubernetes_events import KubernetesEvents
from tests.kubernetes_objects import KubernetesObjects

settings.register_profile("default", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
"""The same examples every time, so that nobody's change fails for somebody else's bug; no example fails for a
busy machine. `HYPOTHESIS_PROFILE=explore` looks for new ones."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell leaves it for what runs in the background; programs that tests interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make` say that the wheel is what it means."""
    parser.addoption(
        "--installed", action="store_true", help="refuse to test another tree than the installed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hold it to that: the packages are those of the environment, not of the working folder."""
    for package in (webhook, certs) if config.getoption("--installed") else ():
        if not Path(package.__path__[0]).is_relative_to(sysconfig.get_path("purelib")):
            raise pytest.UsageError(f"not the installed wheel is tested, but {package.__path__[0]}")


REVIEW = (Path(__file__).parent / "data" / "review-pod.json").read_bytes()


@pytest.fixture
def review_bytes() -> bytes:
    """A Pod of an InferenceService on its way in, as the API server sends it."""
    return REVIEW


@pytest.fixture
def review() -> dict[str, Any]:
    """The same, parsed and free to change."""
    parsed: dict[str, Any] = json.loads(REVIEW)
    return parsed


@pytest.fixture(scope="session")
def authority() -> Pair:
    """A certificate authority for this run."""
    return issue_authority("tests", now=datetime.now(UTC), lifetime=timedelta(days=1))


@pytest.fixture(scope="session")
def leaf(authority: Pair) -> Pair:
    """A certificate for the loopback."""
    return issue_leaf(
        authority, ["localhost", "127.0.0.1", "::1"], now=datetime.now(UTC), lifetime=timedelta(hours=1)
    )


@pytest.fixture
def api(tmp_path: Path) -> Iterator[KubernetesApi]:
    """An API server with both configurations and no Secret."""
    api = KubernetesApi()
    api.configure("one.example.com", "two.example.com")
    api.start(tmp_path)
    yield api
    api.stop()


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[KubernetesObjects]:
    """An API server for commands, with whatever objects a test puts into it."""
    objects = KubernetesObjects()
    objects.start(tmp_path)
    yield objects
    objects.stop()


@pytest.fixture
def eventful(tmp_path: Path) -> Iterator[KubernetesEvents]:
    """An API server that takes Events."""
    eventful = KubernetesEvents()
    eventful.start(tmp_path)
    yield eventful
    eventful.stop()
