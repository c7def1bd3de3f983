"""Makes an environment that holds the wheel, for the tests: `installed_wheel.py FOLDER`.

Tests of a source tree pass when the wheel lacks a file. In this environment `webhook` and `certs` come from
the wheel; what they need comes from the environment that runs this, and the tests from the checkout: both are
named in a `.pth` file, whose folders Python searches after its own.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build(folder: Path) -> Path:
    """Build the wheel and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.PIPE)
    return next(folder.glob("*.whl"))


def install(wheel: Path, environment: Path) -> Path:
    """Install a wheel into a new environment, and return the environment's Python."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    return python


def main(environment: Path) -> None:
    """Build, install, and let the environment find the rest."""
    with tempfile.TemporaryDirectory() as folder:
        python = install(build(Path(folder)), environment)
    asks = "import sysconfig; print(sysconfig.get_path('purelib'))"
    inside = subprocess.check_output([python, "-c", asks], text=True).strip()
    needed = [path for path in sys.path if path.endswith("site-packages")]
    Path(inside, "checkout.pth").write_text("\n".join([str(ROOT), *needed]))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
