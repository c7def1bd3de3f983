import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.kubernetes_objects import KubernetesObjects
from webhook.cli.main import cli
from webhook.cluster.resources import RESOURCES

SERVICE = {
    "apiVersion": "serving.kserve.io/v1beta1",
    "kind": "InferenceService",
    "metadata": {"name": "llama", "namespace": "team-a"},
    "spec": {
        "predictor": {"model": {"modelFormat": {"name": "huggingface"}, "storageUri": "hf://org/model"}}
    },
}


def deployment(endpoint: str = "", **labels: str) -> dict[str, Any]:
    env = [{"name": "HF_ENDPOINT", "value": endpoint}] if endpoint else []
    container = {"name": "vllm", "image": "vllm/vllm-openai", "args": ["--model", "a/b"], "env": env}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat", "namespace": "team-b"},
        "spec": spec,
    }


def render(*arguments: str, objects: list[dict[str, Any]] | None = None) -> Result:
    text = "---\n".join(json.dumps(one) + "\n" for one in objects or [SERVICE])
    return CliRunner().invoke(cli, ["render", "network-policy", "-f", "-", *arguments], input=text)


def policies(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return list(yaml.safe_load_all(result.stdout))


def test_each_namespace_gets_its_policies_with_comments_that_say_for_whom() -> None:
    result = render(objects=[SERVICE, deployment(app="chat")])
    first, second = policies(result)
    assert first["metadata"] == {"name": "hub-egress-inferenceservices", "namespace": "team-a"}
    assert second["metadata"] == {"name": "hub-egress-deployment-chat", "namespace": "team-b"}
    assert second["spec"]["podSelector"] == {"matchLabels": {"app": "chat"}}
    assert "# InferenceService llama: predictor downloads org/model" in result.stdout
    assert "A NetworkPolicy cannot name hosts" in result.stdout


def test_kubernetes_form_opens_dns_and_public_addresses() -> None:
    (policy,) = policies(render())
    dns, hub = policy["spec"]["egress"]
    assert {(port["port"], port["protocol"]) for port in dns["ports"]} >= {(53, "UDP"), (53, "TCP")}
    assert hub["ports"] == [{"protocol": "TCP", "port": 443}]
    (four, six) = (peer["ipBlock"] for peer in hub["to"])
    assert four["cidr"] == "0.0.0.0/0"
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(four["except"])
    assert six["cidr"] == "::/0"


def test_ciliums_form_names_hosts() -> None:
    (policy,) = policies(render("--format", "cilium"))
    dns, hub = policy["spec"]["egress"]
    assert dns["toPorts"][0]["rules"]["dns"] == [{"matchPattern": "*"}]
    assert {"matchName": "huggingface.co"} in hub["toFQDNs"]
    assert {"matchPattern": "*.xethub.hf.co"} in hub["toFQDNs"]


def test_a_proxy_takes_the_place_of_all_public_addresses() -> None:
    options = ("--cidr", "10.1.2.3/32", "--port", "3128")
    (policy,) = policies(render(*options))
    assert policy["spec"]["egress"][1] == {
        "to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}],
        "ports": [{"protocol": "TCP", "port": 3128}],
    }
    (policy,) = policies(render(*options, "-o", "cilium"))
    assert policy["spec"]["egress"][2]["toCIDR"] == ["10.1.2.3/32"]


@pytest.mark.parametrize(
    ("endpoint", "kubernetes", "cilium"),
    [
        (
            "http://hub.models.svc:8080",
            {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "models"}}}]},
            {"toEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "models"}}]},
        ),
        (
            "https://10.9.8.7:8443",
            {
                "to": [{"ipBlock": {"cidr": "10.9.8.7/32"}}],
                "ports": [{"protocol": "TCP", "port": 8443}],
            },
            {
                "toCIDR": ["10.9.8.7/32"],
                "toPorts": [{"ports": [{"port": "8443", "protocol": "TCP"}]}],
            },
        ),
        (
            "https://mirror.example",
            None,
            {
                "toFQDNs": [{"matchName": "mirror.example"}],
                "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
            },
        ),
    ],
)
def test_a_mirror_is_let_through_too(
    endpoint: str, kubernetes: dict[str, Any] | None, cilium: dict[str, Any]
) -> None:
    objects = [deployment(endpoint, app="chat")]
    result = render(objects=objects)
    (policy,) = policies(result)
    assert policy["spec"]["egress"][2:] == ([kubernetes] if kubernetes else [])
    assert f"# {endpoint}" in result.stdout
    (policy,) = policies(render("--format", "cilium", objects=objects))
    assert policy["spec"]["egress"][-1] == cilium


def test_a_mirrors_own_port_is_opened() -> None:
    (policy,) = policies(render(objects=[deployment("https://mirror.example:8443", app="chat")]))
    assert policy["spec"]["egress"][2]["ports"] == [{"protocol": "TCP", "port": 8443}]


