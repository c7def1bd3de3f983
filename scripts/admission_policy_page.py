"""Write the sums and tables of `docs/admission-policy.md`; with `--check`, compare them.

They follow from the cases and containers that are compared, and from those that differ, which the end-to-end
test holds in `tests/e2e/admission_policy.yaml`. So a case that comes in changes the page.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.generated import write_or_check
from scripts.reference_pages import table
from tests.e2e.harness.policy_compared import CONTAINERS, GOLDEN
from tests.e2e.harness.policy_groups import NO_SUCH_OBJECT as NOT_COMPARED

ROOT: Final = Path(__file__).parent.parent
TABLE: Final = ROOT / "tests" / "e2e" / "admission_policy.yaml"
PAGE: Final = ROOT / "docs" / "admission-policy.md"
BEGIN: Final = "<!-- scripts/admission_policy_page.py writes what follows. -->\n"
END: Final = "<!-- Until here. -->\n"


def written(page: str) -> str:
    """Return the page with its tables as they should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + tables(yaml.safe_load(TABLE.read_text())) + END + after


def tables(found: dict[str, Any]) -> str:
    """Return how much is equal, and what differs, as Markdown."""
    cases = {why: len(names) for why, names in found["cases"].items()}
    containers = [(why, str(count)) for why, count in found["containers"].items() if why != NOT_COMPARED]
    return (
        f"{_equal(len(GOLDEN), cases)} golden cases and {_equal(len(CONTAINERS), found['containers'])} "
        "containers are equal. No container gets a token that the webhook would not give.\n\n"
        + table(("golden cases that differ", "cases"), _cases(found["cases"]))
        + "\n"
        + table(("containers that the webhook gives a token and the policy does not", "how many"), containers)
    )


def _equal(every: int, differing: Mapping[str, int]) -> str:
    """Return how many of those that can be compared are equal."""
    compared = every - differing.get(NOT_COMPARED, 0)
    return f"{every - sum(differing.values())} of {compared}"


def _cases(grouped: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    for why, names in grouped.items():
        if why != NOT_COMPARED:
            yield why, ", ".join(f"[{name.split('/', 1)[1]}](../tests/cases/{name})" for name in names)


if __name__ == "__main__":
    write_or_check([(PAGE, written(PAGE.read_text()))])
