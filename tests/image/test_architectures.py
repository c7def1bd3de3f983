import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.image.building import Image
from tests.image.conftest import Figures
from tests.image.platforms import EMULATED, MACHINES, PROCESSOR

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
ELF_MACHINES = {"amd64": 62, "arm64": 183}
"""`e_machine` of programs and libraries: elf(5)."""


def test_the_dockerfile_names_no_architecture() -> None:
    assert [name for pair in MACHINES.items() for name in pair if name in DOCKERFILE] == []


def test_the_base_is_pinned() -> None:
    assert re.search(r"^ARG BASE=\S+:[\w.-]+@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("architecture", MACHINES)
def test_every_pinned_package_has_a_wheel_for_the_bases_python(architecture: str, tmp_path: Path) -> None:
    version = re.search(r"^ARG BASE=\S*python:(\d+\.\d+)", DOCKERFILE, re.MULTILINE)
    assert version
    # Of the glibc of Debian 13 (2.41) and every older one; pip takes each tag by its word.
    tags = [f"manylinux_2_{minor}" for minor in range(41, 4, -1)] + ["manylinux2014"]
    download = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--only-binary=:all:", "--implementation=cp", f"--python-version={version[1]}"),
        *(f"--platform={tag}_{MACHINES[architecture]}" for tag in tags),
        *("--require-hashes", f"--requirement={ROOT / 'requirements' / 'runtime.txt'}", f"--dest={tmp_path}"),
    ]
    done = subprocess.run(download, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert any(MACHINES[architecture] in wheel.name for wheel in tmp_path.glob("*.whl"))


def test_all_of_the_image_is_for_the_processor_that_was_asked_for(image: Image, figures: Figures) -> None:
    figures["processor"] = f"{PROCESSOR}, {'emulated' if EMULATED else 'this machine'}"
    assert image.processor == PROCESSOR
    begins = [file.read_bytes()[:20] for file in image.files if file.is_file() and not file.is_symlink()]
    machines = [int.from_bytes(head[18:], "little") for head in begins if head.startswith(b"\x7fELF")]
    assert len(machines) > 1
    assert set(machines) == {ELF_MACHINES[PROCESSOR]}
