"""A control plane for each file of this folder, without KServe: API servers come and go here."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.own_control_plane import (  # noqa: F401 - fixtures
    cluster,
    control_plane,
    helm,
    kubectl,
    processes,
    version,
)


@pytest.fixture(scope="module")
def replicas() -> int:
    """Two, as the chart has it."""
    return 2


@pytest.fixture
def namespace(make_namespace: MakeNamespace) -> str:
    """A namespace whose Pods need nothing of KServe to be ours."""
    return make_namespace("all")
