"""Write the tables of `docs/admission-policy.md` from the end-to-end test's; with `--check`, compare them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.generated import write_or_check
from scripts.reference_pages import table

ROOT: Final = Path(__file__).parent.parent
TABLE: Final = ROOT / "tests" / "e2e" / "admission_policy.yaml"
PAGE: Final = ROOT / "docs" / "admission-policy.md"
BEGIN: Final = "<!-- scripts/admission_policy_page.py writes what follows. -->\n"
END: Final = "<!-- Until here. -->\n"
NOT_COMPARED: Final = "The API server takes no such object."


def written(page: str) -> str:
    """Return the page with its tables as they should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + tables(yaml.safe_load(TABLE.read_text())) + END + after


def tables(found: dict[str, Any]) -> str:
    """Return what differs, as Markdown."""
    containers = [(why,) for why in found["containers"] if why != NOT_COMPARED]
    return (
        table(("golden cases that differ", "cases"), _cases(found["cases"]))
        + "\n"
        + table(("containers that the webhook gives a token and the policy does not",), containers)
    )


def _cases(grouped: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    for why, names in grouped.items():
        if why != NOT_COMPARED:
            yield why, ", ".join(f"[{name.split('/', 1)[1]}](../tests/cases/{name})" for name in names)


if __name__ == "__main__":
    write_or_check([(PAGE, written(PAGE.read_text()))])
