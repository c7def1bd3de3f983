"""The programs of the control plane: built from pinned Go modules once, then found in a cache.

`python -m tests.e2e.harness.binaries` builds what is missing, makes the Python environments and tells how far
it is; `make e2e` begins with it. A folder in `KUBEBUILDER_ASSETS` is used for what it holds (envtest's: etcd,
kube-apiserver and kubectl).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from tests.e2e.harness.cache import CACHE, locked
from tests.e2e.harness.environments import environment, storage_python

CONTROLPLANE = Path(__file__).parents[1] / "controlplane"
_CLUSTER = {"etcd", "kube-apiserver", "kube-controller-manager", "cert-manager"}
"""Of no use with a cluster that somebody else has started."""

_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Module:
    """A go.mod of ours and the programs that are built from it.

    Attributes:
        folder: Under `controlplane/`.
        programs: File name to what `go build` is given.
        flags: Linker flags.
    """

    folder: str
    programs: dict[str, str]
    flags: tuple[str, ...] = field(default=())


MODULES = (
    Module(
        "kubernetes",
        {
            "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
            "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
            "kubectl": "k8s.io/kubernetes/cmd/kubectl",
        },
        # Without a version neither kubectl nor helm can parse what the API server says of itself.
        (
            f"-X {_VERSION}.gitVersion=v1.37.2",
            f"-X {_VERSION}.gitMajor=1",
            f"-X {_VERSION}.gitMinor=37",
        ),
    ),
    Module("etcd", {"etcd": "."}),
    Module("helm", {"helm": "helm.sh/helm/v4/cmd/helm"}),
    Module(
        "kserve",
        {
            "manager": "github.com/kserve/kserve/cmd/manager",
            "llmisvc": "github.com/kserve/kserve/cmd/llmisvc",
        },
    ),
    Module("certmanager", {"cert-manager": "."}),
    Module("actionlint", {"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"}),
)


def binary(name: str) -> Path:
    """Return the path of a program, built if need be."""
    module = next(module for module in MODULES if name in module.programs)
    return _provided(name) or _built(module, name, lambda _line: None)


def _provided(name: str) -> Path | None:
    """Return the path of a program that envtest's folder holds."""
    found = Path(os.environ.get("KUBEBUILDER_ASSETS", ""), name)
    return found if os.environ.get("KUBEBUILDER_ASSETS") and found.exists() else None


@cache
def module_folder(folder: str, module: str) -> Path:
    """Return the folder of a required module: its CRDs and manifests are read there, never copied."""
    _go("mod", "download", module, folder=folder)
    return Path(_go("list", "-m", "-f", "{{.Dir}}", module, folder=folder).strip())


def _go(*arguments: str, folder: str) -> str:
    if shutil.which("go") is None:
        raise RuntimeError("Go 1.26 or later is needed for the end-to-end tests: https://go.dev/dl")
    return subprocess.run(
        ["go", *arguments],  # noqa: S607 - whichever Go people have
        cwd=CONTROLPLANE / folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _built(module: Module, name: str, tell: Callable[[str], None]) -> Path:
    """Return the path of a program; where another process builds it already, wait for that."""
    target = CACHE / f"{module.folder}-{_digest(module)}" / name
    if target.exists():
        return target
    with locked(target.parent):
        if not target.exists():
            tell(f"building {name} …")
            unfinished = target.with_suffix(".partial")
            flags = " ".join(("-s", "-w", *module.flags))
            _go(
                "build",
                "-trimpath",
                "-ldflags",
                flags,
                "-o",
                str(unfinished),
                module.programs[name],
                folder=module.folder,
            )
            unfinished.rename(target)
    return target


def _digest(module: Module) -> str:
    """Name everything that a build is made of."""
    digest = hashlib.sha256(repr(module).encode())
    for path in sorted((CONTROLPLANE / module.folder).iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def main() -> None:
    """Build everything, and tell how long each program took."""
    unneeded = _CLUSTER if os.environ.get("E2E_KUBECONFIG") else set()
    programs = [
        (module, name)
        for module in MODULES
        for name in module.programs
        if name not in unneeded and not _provided(name)
    ]
    steps: list[tuple[str, Callable[[Callable[[str], None]], Path]]] = [
        (name, partial(_built, module, name)) for module, name in programs
    ]
    steps.append(("kserve-storage", storage_python))
    steps += [
        (name, lambda tell, name=name: environment(name, tell=tell))  # type: ignore[misc]
        for name in ("release", "runtime")
    ]
    for number, (name, make) in enumerate(steps, 1):
        began = time.monotonic()
        count = f"[{number}/{len(steps)}]"
        make(lambda line, count=count: print(count, line, flush=True))  # type: ignore[misc]
        took = time.monotonic() - began
        if took > 1:
            print(f"{count} {name} took {took:.0f} s", flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{Path(error.cmd[0]).name} ended with {error.returncode}: see above")
