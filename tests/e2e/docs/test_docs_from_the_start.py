"""Pages that begin with an empty cluster, or take the webhook away: their lines, one after the other."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.ways import on_a_cluster
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.helm import Helm
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.pages import ROOT, TEAM, Shell
from tests.e2e.harness.processes import Processes
from tests.e2e.harness.release import CONFIGURATION, NAME, NAMESPACE, POLICY, Release
from tests.e2e.harness.team import Reference, Team, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve")

_PROGRAM = Path(sys.executable).parent / NAME


@pytest.fixture
def release(cluster: Cluster, processes: Processes, helm: Helm) -> Iterator[Release]:
    """What is there before the first line: nothing."""
    release = Release(cluster, processes, helm)
    yield release
    release.close()
    helm.try_("uninstall", NAME, "--namespace", NAMESPACE)


def test_the_lines_of_the_readme_end_in_a_pod_with_its_token(shell: Shell, team: Team) -> None:
    for line in on_a_cluster("README.md"):
        said = shell.run(line)
        assert said.code == 0, f"{line}: {said.err}{said.out}"
    assert tokens(team.predictor("llama"))["storage-initializer"] == Reference("hf-secret", "token")


def test_the_platform_engineer_installs_upgrades_breaks_the_glass_and_uninstalls(
    shell: Shell, team: Team, cluster: Cluster
) -> None:
    """What each line does in the end is seen elsewhere; here that it can be pasted, and what is left."""
    team.apply(yaml.safe_load((ROOT / "examples" / "vllm-flag.yaml").read_text()))
    labels = []
    for line in on_a_cluster("docs/platform-engineer.md"):
        if line.startswith("helm upgrade ") and "failurePolicy" in line:
            assert cluster.api.find("MutatingWebhookConfiguration", CONFIGURATION) is None
            assert cluster.api.find("ValidatingWebhookConfiguration", POLICY) is None
        said = shell.run(line)
        assert said.code == 0, f"{line}: {said.err}{said.out}"
        labels.append(cluster.api.get("Namespace", TEAM)["metadata"]["labels"].get(f"{NAME}.io/inject"))
        if "failurePolicy" in line:
            policies = {
                entry["failurePolicy"]
                for kind, name in (("Mutating", CONFIGURATION), ("Validating", POLICY))
                for entry in cluster.api.get(f"{kind}WebhookConfiguration", name)["webhooks"]
            }
            assert policies == {"Ignore"}
    assert [label for label, before in zip(labels[1:], labels, strict=False) if label != before] == [
        "audit",
        "enabled",
        None,
    ]
    assert cluster.api.find("MutatingWebhookConfiguration", CONFIGURATION) is None
    assert cluster.api.find("Namespace", NAMESPACE) is None


def test_the_policies_without_a_server_give_a_pod_its_token(
    shell: Shell, team: Team, kubectl: Kubectl
) -> None:
    rendered = subprocess.run(
        [_PROGRAM, "render", "admission-policy"], capture_output=True, text=True, check=True
    ).stdout
    try:
        for line in on_a_cluster("docs/admission-policy.md"):
            said = shell.run(line)
            assert said.code == 0, f"{line}: {said.err}{said.out}"
        until(team.injected, "a Pod is given its token")
    finally:
        kubectl("delete", "--wait=true", "-f", "-", stdin=rendered)
        until(lambda: team.injected() is False, "the policies are not in force any more")
