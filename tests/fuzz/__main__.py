"""`python -m tests.fuzz TARGET`: looks for inputs that a target does not cope with.

What is found is written to `findings/`, where `test_fuzz.py` replays it from then on. What only reaches
something new is left in `.cache/fuzz/`, from where `python -m tests.fuzz.keeping` takes what is worth it.
"""

import sys
import tempfile
from collections.abc import Callable
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


@click.command()
@click.argument("name", metavar="TARGET", type=click.Choice(_NAMES))
@click.option("--seconds", type=int, default=60, show_default=True, help="How long.")
@click.option("--seed", default=1, show_default=True, help="Another one, or 0 for chance, looks elsewhere.")
def main(name: str, seconds: int, seed: int) -> None:
    """Fuzz a target: reviews or containers."""
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
            "max_total_time": seconds,
            "seed": seed,
            "max_len": target.longest,
            "timeout": _HANGS,
            "rss_limit_mb": 2048,
            "dict": dictionary,
            "artifact_prefix": f"{target.findings}/",
            "print_final_stats": 1,
        }
        folders = (target.reached, target.corpus, seeds)
        arguments = [f"-{option}={value}" for option, value in options.items()]
        arguments = [sys.argv[0], *arguments, *map(str, folders)]
        atheris.Setup(arguments, target.check, custom_mutator=_mutator(target.change))
        # It ends the process.
        atheris.Fuzz()


def _seeds(target: Target, folder: Path) -> Path:
    """Write the seeds to a folder."""
    folder.mkdir()
    for seed in target.seeds():
        (folder / sha256(seed).hexdigest()).write_bytes(seed)
    return folder


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
