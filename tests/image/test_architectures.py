import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROCESSORS = {"amd64": "x86_64", "arm64": "aarch64"}


def test_the_dockerfile_names_no_architecture() -> None:
    assert [name for pair in PROCESSORS.items() for name in pair if name in DOCKERFILE] == []


def test_the_base_is_pinned() -> None:
    assert re.search(r"^ARG BASE=\S+:[\w.-]+@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("architecture", PROCESSORS)
def test_every_pinned_package_has_a_wheel_for_the_bases_python(architecture: str, tmp_path: Path) -> None:
    version = re.search(r"^ARG BASE=\S*python:(\d+\.\d+)", DOCKERFILE, re.MULTILINE)
    assert version
    # Of the glibc of Debian 13 (2.41) and every older one; pip takes each tag by its word.
    tags = [f"manylinux_2_{minor}" for minor in range(41, 4, -1)] + ["manylinux2014"]
    download = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary=:all:", "--implementation=cp", f"--python-version={version[1]}"),
        *(f"--platform={tag}_{PROCESSORS[architecture]}" for tag in tags),
        *("--require-hashes", f"--requirement={ROOT / 'requirements' / 'runtime.txt'}", f"--dest={tmp_path}"),
    ]
    done = subprocess.run(download, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert any(PROCESSORS[architecture] in wheel.name for wheel in tmp_path.glob("*.whl"))
