"""The image, built by buildah from the Dockerfile of the checkout."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_BASE: Final = "localhost/base"
_IMAGE: Final = "localhost/hf-token-injector"


class Buildah:
    """A store of images of its own, in a folder."""

    def __init__(self, folder: Path) -> None:
        # Neither an overlay, whose mounts would outlive a run that dies, nor namespaces of its own.
        self._options = [
            "--storage-driver=vfs",
            f"--root={folder / 'storage'}",
            f"--runroot={folder / 'run'}",
        ]
        self._environ = os.environ | {"BUILDAH_ISOLATION": "chroot"}

    def run(self, *arguments: str | Path) -> str:
        """Run a command that must succeed, and return what it printed."""
        command = ["buildah", *self._options, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=self._environ, cwd=ROOT
        )
        assert done.returncode == 0, f"buildah {arguments[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout.strip()


class Image:
    """The image.

    Attributes:
        root: Its root file system.
        configuration: Its configuration, as OCI has it (`config`).
        processor: What it says that it is for.
        compressed: Bytes of its layers, as a registry keeps them.
    """

    def __init__(self, folder: Path, base: Path | str, processor: str) -> None:
        """Build it.

        Args:
            folder: Everything goes there.
            base: A tar file with a root file system, or the name of an image in a registry, or `default`.
            processor: What it is to be for; the base is for it, too.
        """
        buildah = Buildah(folder)
        described = {"VERSION": "0.0.0", "REVISION": "0" * 40}
        named = [f"--build-arg={name}={value}" for name, value in described.items()]
        options = ["--quiet", f"--platform=linux/{processor}", *named, *_on(base, processor, buildah)]
        buildah.run("build", *options, "--tag", _IMAGE, ".")
        layout = folder / "layout"
        buildah.run("push", "--quiet", _IMAGE, f"oci:{layout}")
        (only,) = json.loads((layout / "index.json").read_text())["manifests"]
        manifest = json.loads(_blob(layout, only).read_text())
        written = json.loads(_blob(layout, manifest["config"]).read_text())
        self.configuration: dict[str, Any] = written["config"]
        self.processor: str = written["architecture"]
        self.compressed: int = sum(layer["size"] for layer in manifest["layers"])
        self.root = folder / "root"
        for layer in manifest["layers"]:
            _unpack(_blob(layout, layer), self.root)

    @property
    def files(self) -> list[Path]:
        """Everything that is in it, links not followed."""
        return sorted(self.root.rglob("*"))

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(file.lstat().st_size for file in self.files if file.is_file() and not file.is_symlink())


def _on(base: Path | str, processor: str, buildah: Buildah) -> list[str]:
    """Return the options that choose the base, which is made an image if it is a file."""
    if not isinstance(base, Path):
        return [] if base == "default" else [f"--build-arg=BASE={base}"]
    empty = buildah.run("from", f"--arch={processor}", "scratch")
    buildah.run("add", "--quiet", empty, base, "/")
    buildah.run("commit", "--quiet", "--rm", empty, _BASE)
    return ["--pull-never", f"--build-arg=BASE={_BASE}"]


def _blob(layout: Path, described: dict[str, Any]) -> Path:
    """Return the file of an OCI layout that a descriptor points to."""
    digest: str = described["digest"]
    return layout / "blobs" / digest.replace(":", "/")


def _unpack(layer: Path, root: Path) -> None:
    """Unpack a layer, with its owners and modes; none of ours removes what one before it brought."""
    root.mkdir(exist_ok=True)
    subprocess.run(
        ["/bin/tar", "--extract", "--gzip", f"--file={layer}", "-C", root, "--numeric-owner"], check=True
    )
