"""The chart, rendered: helm is all that is needed, but where a test asks for `cluster`."""

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness.helm import CHART, Helm

NAMESPACE = "hf-token-injector"
CI = sorted((CHART / "ci").glob("*-values.yaml"))
"""Values that people may have."""

Manifest = dict[str, Any]
Render = Callable[..., list[Manifest]]


@pytest.fixture(scope="session")
def offline_helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """The helm command without a cluster."""
    return Helm(tmp_path_factory.mktemp("offline-helm"))


@pytest.fixture(scope="session")
def render(offline_helm: Helm) -> Render:
    """Return the objects for some values, or for a file of them. Each is rendered once: helm takes 0.1 s."""
    known: dict[str, list[Manifest]] = {}

    def rendered(values: Mapping[str, Any] | Path | None = None) -> list[Manifest]:
        key = str(values) if isinstance(values, Path) else json.dumps(values)
        if key not in known:
            files = ["--values", str(values)] if isinstance(values, Path) else []
            given = None if isinstance(values, Path) else values
            known[key] = offline_helm.template("--namespace", NAMESPACE, *files, values=given)
        return copy.deepcopy(known[key])

    return rendered


@pytest.fixture(params=CI, ids=lambda path: path.name.removesuffix("-values.yaml"))
def some_values(request: pytest.FixtureRequest) -> Path:
    """One file of values after the other."""
    path: Path = request.param
    return path


def only(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """Return the one object of a kind, and of a name where it is given."""
    found = [
        manifest
        for manifest in manifests
        if manifest["kind"] == kind and name in {"", manifest["metadata"]["name"]}
    ]
    assert len(found) == 1, f"{len(found)} objects of kind {kind} named {name or 'anything'}"
    return found[0]
