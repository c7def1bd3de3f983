"""Write `docs/coverage.md` from the end-to-end cases; with `--check`, tell whether it is up to date."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.generated import write_or_check
from scripts.reference_pages import table

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "e2e" / "cases"
PAGE = ROOT / "docs" / "coverage.md"
HEAD = ("workload", "Pod", "container", "token", "who gave it")
TEXT = """<!-- Written by scripts/coverage_page.py from tests/e2e/cases; `make docs` writes it anew. -->

# What gets which token

Each row is a container of a Pod that the real controllers made of a case in
[`tests/e2e/cases`](../tests/e2e/cases). [`test_workloads.py`](../tests/e2e/test_workloads.py) applies every
case and compares each container of each Pod; one that is not in the table, or has another token, fails.
Where a case names a value of `inferenceService.mutate`, [`test_mutate.py`](../tests/e2e/test_mutate.py) does
so under that value. The namespace's own Secret is `hf-secret`, key `token`. A token that the webhook writes
on the InferenceService reaches the serving container, whether that one asks the Hub or
`storage-initializer` does.

"""
END = """
KServe's Knative mode and multi-node serving are covered by [golden cases](../tests/cases) alone.
"""


def rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each container of each case; what repeats the row above is left empty."""
    for path in sorted(CASES.glob("*.yaml")):
        about: dict[str, Any] = next(iter(yaml.safe_load_all(path.read_text())))
        title = f"[{about['title']}](../tests/e2e/cases/{path.name})"
        if mutate := about.get("needs", {}).get("mutate"):
            title += f", under `inferenceService.mutate: {mutate}`"
        for pod in about["pods"]:
            label = pod["selector"].rpartition("=")[2]
            for name, holding in pod["containers"].items():
                token = f"`{holding['token']}`" if holding else "none"
                yield title, label, f"`{name}`", token, holding.get("by", "")
                title = label = ""


if __name__ == "__main__":
    write_or_check([(PAGE, TEXT + table(HEAD, rows()) + END)])
