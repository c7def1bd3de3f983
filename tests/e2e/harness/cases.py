"""The cases under `cases/`: what is applied, and which token each container of each Pod must have.

A file's first document describes the case; the others are applied. `docs/coverage.md` is made from them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.harness.team import Reference, Team, tokens

CASES = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True)
class Holding:
    """What one container must have.

    Attributes:
        token: The reference, or None for no token.
        by: Who gave it, for the coverage page.
    """

    token: Reference | None
    by: str


@dataclass(frozen=True)
class ExpectedPod:
    """One Pod that comes of the case: by its labels, with exactly these containers."""

    selector: str
    containers: dict[str, Holding]


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        name: Of the file.
        title: For people.
        mode: Label of the namespace.
        mutate: Setting `inferenceService.mutate` that it is about.
        llm: Whether it needs KServe's controller for LLMInferenceServices.
        pods: What must come of it.
        manifests: What is applied.
    """

    name: str
    title: str
    mode: str
    mutate: str
    llm: bool
    pods: tuple[ExpectedPod, ...]
    manifests: tuple[dict[str, Any], ...]


def read_cases() -> list[Case]:
    """Return every case, in the order of the file names."""
    return [_read(path) for path in sorted(CASES.glob("*.yaml"))]


def _read(path: Path) -> Case:
    about, *manifests = yaml.safe_load_all(path.read_text())
    needs = about.get("needs", {})
    return Case(
        name=path.stem,
        title=about["title"],
        mode=needs.get("mode", "enabled"),
        mutate=needs.get("mutate", "always"),
        llm=needs.get("llm", False),
        pods=tuple(ExpectedPod(pod["selector"], dict(_holdings(pod["containers"]))) for pod in about["pods"]),
        manifests=tuple(manifests),
    )


def _holdings(containers: dict[str, dict[str, str]]) -> Iterator[tuple[str, Holding]]:
    for name, holding in containers.items():
        secret, _, key = holding.get("token", "").partition("/")
        yield name, Holding(Reference(secret, key) if secret else None, holding.get("by", ""))


def check(case: Case, team: Team) -> None:
    """Apply a case, wait for its Pods and compare the token of every container."""
    for manifest in case.manifests:
        team.apply(manifest)
    for expected in case.pods:
        found = tokens(team.pod(expected.selector))
        assert found == {name: holding.token for name, holding in expected.containers.items()}, (
            expected.selector
        )
