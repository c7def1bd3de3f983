import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest

from scripts import installed_wheel

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(installed_wheel.build(tmp_path_factory.mktemp("wheel"))) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return HeaderParser().parsestr(wheel.read(name).decode())


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment = tmp_path_factory.mktemp("installed") / "environment"
    installed_wheel.main(environment)
    return environment


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = [name for name in wheel.namelist() if ".dist-info/" not in name]
    tree = [
        path.relative_to(ROOT).as_posix()
        for package in ("webhook", "certs")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert sorted(files) == sorted(tree)
    assert "webhook/py.typed" in files


def test_the_wheel_holds_the_licence(wheel: zipfile.ZipFile, metadata: Message) -> None:
    assert metadata["License-Expression"] == "Apache-2.0"
    name = next(name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_names_each_python_that_it_is_for(metadata: Message) -> None:
    versions = [
        c for c in metadata.get_all("Classifier", []) if c.startswith("Programming Language :: Python :: 3.")
    ]
    assert [version.rpartition("3.")[2] for version in versions] == ["11", "12", "13", "14"]
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_installed_wheel_gives_the_command(environment: Path, tmp_path: Path) -> None:
    said = subprocess.run(
        [environment / "bin" / "hf-token-injector", "version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("hf-token-injector ")


def test_tests_of_the_wheel_import_the_wheel(environment: Path) -> None:
    asks = "import webhook, certs, tests; print(*(p.__path__[0] for p in (webhook, certs, tests)), sep='\\n')"
    said = subprocess.check_output(
        [environment / "bin" / "python", "-c", asks],
        cwd=ROOT,
        env=os.environ | {"PYTHONSAFEPATH": "1"},
        text=True,
    )
    *packages, tests = map(Path, said.splitlines())
    assert all(path.is_relative_to(environment) for path in packages)
    assert tests == ROOT / "tests"


def test_tests_of_the_wheel_refuse_to_test_the_checkout() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--installed",
        "--collect-only",
        "-p",
        "no:cacheprovider",
        __file__,
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "not the installed wheel is tested" in done.stderr
