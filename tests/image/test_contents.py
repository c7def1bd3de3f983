import re
import stat
from pathlib import Path

from tests.image.building import Image
from tests.image.conftest import Figures
from webhook import __version__

MEGABYTE = 1e6
LARGEST = {"unpacked": 140, "compressed": 45}
"""Megabytes, with room for a release of each dependency: what goes beyond came in unseen."""


def names(image: Image) -> list[str]:
    return [file.relative_to(image.root).as_posix() for file in image.files]


def test_nothing_can_be_run_but_python_and_the_command(image: Image) -> None:
    programs = [
        name
        for name, file in zip(names(image), image.files, strict=True)
        if file.is_file()
        and not file.is_symlink()
        and file.stat().st_mode & stat.S_IXUSR
        and ".so" not in name
    ]
    assert [re.sub(r"\.\d+$", "", Path(name).name) for name in programs] == ["hf-token-injector", "python3"]


def test_neither_pip_nor_a_package_manager_is_left(image: Image) -> None:
    installers = re.compile(r"(^|/)(pip|ensurepip|setuptools|wheel|apt|dpkg)(-[\d.]+)?(\.dist-info)?$")
    assert [name for name in names(image) if installers.search(name)] == ["var/lib/dpkg"]


def test_every_module_is_compiled(image: Image) -> None:
    sources = [file for file in image.files if file.suffix == ".py"]
    uncompiled = [
        source for source in sources if not list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"))
    ]
    assert sources
    assert uncompiled == []


def test_all_of_it_belongs_to_root_and_only_root_may_change_it(image: Image) -> None:
    changeable = [
        name
        for name, file in zip(names(image), image.files, strict=True)
        if (file.lstat().st_uid, file.lstat().st_gid) != (0, 0)
        or (
            not file.is_symlink()
            and file.lstat().st_mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID)
        )
    ]
    assert changeable == []


def test_no_link_leads_nowhere(image: Image) -> None:
    broken = []
    for file in image.files:
        if file.is_symlink():
            target = file.readlink()
            inside = image.root / target.relative_to("/") if target.is_absolute() else file.parent / target
            broken += [] if inside.exists() or inside.is_symlink() else [file.relative_to(image.root)]
    assert broken == []


def test_scanners_find_the_packages_and_their_licences(image: Image) -> None:
    recorded = {file.name for file in (image.root / "var/lib/dpkg/status.d").iterdir()}
    assert "libc6" in recorded
    assert any(name.startswith("libssl3") for name in recorded)
    assert all((image.root / "usr/share/doc" / name / "copyright").is_file() for name in recorded)
    assert any(
        name.endswith(f"hf_token_injector-{__version__}.dist-info/licenses/LICENSE") for name in names(image)
    )


def test_it_says_what_it_is_and_who_it_runs_as(image: Image) -> None:
    assert image.configuration["User"] == "65532:65532"
    labels = {name.rpartition(".")[2]: value for name, value in image.configuration["Labels"].items()}
    assert labels["title"] == "hf-token-injector"
    assert labels["licenses"] == "Apache-2.0"
    assert (labels["version"], labels["revision"]) == ("0.0.0", "0" * 40)


def test_it_stays_small(image: Image, figures: Figures) -> None:
    sizes = {"unpacked": image.size / MEGABYTE, "compressed": image.compressed / MEGABYTE}
    figures["megabytes"] = ", ".join(f"{size:.0f} {name}" for name, size in sizes.items())
    assert all(size < LARGEST[name] for name, size in sizes.items()), sizes
