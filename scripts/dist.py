"""Write to `dist/` what a release consists of: the same commit gives the same bytes, anywhere, at any time.

A wheel and an sdist, the chart, the SBOM of what the wheel runs with, those packages as pins with hashes, and
the checksums of all of it. Only what git tracks gets in.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.harness.binaries import binary
from tests.e2e.harness.environments import environment
from webhook import __version__

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
NAME = f"hf-token-injector-{__version__}"
SOURCE = "https://github.com/hf-token-injector/hf-token-injector"


def build(target: Path) -> None:
    """Write everything into an empty folder, which is made if there is none."""
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        sys.exit(f"{target} is not empty")
    moment = _moment()
    environ = os.environ | {"SOURCE_DATE_EPOCH": str(moment)}
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        _export(tree, moment)
        _run(sys.executable, "-m", "hatchling", "build", "-d", target, cwd=tree, environ=environ)
        _chart(tree, target, scratch)
        _bill_of_materials(tree, target / f"{NAME}.cdx.json", environ)
        shutil.copyfile(tree / "requirements" / "runtime.txt", target / f"{NAME}-requirements.txt")
    _checksums(target)


def _moment() -> int:
    """Return when all of it was made: at the time of the commit, in seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or _output("git", "log", "-1", "--format=%ct"))


def _export(tree: Path, moment: int) -> None:
    """Copy what git tracks, as it is now, with one time and one mode: helm and hatchling write both down."""
    for name in filter(None, _output("git", "ls-files", "-z").split("\0")):
        copy = tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
        copy.chmod(0o644)
        os.utime(copy, (moment, moment))


def _chart(tree: Path, target: Path, home: str) -> None:
    """Package the chart."""
    chart = tree / "charts" / "hf-token-injector"
    _run(binary("helm"), "package", chart, "-d", target, environ={"HOME": home})


def _bill_of_materials(tree: Path, target: Path, environ: Mapping[str, str]) -> None:
    """Write the SBOM of an environment that holds what is pinned, and nothing else."""
    release = environment("release")
    _run(
        release.with_name("cyclonedx-py"),
        "environment",
        environment("runtime"),
        *("--pyproject", tree / "pyproject.toml"),
        *("--spec-version", "1.6", "--output-reproducible", "--output-file", target),
        environ=environ,
    )
    bill = json.loads(target.read_text())
    # The version is written down elsewhere than in pyproject.toml, which is all that the tool reads.
    bill["metadata"]["component"] |= {
        "version": __version__,
        "externalReferences": [{"type": "vcs", "url": SOURCE}],
    }
    target.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n")


def _checksums(target: Path) -> None:
    """Write what `sha256sum --check` reads."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(target.iterdir())
    ]
    (target / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def _run(*command: str | Path, cwd: Path = ROOT, environ: Mapping[str, str] | None = None) -> None:
    """Run a command whose output nobody needs unless it fails."""
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    """Write the files and list them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "target", nargs="?", type=Path, default=DIST, help="an empty folder; without it dist/, made anew"
    )
    target: Path = parser.parse_args().target
    if target == DIST:
        shutil.rmtree(DIST, ignore_errors=True)
    build(target.resolve())
    print((target / "SHA256SUMS").read_text(), end="")


if __name__ == "__main__":
    main()
