"""What the tests of rotation begin with."""

import pytest

from certs.store import (
    Kind,
)
from tests.certs.cluster import Cluster, configuration


@pytest.fixture
def cluster() -> Cluster:
    """A cluster right after the chart was installed."""
    cluster = Cluster()
    cluster.configurations = {
        Kind.MUTATING: configuration("inferenceservices", "pods"),
        Kind.VALIDATING: configuration("policy"),
    }
    cluster.remember()
    return cluster
