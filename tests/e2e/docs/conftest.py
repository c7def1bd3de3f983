"""What the pages take for given: a team's namespace of the name that they use, and a shell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.namespaces import create_namespace
from tests.e2e.harness.pages import TEAM, Shell
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import Team
from tests.e2e.harness.waiting import until
from webhook.core.names import INJECT, METHOD


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """The team's namespace; gone after the module."""
    create_namespace(cluster.api, TEAM)
    yield TEAM
    cluster.api.delete("Namespace", TEAM)
    until(lambda: cluster.api.find("Namespace", TEAM) is None, f"{TEAM} is gone")


@pytest.fixture
def team(namespace: str, cluster: Cluster, kubectl: Kubectl) -> Iterator[Team]:
    """The team, with nothing in its namespace, neither before nor after the test."""
    team = Team(namespace, cluster.api, kubectl)
    yield team
    kubectl("delete", "-n", namespace, "--all", "--wait=true", "isvc,pods")
    kubectl("delete", "-n", namespace, "--ignore-not-found", "secret", "hf-secret")
    kubectl("label", "namespace", namespace, f"{INJECT}-")
    kubectl("annotate", "namespace", namespace, f"{METHOD}-")
    until(lambda: not team.pods(), "the Pods are gone")

    until(lambda: team.injected() is False, "the API server knows that the label is gone")


@pytest.fixture
def shell(tmp_path: Path, release: Release, team: Team) -> Shell:
    """A shell in something like a checkout."""
    return Shell(tmp_path, release, team)
