"""Gathers what the image holds: this interpreter, what it is linked with, and the installed packages.

`image_root.py FOLDER` runs in a stage of the Dockerfile, by the environment that the packages are installed
in, and writes a root file system without a shell, a package manager or pip. Libraries are found by `ldd`, and
the package that each came in is written down where scanners of images look for it.
"""

import compileall
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_UNUSED_MODULES: Final = re.compile(
    r"__pycache__|config-.*|curses|dist-packages|ensurepip|idlelib|lib2to3|pydoc_data|site-packages|sitecustomize\.py"
    r"|sqlite3|test|tkinter|turtle\.py|turtledemo|venv"
)
"""Of the standard library: what develops, draws and installs, and a database."""
_UNUSED_EXTENSIONS: Final = re.compile(r"(_curses|_dbm|_gdbm|_sqlite3|_test|_tkinter|_xx|readline|xx).*")
"""Of `lib-dynload`: their libraries would come along."""
_FOR_COMPILERS: Final = frozenset({".a", ".c", ".h", ".o", ".pxd", ".pxi", ".pyi", ".pyx"})
_OPENED_BY_NAME: Final = ("libgcc_s.so.1",)
"""Not linked: glibc opens it when a thread ends."""
_SETTINGS: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
_FILES: Final = {
    "etc/passwd": "root:x:0:0:root:/:/nonexistent\nnonroot:x:65532:65532:nonroot:/:/nonexistent\n",
    "etc/group": "root:x:0:\nnonroot:x:65532:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


class Root:
    """A root file system in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, path: Path) -> Path:
        """Copy a file or a folder, and each symbolic link on the way to it; return where it really is."""
        real = Path("/")
        parts = list(path.parts[1:])
        while parts:
            step = real / parts.pop(0)
            if step.is_symlink():
                link, target = self.folder / step.relative_to("/"), step.readlink()
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.is_symlink():
                    link.symlink_to(target)
                parts = [*target.parts, *parts]
                if target.is_absolute():
                    real, parts = Path("/"), parts[1:]
            else:
                real = real.parent if step.name == ".." else step
        inside = self.folder / real.relative_to("/")
        if real.is_dir():
            shutil.copytree(real, inside, symlinks=True, dirs_exist_ok=True, ignore=_unused)
        elif not inside.exists():
            inside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(real, inside)
        return real

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _unused(folder: str, names: list[str]) -> list[str]:
    """Return what of a folder is left behind."""
    if folder == sysconfig.get_path("stdlib"):
        return [name for name in names if _UNUSED_MODULES.fullmatch(name)]
    if Path(folder).name == "lib-dynload":
        return [name for name in names if _UNUSED_EXTENSIONS.fullmatch(name)]
    return [name for name in names if name == "__pycache__" or Path(name).suffix in _FOR_COMPILERS]


def _linked(files: Iterable[Path]) -> Iterator[Path]:
    """Yield the libraries that programs and libraries are linked with, and the loader."""
    for file in files:
        said = subprocess.run(["ldd", file], capture_output=True, text=True, check=False).stdout  # noqa: S607
        if "not found" in said:
            raise SystemExit(f"{file} is linked with what is not here:\n{said}")
        yield from (Path(found) for found in re.findall(r"(/\S+) \(0x", said))


def _opened_by_name() -> Iterator[Path]:
    """Yield the libraries that no file names, as the linker's cache has them."""
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    for name in _OPENED_BY_NAME:
        found = re.search(rf"\t{re.escape(name)} .* => (\S+)", cache)
        if found is None:
            raise SystemExit(f"{name} is not here")
        yield Path(found[1])


def _record(root: Root, libraries: Iterable[Path]) -> None:
    """Write down which packages the libraries are of, with their licences."""
    # A Python that was built for its image is in /usr/local, where Debian puts nothing. By name: dpkg knows
    # some of the others by a path of before /lib became a link.
    names = [f"*/{path.name}" for path in libraries if not path.is_relative_to("/usr/local")]
    owners = subprocess.run(
        ["dpkg-query", "--search", *names],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    owned = [line.partition(": ")[0] for line in owners.splitlines() if not line.startswith("diversion ")]
    for name in sorted({name for several in owned for name in several.split(", ")}):
        package = name.partition(":")[0]
        status = subprocess.run(["dpkg-query", "--status", name], capture_output=True, text=True, check=True)  # noqa: S607
        root.write(f"var/lib/dpkg/status.d/{package}", status.stdout)
        root.place(Path("/usr/share/doc", package, "copyright"))


def _make_others_data(folder: Path, programs: set[Path]) -> None:
    """Let nothing be run but these: wheels mark some of their modules as programs."""
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink() and file.relative_to(folder) not in programs:
            file.chmod(0o644)


def main(folder: Path) -> None:
    """Write the root file system."""
    root = Root(folder)
    environment = Path(sys.prefix)
    placed = [root.place(path) for path in (environment / "lib", Path(sysconfig.get_path("stdlib")))]
    root.place(environment / "pyvenv.cfg")
    command = root.place(environment / "bin" / "hf-token-injector")
    interpreter = root.place(environment / "bin" / "python")
    _make_others_data(folder, {command.relative_to("/"), interpreter.relative_to("/")})
    objects = [
        interpreter,
        *(file for path in placed for file in (folder / path.relative_to("/")).rglob("*.so*")),
    ]
    found = {path for path in (*_linked(objects), *_opened_by_name()) if not path.is_relative_to(folder)}
    libraries = {root.place(path) for path in found}
    for name in _SETTINGS:
        root.place(Path(name))
    for name, text in _FILES.items():
        root.write(name, text)
    _record(root, sorted(libraries))
    # The loader looks into /usr/local/lib only for what its cache has.
    subprocess.run(["/sbin/ldconfig", "-r", folder], check=True)
    shutil.rmtree(folder / "var" / "cache", ignore_errors=True)
    # Checked against nothing at import: the root is read-only.
    if not compileall.compile_dir(
        folder, quiet=1, workers=0, stripdir=str(folder), prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    ):  # fmt: skip
        raise SystemExit("not everything could be compiled")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
