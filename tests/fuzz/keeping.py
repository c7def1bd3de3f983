"""`python -m tests.fuzz.keeping`: copies to the corpus what reaches branches that nothing there reaches."""

import shutil
from collections.abc import Iterable

from coverage import Coverage

from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS


def _keep(target: Target) -> int:
    """Go through what was reached, the smallest first; return how many were kept."""
    coverage = Coverage(data_file=None, branch=True, source=["webhook"])
    corpus = [path.read_bytes() for path in target.corpus.glob("*")]
    known = _reached(coverage, target, [*target.seeds(), *corpus])
    kept = 0
    for path in sorted(target.reached.glob("*"), key=lambda path: path.stat().st_size):
        reached = _reached(coverage, target, [path.read_bytes()])
        if reached > known:
            known = reached
            kept += 1
            shutil.copy(path, target.corpus / path.name[:16])
    return kept


def _reached(coverage: Coverage, target: Target, inputs: Iterable[bytes]) -> int:
    """Return how many branches were taken so far, with these inputs."""
    coverage.start()
    for data in inputs:
        target.check(data)
    coverage.stop()
    found = coverage.get_data()
    return sum(len(found.arcs(file) or ()) for file in found.measured_files())


for one in TARGETS.values():
    print(f"{one.name}: {_keep(one)} kept")  # noqa: T201