def test_the_platforms_mirrors_count(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("hub: {endpoints: ['https://huggingface.co', 'https://hub.corp.example']}\n")
    (policy,) = policies(render("--config", str(config), "--format", "cilium"))
    assert policy["spec"]["egress"][-1]["toFQDNs"] == [{"matchName": "hub.corp.example"}]


def test_who_is_selected_beside_is_told_and_can_be_left_out() -> None:
    iris: dict[str, Any] = json.loads(json.dumps(SERVICE))
    iris["metadata"]["name"] = "iris"
    iris["spec"]["predictor"]["model"]["storageUri"] = "s3://bucket/iris"
    assert "names a model on the Hub: iris." in render(objects=[SERVICE, iris]).stdout
    result = render("--select", "named", objects=[SERVICE, iris])
    assert "iris" not in result.stdout
    (policy,) = policies(result)
    assert policy["spec"]["podSelector"]["matchExpressions"][0]["values"] == ["llama"]


def test_nothing_is_written_where_nothing_asks_or_can_be_selected() -> None:
    result = render(objects=[{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "asks the Hub; no policy is written" in result.stderr
    result = render(objects=[deployment() | {"apiVersion": "batch/v1", "kind": "Job"} | {"kind": "CronJob"}])
    assert result.stdout == ""
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare"}}
    bare["spec"] = deployment()["spec"]["template"]["spec"]
    result = render(objects=[bare])
    assert result.stdout == ""
    assert "Pod bare in namespace default asks the Hub, but its Pods have no label" in result.stderr


def test_names_cannot_end_a_comment_and_no_token_is_written() -> None:
    odd = json.loads(json.dumps(SERVICE))
    odd["metadata"]["name"] = "a\nkind: Secret hf_abcdefghijklmnopqrstuvwxyz"
    result = render("--select", "named", objects=[odd])
    assert policies(result)[0]["kind"] == "NetworkPolicy"
    assert "hf_abc" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--cidr", "10.0.0.1/8"), "has host bits set"),
        (("--port", "0"), "not in the range"),
        (("-f", "no-such-file.yaml"), "no-such-file.yaml"),
    ],
)
def test_a_wrong_command_line_is_told(arguments: tuple[str, ...], sentence: str) -> None:
    result = render(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_broken_manifest_is_told_with_its_place() -> None:
    result = CliRunner().invoke(cli, ["render", "network-policy", "-f", "-"], input="a: [\n")
    assert result.exit_code == 2
    assert "<stdin>:" in result.stderr


DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "team-a"},
    "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
}


def live(objects: KubernetesObjects, folder: Path, *arguments: str) -> Result:
    kubeconfig = f"--kubeconfig={objects.kubeconfig(folder)}"
    return CliRunner().invoke(cli, ["render", "network-policy", kubeconfig, *arguments])


def test_a_cluster_is_read_with_its_policies(objects: KubernetesObjects, tmp_path: Path) -> None:
    objects.add(SERVICE, deployment(app="chat"), DENY)
    result = live(objects, tmp_path, "-n", "team-a")
    (policy,) = policies(result)
    assert policy["metadata"]["namespace"] == "team-a"
    assert "These Pods are isolated by deny already" in result.stdout
    assert "No NetworkPolicy isolates these Pods so far" in live(objects, tmp_path, "-n", "team-b").stdout
    assert "defaults are assumed" in result.stderr


def test_a_policy_that_was_applied_is_not_named_as_another_one(
    objects: KubernetesObjects, tmp_path: Path
) -> None:
    objects.add(SERVICE)
    (applied,) = policies(live(objects, tmp_path, "-n", "team-a"))
    objects.add(applied)
    again = live(objects, tmp_path, "-n", "team-a")
    assert policies(again) == [applied]
    assert (
        "# This policy is there already, and no other NetworkPolicy isolates these Pods. A Pod"
        in again.stdout
    )
    cilium = live(objects, tmp_path, "-n", "team-a", "--format", "cilium").stdout
    assert f"# These Pods are isolated by {applied['metadata']['name']} already" in cilium
    objects.add(DENY)
    assert "# These Pods are isolated by deny already" in live(objects, tmp_path, "-n", "team-a").stdout


def test_what_may_not_be_read_is_told_and_the_rest_is_used(
    objects: KubernetesObjects, tmp_path: Path
) -> None:
    objects.add(SERVICE, DENY)
    objects.forbidden |= {("list", "deployments"), ("list", "networkpolicies")}
    result = live(objects, tmp_path, "-n", "team-a")
    assert len(policies(result)) == 1
    assert "Not looked at: deployments (" in result.stderr
    assert "Whether another policy isolates these Pods already is not known" in result.stdout


def test_a_namespace_that_does_not_exist_is_told(objects: KubernetesObjects, tmp_path: Path) -> None:
    result = live(objects, tmp_path, "-n", "team-z")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no namespace team-z." in result.stderr


def test_a_cluster_that_lets_nothing_be_read_or_is_away_is_told(
    objects: KubernetesObjects, tmp_path: Path
) -> None:
    objects.forbidden |= {("list", resource.plural) for resource in RESOURCES}
    objects.groups |= {resource.group for resource in RESOURCES}
    result = live(objects, tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "inferenceservices is forbidden" in result.stderr
    objects.stop()
    result = live(objects, tmp_path)
    assert result.exit_code == 2
    assert "cannot be reached" in result.stderr
