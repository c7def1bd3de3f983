"""A control plane of the oldest and one of the newest version of Kubernetes, each with its own schemas."""

import pytest

from tests.e2e.own_control_plane import (  # noqa: F401 - fixtures
    cluster,
    control_plane,
    helm,
    kubectl,
    processes,
)


@pytest.fixture(scope="module", params=["1.34", "1.37"])
def version(request: pytest.FixtureRequest) -> str:
    """One version after the other."""
    version: str = request.param
    return version
