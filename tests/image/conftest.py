"""The image, built once a run, what the chart makes of it, and the figures of both."""

import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.harness.processes import Processes
from tests.e2e.harness.reaper import Reaper
from tests.image.building import Image
from tests.image.containers import Runtime
from tests.image.debian import base
from tests.image.nodes import Chart, rendered
from tests.image.platforms import PROCESSOR
from tests.image.programs import BASE

Figures = dict[str, str]
_FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for what is measured."""
    config.stash[_FIGURES] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was measured."""
    terminalreporter.section("figures of the image")
    for name, value in config.stash[_FIGURES].items():
        terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Figures:
    """What is measured on the way, for the end of the run."""
    return request.config.stash[_FIGURES]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image, on the base that was asked for, or on one of Debian's packages."""
    folder = tmp_path_factory.mktemp("image")
    yield Image(folder, BASE or base(PROCESSOR), PROCESSOR)
    # A store of whole file systems, of which pytest would keep three.
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """What the chart makes of its defaults, but for free ports and a short drain; by kind."""
    return rendered(tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """What runs containers."""
    folder = tmp_path_factory.mktemp("containers")
    reaper = Reaper()
    processes = Processes(folder, reaper)
    yield Runtime(folder, processes, reaper)
    processes.end()
    reaper.end()
