"""`python -m tests.fuzz TARGET`: looks for inputs that a target does not cope with.

What is found is written to `findings/`, where `test_fuzz.py` replays it from then on. What only reaches
something new is left in `.cache/fuzz/`, from where `python -m tests.fuzz.keeping` takes what is worth it.
"""

import ctypes
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

import atheris
import click

from tests.fuzz.target import Target

_NAMES: Final = ("reviews", "containers")
_HANGS: Final = 60
"""Seconds after which an input hangs in what no signal of Python ends."""
_ADDR_NO_RANDOMIZE: Final = 0x0040000
"""Of `linux/personality.h`."""


@click.command()
@click.argument("name", metavar="TARGET", type=click.Choice(_NAMES))
@click.option("--runs", default=20_000, show_default=True, help="How many inputs; -1 for no end.")
@click.option("--seed", default=1, show_default=True, help="Another one, or 0 for chance, looks elsewhere.")
def main(name: str, runs: int, seed: int) -> None:
    """Fuzz a target: reviews or containers.

    The same code, seed and number of runs go the same way each time, so that a change is not refused for what
    another could have been told as well.
    """
    _repeatable()
    with atheris.instrument_imports(include=["webhook"]):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415 - what is imported here is instrumented
    target = TARGETS[name]
    for folder in (target.findings, target.corpus, target.reached):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        seeds = _seeds(target, folder / "seeds")
        dictionary = folder / "words"
        dictionary.write_text("".join(f"{_quoted(word)}\n" for word in target.words))
        options = {
            "runs": runs,
            "seed": seed,
            # By a list, as the order of a folder is the file system's.
            "seed_inputs": f"@{_listed(folder / 'inputs', (target.corpus, seeds))}",
            # Once a second, by the clock.
            "reload": 0,
            "max_len": target.longest,
            "timeout": _HANGS,
            "rss_limit_mb": 2048,
            "dict": dictionary,
            "artifact_prefix": f"{target.findings}/",
            "print_final_stats": 1,
        }
        arguments = [sys.argv[0], *(f"-{option}={value}" for option, value in options.items())]
        # Where what reaches something new is written; what is there already is an input as well.
        arguments.append(str(target.reached))
        atheris.Setup(arguments, target.check, custom_mutator=_mutator(target.change))
        # It ends the process.
        atheris.Fuzz()


def _repeatable() -> None:
    """Start this process anew without random hashes and addresses, which libFuzzer takes for what is new."""
    if os.environ.get("PYTHONHASHSEED") == "0":
        return
    if ctypes.CDLL(None).personality(_ADDR_NO_RANDOMIZE) == -1:
        click.echo("This system does not let addresses be fixed: another run may go another way.", err=True)
    os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606 - the same program


def _seeds(target: Target, folder: Path) -> Path:
    """Write the seeds to a folder."""
    folder.mkdir()
    for seed in target.seeds():
        (folder / sha256(seed).hexdigest()).write_bytes(seed)
    return folder


def _listed(path: Path, folders: Iterable[Path]) -> Path:
    """Write the names of all inputs to a file."""
    path.write_text(",".join(str(file) for folder in folders for file in sorted(folder.iterdir())))
    return path


def _mutator(change: Callable[[bytes, Random], bytes] | None) -> Callable[[bytes, int, int], bytes]:
    """Return what changes an input: by its form every other time, by its bytes else."""

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        if change is not None and seed % 2:
            return change(data, Random(seed))[:longest]  # noqa: S311 - chance, no secret
        mutated: bytes = atheris.Mutate(data, longest)
        return mutated

    return mutate


def _quoted(word: str) -> str:
    """Return a word as a dictionary of libFuzzer has it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"'


main()
