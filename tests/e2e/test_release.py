"""What a release consists of: complete, without strays, and the same bytes whoever builds it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.e2e.harness.binaries import binary
from tests.e2e.harness.environments import environment
from tests.e2e.harness.helm import CHART, Helm
from webhook import __version__

ROOT = Path(__file__).parents[2]
WHEEL = f"hf_token_injector-{__version__}-py3-none-any.whl"
SDIST = f"hf_token_injector-{__version__}.tar.gz"
NAME = f"hf-token-injector-{__version__}"
MOMENT = "1700000000"
"""When it is built, in seconds since 1970."""


def _tracked() -> list[str]:
    """Return the files that git tracks."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git people have
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.split("\0") if name]


def _build(checkout: Path, target: Path, **environ: str) -> Path:
    """Run what `make dist` runs, with everything that it imports from the same checkout."""
    done = subprocess.run(
        [sys.executable, checkout / "scripts" / "dist.py", target],
        cwd=checkout,
        env=os.environ | environ | {"SOURCE_DATE_EPOCH": MOMENT, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of this checkout."""
    return _build(ROOT, tmp_path_factory.mktemp("dist"))


def test_another_checkout_gives_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    """Elsewhere, with other times and modes of files, another language and time zone, and strays in it."""
    checkout = tmp_path / "checkout"
    for name in _tracked():
        copy = checkout / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
        copy.chmod(0o755)
    for command in (["init", "--quiet"], ["add", "--force", "."]):
        subprocess.run(["git", *command], cwd=checkout, check=True)  # noqa: S607
    for stray in ("webhook/notes.txt", "certs/key.pem", "charts/hf-token-injector/templates/stray.yaml"):
        (checkout / stray).write_text("{}\n")
    another = _build(checkout, tmp_path / "dist", TZ="Asia/Kathmandu", LC_ALL="C", PYTHONHASHSEED="7")
    assert sorted(path.name for path in another.iterdir()) == sorted(path.name for path in dist.iterdir())
    for path in dist.iterdir():
        assert (another / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_checksums_are_those_of_all_files(dist: Path) -> None:
    sums = dict(line.split("  ")[::-1] for line in (dist / "SHA256SUMS").read_text().splitlines())
    files = [WHEEL, SDIST, f"{NAME}.tgz", f"{NAME}.cdx.json", f"{NAME}-requirements.txt"]
    assert sums == {name: hashlib.sha256((dist / name).read_bytes()).hexdigest() for name in files}


def test_the_wheel_holds_the_two_packages_and_no_more(dist: Path) -> None:
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = wheel.namelist()
    metadata = f"hf_token_injector-{__version__}.dist-info/"
    assert sorted(name for name in names if not name.startswith(metadata)) == sorted(
        name for name in _tracked() if name.startswith(("webhook/", "certs/"))
    )
    assert {"webhook/py.typed", f"{metadata}licenses/LICENSE", f"{metadata}entry_points.txt"} <= set(names)


def test_the_sdist_gives_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    with tarfile.open(dist / SDIST) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    assert {path.name for path in unpacked.iterdir()} == {
        *("webhook", "certs", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"),
        *("PKG-INFO", ".gitignore"),
    }
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=unpacked,
        env=os.environ | {"SOURCE_DATE_EPOCH": MOMENT},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / WHEEL).read_bytes() == (dist / WHEEL).read_bytes()


def test_the_packaged_chart_renders_as_its_folder_does(dist: Path, tmp_path: Path) -> None:
    package = dist / f"{NAME}.tgz"
    with tarfile.open(package) as archive:
        held = {name.removeprefix("hf-token-injector/") for name in archive.getnames()}
    assert held == {
        str(path.relative_to(CHART))
        for path in CHART.rglob("*")
        if path.is_file() and path.name != ".helmignore" and path.parent.name != "ci"
    }
    helm = Helm(tmp_path)
    assert helm.template(chart=package) == helm.template()


def test_the_sbom_names_what_is_pinned_with_its_licence(dist: Path) -> None:
    """And nothing of the machine that made it."""
    text = (dist / f"{NAME}.cdx.json").read_text()
    bill = json.loads(text)
    assert (bill["metadata"]["component"]["name"], bill["metadata"]["component"]["version"]) == (
        "hf-token-injector",
        __version__,
    )
    [packages] = (environment("runtime").parents[1] / "lib").glob("python*/site-packages")
    installed = {(found.name.lower(), found.version) for found in distributions(path=[str(packages)])}
    assert {(part["name"].lower(), part["version"]) for part in bill["components"]} == installed
    pins = (dist / f"{NAME}-requirements.txt").read_text()
    pinned = re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)(.*) \\$", pins, re.MULTILINE)
    assert {(name.replace("_", "-"), version) for name, version in installed} >= {
        (name, version) for name, version, marker in pinned if ";" not in marker
    }
    assert [part["name"] for part in bill["components"] if not part.get("licenses")] == []
    assert {edge["ref"] for edge in bill["dependencies"]} >= {part["bom-ref"] for part in bill["components"]}
    assert "file:" not in text
    assert str(Path.home()) not in text


def test_the_workflows_are_what_github_understands() -> None:
    done = subprocess.run(
        [binary("actionlint"), "-no-color"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
