"""What the policies are compared in with the webhook: golden cases that are created, and containers."""

from typing import Final

from tests.core.golden import CASES, FOLDERS, situation

GOLDEN: Final = {
    str(folder.relative_to(CASES)): asked
    for folder in FOLDERS
    if (asked := situation(folder)).request.kind in {"Pod", "InferenceService"}
    and (asked.request.operation, asked.request.subresource) == ("CREATE", "")
}
"""By the path of their folder."""

CONTAINERS: Final = [
    line for line in (CASES / "references.txt").read_text().splitlines() if line and not line.startswith("#")
]
