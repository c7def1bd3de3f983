"""The server as the chart runs it: its settings, its rights, its Pods."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from certs.store import PERMISSIONS, Permission
from tests.e2e.chart.conftest import NAMESPACE, Manifest, Render, only
from webhook.cluster.events import EVENT_PERMISSIONS
from webhook.cluster.namespaces import NAMESPACE_PERMISSIONS
from webhook.cluster.secrets import secret_permissions
from webhook.cluster.watching import WATCH_PERMISSIONS
from webhook.core.names import Method, MissingSecret
from webhook.settings import CertificateMode, Loaded, load_settings

NAME = "hf-token-injector"


def loaded(manifests: list[Manifest], folder: Path) -> Loaded:
    """Read the ConfigMap as the server would."""
    path = folder / "config.yaml"
    path.write_text(only(manifests, "ConfigMap", _fullname(manifests))["data"]["config.yaml"])
    return load_settings(path, environ={})


def _fullname(manifests: list[Manifest]) -> str:
    name: str = only(manifests, "Deployment")["metadata"]["name"]
    return name


def container(manifests: list[Manifest]) -> dict[str, Any]:
    """Return the server's container."""
    [found] = only(manifests, "Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(found)


def rights(manifests: list[Manifest]) -> set[Permission]:
    """Return the rights of the ServiceAccount, one a verb."""
    found = set()
    for kind in ("ClusterRole", "Role"):
        for role in manifests:
            if role["kind"] == kind and role["metadata"]["labels"]["app.kubernetes.io/component"] != "test":
                for rule in role["rules"]:
                    [group], [resource] = rule["apiGroups"], rule["resources"]
                    for name in rule.get("resourceNames", [""]):
                        found |= {Permission(verb, group, resource, name) for verb in rule["verbs"]}
    return found


def test_the_server_can_read_its_settings(render: Render, some_values: Path, tmp_path: Path) -> None:
    """It stops at the first one that it does not know."""
    manifests = render(some_values)
    server = loaded(manifests, tmp_path).server
    ports = {port["name"]: port["containerPort"] for port in container(manifests)["ports"]}
    assert ports == {"https": server.port, "ops": server.ops_port}


def test_without_values_the_settings_are_those_of_the_server(render: Render, tmp_path: Path) -> None:
    """The chart has no defaults of its own."""
    found = loaded(render(), tmp_path)
    own = load_settings(environ={})
    assert found.settings == own.settings
    assert found.server.log == own.server.log
    assert found.server.certificates.mutating_configuration == own.server.certificates.mutating_configuration
    assert (
        found.server.certificates.validating_configuration == own.server.certificates.validating_configuration
    )
    assert found.server.certificates.secret_name == own.server.certificates.secret_name
    assert found.server.certificates.service == own.server.certificates.service


def test_settings_arrive(render: Render, tmp_path: Path) -> None:
    """Some that are spelt differently in YAML and in the core."""
    values = {
        "settings": {
            "secret": {"name": "hub", "key": "HF_TOKEN"},
            "method": "file",
            "missingSecret": "require",
            "rules": [{"repository": "meta-llama/*", "secret": "none"}],
            "server": {"drainSeconds": 7.5},
        }
    }
    found = loaded(render(values), tmp_path)
    assert (found.settings.secret.name, found.settings.secret.key) == ("hub", "HF_TOKEN")
    assert (found.settings.method, found.settings.missing_secret) == (Method.FILE, MissingSecret.REQUIRE)
    assert found.settings.rules[0].secret is None
    assert found.server.drain_seconds == 7.5


def test_a_changed_setting_rolls_the_pods(render: Render) -> None:
    """And an unchanged one does not."""

    def template(values: dict[str, Any]) -> Any:  # noqa: ANN401 - any YAML
        return only(render(values), "Deployment")["spec"]["template"]

    assert template({}) == template({"metrics": {"dashboard": {"enabled": True}}})
    assert template({}) != template({"settings": {"method": "file"}})


def test_kubelet_waits_for_the_drain(render: Render, some_values: Path, tmp_path: Path) -> None:
    """Killed earlier, a replica would lose what is in flight."""
    manifests = render(some_values)
    server = loaded(manifests, tmp_path).server
    pod = only(manifests, "Deployment")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > server.drain_seconds + server.stop_seconds


@pytest.mark.parametrize("values", [{}, {"webhook": {"name": "another"}, "fullnameOverride": "x"}])
def test_the_rights_are_those_that_the_code_needs(render: Render, values: dict[str, Any]) -> None:
    """No more, no less: and none to any Secret of a team."""
    manifests = render(values)
    configuration = only(manifests, "MutatingWebhookConfiguration")["metadata"]["name"]
    fullname = _fullname(manifests)
    named = {"secret": f"{fullname}-tls", "mutating": configuration, "validating": f"validating-{fullname}"}
    needed = {right._replace(name=named[right.name]) for right in (*PERMISSIONS, *WATCH_PERMISSIONS)}
    needed |= {*NAMESPACE_PERMISSIONS, *EVENT_PERMISSIONS}
    assert rights(manifests) == needed
    [role] = [manifest for manifest in manifests if manifest["kind"] == "Role"]
    assert {resource for rule in role["rules"] for resource in rule["resources"]} == {"secrets"}


def test_secrets_that_are_watched_are_named(render: Render) -> None:
    """The default, those of rules and those that were added: `resourceNames`, and the server's own list."""
    rules = [
        {"repository": "meta-llama/*", "secret": "hf-meta"},
        {"repository": "google/*", "secret": "none"},
        {"repository": "acme/*", "secret": "hf-meta", "key": "acme"},
    ]
    watching = {"watchSecrets": True, "secretNames": ["hf-team"]}
    plain = rights(render({"settings": {"rules": rules}}))
    more = rights(render({"settings": {"rules": rules, "cluster": watching}})) - plain
    names = ("hf-secret", "hf-meta", "hf-team")
    assert more == {right for name in names for right in secret_permissions(name)}


@pytest.mark.parametrize("mode", ["cert-manager", "provided"])
def test_who_brings_certificates_gives_no_right_for_them(render: Render, mode: str) -> None:
    """And needs no fence around one."""
    manifests = render(
        {"certificates": {"mode": mode, **({"provided": {"secretName": "x"}} if mode == "provided" else {})}}
    )
    assert rights(manifests) == {*NAMESPACE_PERMISSIONS, *EVENT_PERMISSIONS}
    assert not [manifest for manifest in manifests if manifest["kind"] == "ValidatingAdmissionPolicy"]


def test_without_events_there_is_no_right_to_any(render: Render) -> None:
    """Nor to ask for the uid of what they are about."""
    given = rights(render({"settings": {"events": {"enabled": False}}}))
    assert not given & set(EVENT_PERMISSIONS)


@pytest.mark.parametrize(
    ("file", "secret", "names"),
    [
        ("cert-manager", f"{NAME}-cert-manager-tls", ("tls.crt", "tls.key")),
        ("provided", "webhook-certificate", ("server.crt", "server.key")),
    ],
)
def test_files_are_mounted_where_the_server_looks(
    render: Render, tmp_path: Path, file: str, secret: str, names: tuple[str, str]
) -> None:
    """Not by subPath, which kubelet never refreshes."""
    manifests = render(Path(__file__).parents[3] / "charts" / NAME / "ci" / f"{file}-values.yaml")
    server = loaded(manifests, tmp_path).server
    assert server.certificates.mode == CertificateMode(file)
    [mount] = [mount for mount in container(manifests)["volumeMounts"] if mount["name"] == "tls"]
    assert "subPath" not in mount
    assert (server.tls.cert_file, server.tls.key_file) == tuple(
        f"{mount['mountPath']}/{name}" for name in names
    )
    volumes = only(manifests, "Deployment")["spec"]["template"]["spec"]["volumes"]
    assert {"secretName": secret, "defaultMode": 0o440} in [volume.get("secret") for volume in volumes]


def test_a_ca_of_the_platform_is_published(render: Render) -> None:
    """PEM in the values, base64 of it in the object."""
    path = Path(__file__).parents[3] / "charts" / NAME / "ci" / "provided-values.yaml"
    pem = yaml.safe_load(path.read_text())["certificates"]["provided"]["caBundle"]
    for entry in only(render(path), "MutatingWebhookConfiguration")["webhooks"]:
        assert base64.b64decode(entry["clientConfig"]["caBundle"]).decode() == pem


def test_cert_manager_is_asked_for_the_names_that_the_api_server_wants(render: Render) -> None:
    """And cainjector is told where the CA is."""
    manifests = render({"certificates": {"mode": "cert-manager"}})
    certificate = only(manifests, "Certificate", NAME)
    assert f"{NAME}.{NAMESPACE}.svc" in certificate["spec"]["dnsNames"]
    annotations = only(manifests, "MutatingWebhookConfiguration")["metadata"]["annotations"]
    assert annotations == {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/{NAME}"}
    assert only(manifests, "Issuer", certificate["spec"]["issuerRef"]["name"])["spec"]["ca"]


def test_an_issuer_of_the_platform_is_used(render: Render) -> None:
    """Then the chart makes none."""
    values = {
        "certificates": {
            "mode": "cert-manager",
            "certManager": {"issuerRef": {"name": "corporate", "kind": "ClusterIssuer"}},
        }
    }
    manifests = render(values)
    assert only(manifests, "Certificate")["spec"]["issuerRef"] == {
        "name": "corporate",
        "kind": "ClusterIssuer",
        "group": "cert-manager.io",
    }
    assert not [manifest for manifest in manifests if manifest["kind"] == "Issuer"]


@pytest.mark.parametrize("replicas", [1, 2, 5])
def test_a_disruption_budget_never_blocks_a_drain(render: Render, replicas: int) -> None:
    """One Pod may always go, and one that is not ready always."""
    budget = only(render({"replicaCount": replicas}), "PodDisruptionBudget")["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert "minAvailable" not in budget


def test_an_autoscaler_owns_the_replicas(render: Render) -> None:
    """Else each upgrade would scale back."""
    assert only(render(), "Deployment")["spec"]["replicas"] == 2
    assert "replicas" not in only(render({"autoscaling": {"enabled": True}}), "Deployment")["spec"]


def test_on_the_nodes_network_a_replica_goes_before_its_successor_comes(render: Render) -> None:
    """Its port is taken until then."""
    spec = only(render({"hostNetwork": True}), "Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
    assert spec["template"]["spec"]["dnsPolicy"] == "ClusterFirstWithHostNet"
    own = only(render(), "Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert own == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({"tag": "1"}, "r.example.com/a:1"),
        ({}, "r.example.com/a:0.1.0"),
        ({"tag": "1", "digest": f"sha256:{'0' * 64}"}, f"r.example.com/a@sha256:{'0' * 64}"),
    ],
)
def test_an_image_is_named_by_digest_tag_or_version(
    render: Render, image: dict[str, str], reference: str
) -> None:
    """The first that there is; the test's Pod runs the same."""
    manifests = render({"image": {"repository": "r.example.com/a", **image}})
    assert container(manifests)["image"] == reference
    assert only(manifests, "Pod")["spec"]["containers"][0]["image"] == reference


def test_probes_tell_alive_from_ready(render: Render) -> None:
    """A replica that drains must not be restarted."""
    found = container(render())
    paths = {name: found[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert paths == {
        "startup": {"path": "/livez", "port": "ops"},
        "liveness": {"path": "/livez", "port": "ops"},
        "readiness": {"path": "/readyz", "port": "ops"},
    }


def test_replicas_are_spread_but_one_node_is_enough(render: Render) -> None:
    """Each constraint counts our own Pods; a platform may give others."""
    pod = only(render(), "Deployment")["spec"]["template"]
    assert pod["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    for constraint in pod["spec"]["topologySpreadConstraints"]:
        assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
        selected = constraint["labelSelector"]["matchLabels"]
        assert selected
        assert selected.items() <= pod["metadata"]["labels"].items()
    own = [{"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}]
    spec = only(render({"topologySpreadConstraints": own}), "Deployment")["spec"]["template"]["spec"]
    assert len(spec["topologySpreadConstraints"]) == 1


def test_there_is_no_cpu_limit(render: Render) -> None:
    """Throttling would turn a burst of Pods into timeouts."""
    assert container(render())["resources"] == {
        "requests": {"cpu": "50m", "memory": "96Mi"},
        "limits": {"memory": "256Mi"},
    }


def test_the_test_pod_may_read_the_configurations(render: Render) -> None:
    """It has a ServiceAccount of its own, for as long as the test runs."""
    manifests = render()
    role = only(manifests, "ClusterRole", f"{NAME}-test")
    assert role["rules"] == [
        {
            "apiGroups": ["admissionregistration.k8s.io"],
            "resources": [f"{kind}webhookconfigurations"],
            "resourceNames": [f"{kind}-hf-token-injector"],
            "verbs": ["get"],
        }
        for kind in ("mutating", "validating")
    ]
    assert only(manifests, "Pod")["spec"]["serviceAccountName"] == f"{NAME}-test"
    for manifest in manifests:
        if manifest["metadata"]["labels"]["app.kubernetes.io/component"] == "test":
            assert manifest["metadata"]["annotations"]["helm.sh/hook"] == "test"
            policy = manifest["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
            assert policy == "before-hook-creation,hook-succeeded"
