"""What was found by fuzzing stays mended; see `make fuzz`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS


def _kept() -> Iterator[object]:
    """Yield each input that is kept, with its target."""
    for target in TARGETS.values():
        for folder in (target.findings, target.corpus):
            for path in sorted(folder.glob("*")):
                name = f"{target.name}-{folder.parent.name}-{path.name[:16]}"
                yield pytest.param(target, path, id=name)


@pytest.mark.parametrize(("target", "path"), list(_kept()))
def test_an_input_that_is_kept_is_coped_with(target: Target, path: Path) -> None:
    target.check(path.read_bytes())


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_the_seeds_are_coped_with(target: Target) -> None:
    seeds = list(target.seeds())
    assert len(seeds) > 100
    for seed in seeds:
        target.check(seed)
