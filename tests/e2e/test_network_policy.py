"""`render network-policy` on the real API server: what it reads, and that what it writes is taken as it is.

Cilium's form is applied to Cilium's own CRD. No traffic is sent: there are no nodes.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.binaries import module_folder
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.installing import install_crds
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.team import Team
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve")

_PROGRAM = Path(sys.executable).parent / "hf-token-injector"
_CRD = "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml"
_DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "default-deny"},
    "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
}
_SERVER = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "chat"},
    "spec": {
        "selector": {"matchLabels": {"app": "chat"}},
        "template": {
            "metadata": {"labels": {"app": "chat"}},
            "spec": {
                "containers": [
                    {
                        "name": "vllm",
                        "image": "vllm/vllm-openai",
                        "args": ["--model", "meta-llama/Llama-3.1-8B"],
                    }
                ]
            },
        },
    },
}

Render = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def busy(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Team:
    """A team with a model of the Hub, one from elsewhere, and a server of its own; closed by default."""
    team = Team(make_namespace(None), cluster.api, kubectl)
    team.apply(hugging_face_model("llama"))
    team.apply(hugging_face_model("cached", "pvc://models/llama"))
    team.apply(_SERVER)
    team.apply(_DENY)
    return team


@pytest.fixture
def render(cluster: Cluster) -> Render:
    """The command, as an administrator runs it unless a kubeconfig is given."""

    def render(*arguments: str, kubeconfig: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                _PROGRAM,
                "render",
                "network-policy",
                f"--kubeconfig={kubeconfig or cluster.kubeconfig}",
                *arguments,
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return render


def written(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """Return the policies that were written, by name."""
    assert done.returncode == 0, done.stderr
    return {policy["metadata"]["name"]: policy for policy in yaml.safe_load_all(done.stdout)}


def assert_taken(kubectl: Kubectl, text: str, resource: str, policies: dict[str, dict[str, Any]]) -> None:
    """Apply policies strictly, first as a dry run, and see that nothing of them was dropped or filled in."""
    kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)
    kubectl("apply", "--validate=strict", "-f", "-", stdin=text)
    for name, policy in policies.items():
        namespace = policy["metadata"]["namespace"]
        stored = json.loads(kubectl("get", resource, name, "-n", namespace, "-o", "json"))
        assert stored["spec"] == policy["spec"]


def test_kubernetes_form_is_taken_and_counts_from_then_on(
    busy: Team, render: Render, kubectl: Kubectl
) -> None:
    done = render("-n", busy.namespace)
    policies = written(done)
    assert set(policies) == {"hub-egress-inferenceservices", "hub-egress-deployment-chat"}
    assert "InferenceService llama: predictor downloads meta-llama/Llama-3.1-8B-Instruct" in done.stdout
    assert "These Pods are isolated by default-deny already" in done.stdout
    assert "nothing names a model on the Hub: cached." in done.stdout
    assert_taken(kubectl, done.stdout, "networkpolicy", policies)
    again = render("-n", busy.namespace)
    assert written(again) == policies
    assert "isolated by default-deny already" in again.stdout


def test_its_selectors_find_the_pods_that_kserve_makes(busy: Team, render: Render) -> None:
    """And with `--select named` no Pod that does not ask."""
    for options, expected in ((), {"llama", "cached"}), (("--select", "named"), {"llama"}):
        selector = written(render("-n", busy.namespace, *options))["hub-egress-inferenceservices"]["spec"][
            "podSelector"
        ]
        (expression,) = selector["matchExpressions"]
        key = expression["key"]
        wanted = f"{key} in ({','.join(expression['values'])})" if "values" in expression else key
        for name in ("llama", "cached"):
            busy.predictor(name)
        assert {pod["metadata"]["labels"][key] for pod in busy.pods(wanted)} == expected


def test_ciliums_form_is_taken_by_its_own_crd(
    busy: Team, render: Render, kubectl: Kubectl, cluster: Cluster
) -> None:
    crd = module_folder("cilium", "github.com/cilium/cilium") / _CRD
    install_crds(cluster.api, [yaml.safe_load(crd.read_text())])
    done = render("-n", busy.namespace, "--format", "cilium", "--cidr", "10.1.2.3/32", "--port", "3128")
    assert_taken(kubectl, done.stdout, "ciliumnetworkpolicy", written(done))


def test_a_developer_reads_what_the_developer_may(
    busy: Team, render: Render, cluster: Cluster, tmp_path: Path
) -> None:
    """The rights of `view` know nothing of KServe's kinds; the Pods that KServe makes tell the same."""
    busy.predictor("llama")
    kubeconfig = _account(busy, cluster, tmp_path, "system:aggregate-to-view")
    done = render("-n", busy.namespace, kubeconfig=kubeconfig)
    assert "Not looked at: inferenceservices (" in done.stderr
    assert set(written(done)) == {"hub-egress-inferenceservices", "hub-egress-deployment-chat"}


def test_who_may_read_nothing_is_told_so(
    busy: Team, render: Render, cluster: Cluster, tmp_path: Path
) -> None:
    done = render("-n", busy.namespace, kubeconfig=_account(busy, cluster, tmp_path, ""))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "inferenceservices.serving.kserve.io is forbidden" in done.stderr
    assert "Traceback" not in done.stderr


def _account(team: Team, cluster: Cluster, folder: Path, role: str) -> Path:
    """Make somebody with a ClusterRole in the team's namespace, and return their kubeconfig."""
    api, namespace = cluster.api, team.namespace
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "developer"}}
    api.create(account, namespace)
    if role:
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "developer"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": "developer", "namespace": namespace}],
        }
        api.create(binding, namespace)
        kubectl = Kubectl(cluster.kubeconfig)
        until(
            lambda: kubectl.may(f"{namespace}:developer", "list", "pods", namespace),
            "the API server knows of the rights",
        )
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/developer/token"
    token = api.ok(api.request("POST", path, request))["status"]["token"]
    configuration = yaml.safe_load(cluster.kubeconfig.read_text())
    configuration["users"][0]["user"] = {"token": token}
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(configuration))
    return kubeconfig
