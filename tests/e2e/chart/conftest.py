"""The chart, rendered: helm is all that is needed, but where a test asks for `cluster`."""

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


@pytest.fixture
def render(offline_helm: Helm) -> Render:
    """Return the objects for some values, or for a file of them."""

    def rendered(values: Mapping[str, Any] | Path | None = None, *arguments: str) -> list[Manifest]:
        files = ["--values", str(values)] if isinstance(values, Path) else []
        return offline_helm.template(
            "--namespace",
            NAMESPACE,
            *files,
            *arguments,
            values=None if isinstance(values, Path) else values,
        )

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
