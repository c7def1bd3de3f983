"""Alerts and dashboard speak of metrics that there are, and NOTES warn of what matters."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.chart.conftest import NAMESPACE, Manifest, Render, only
from tests.e2e.harness.helm import CHART, Helm
from webhook.core.names import PREFIX, InjectMode, Method, MissingSecret
from webhook.server.event_metrics import EventMetrics
from webhook.server.metrics import Metrics
from webhook.server.rotation_metrics import RotationMetrics
from webhook.server.watch_metrics import WatchMetrics, WatchNumbers

RUNBOOK = (CHART.parents[1] / "docs" / "runbook.md").read_text()
DASHBOARD: dict[str, Any] = json.loads((CHART / "dashboards" / "hf-token-injector.json").read_text())


def known_metrics() -> set[str]:
    """Return the names of all metrics that the server exposes, with the suffixes of their kinds."""
    metrics = Metrics()
    metrics.registry.register(RotationMetrics())
    numbers = {"hf-secret": WatchNumbers(lambda: 0.0)}
    metrics.registry.register(WatchMetrics("namespaces", numbers))
    metrics.registry.register(WatchMetrics("secrets", numbers, "secret"))
    metrics.registry.register(EventMetrics(lambda: 0))
    known = set()
    for family in metrics.registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        known |= {family.name + suffix for suffix in suffixes}
    return known


def queries(manifests: list[Manifest]) -> list[str]:
    """Return every query of the alerts and of the dashboard."""
    rules = only(manifests, "PrometheusRule")["spec"]["groups"][0]["rules"]
    targets = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [rule["expr"] for rule in rules] + targets


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(render: Render) -> None:
    """Or an alert would be silent for ever."""
    manifests = render({"metrics": {"prometheusRule": {"enabled": True}}})
    asked = set(re.findall(r"\bhf_token_injector_\w+", " ".join(queries(manifests))))
    # The certificate's own two are made by the server when it serves.
    served = {
        "hf_token_injector_certificate_expiry_timestamp_seconds",
        "hf_token_injector_certificate_reload_failures_total",
    }
    assert len(asked) > 10
    assert not asked - known_metrics() - served


@pytest.mark.parametrize("counter", ["http_refused", "connections_dropped", "events", "policy_findings"])
def test_what_counts_trouble_has_an_alert_and_a_panel(render: Render, counter: str) -> None:
    """The alert wakes somebody, and the panel shows since when."""
    rules = only(render({"metrics": {"prometheusRule": {"enabled": True}}}), "PrometheusRule")
    alerts = [rule["expr"] for rule in rules["spec"]["groups"][0]["rules"]]
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    for asked in (alerts, panels):
        assert any(f"hf_token_injector_{counter}_total{{namespace=" in expression for expression in asked)


def test_queries_are_balanced(render: Render) -> None:
    """A bracket that is missing keeps Prometheus from loading any rule of the file."""
    for query in queries(render({"metrics": {"prometheusRule": {"enabled": True}}})):
        plain = re.sub(r'"[^"]*"', '""', query)
        for opening, closing in ("()", "{}", "[]"):
            assert plain.count(opening) == plain.count(closing), query


def test_every_alert_says_how_bad_it_is_and_what_it_means(render: Render) -> None:
    """Those about self-managed certificates only where there are any."""
    values: dict[str, Any] = {"metrics": {"prometheusRule": {"enabled": True}}}
    rules = only(render(values), "PrometheusRule")["spec"]["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"].endswith(".")
    values["certificates"] = {"mode": "cert-manager"}
    fewer = only(render(values), "PrometheusRule")["spec"]["groups"][0]["rules"]
    assert 0 < len(fewer) < len(rules)


def test_every_alert_links_its_section_of_the_runbook_and_every_section_has_its_alert(render: Render) -> None:
    page = "https://example.com/docs/runbook.md"
    values: dict[str, Any] = {"metrics": {"prometheusRule": {"enabled": True, "runbookUrl": page}}}
    rules = only(render(values), "PrometheusRule")["spec"]["groups"][0]["rules"]
    alerts = [rule["alert"] for rule in rules]
    sections = re.findall(r"^### (HfTokenInjector\w+)$", RUNBOOK, re.MULTILINE)
    assert sections == sorted(sections, key=alerts.index)
    assert set(sections) == set(alerts)
    assert [rule["annotations"]["runbook_url"] for rule in rules] == [
        f"{page}#{alert.lower()}" for alert in alerts
    ]
    for rule in rules:
        severity = rule["labels"]["severity"]
        assert f"### {rule['alert']}\n\n*{severity}.* " in RUNBOOK
    values["metrics"]["prometheusRule"]["runbookUrl"] = ""
    for rule in only(render(values), "PrometheusRule")["spec"]["groups"][0]["rules"]:
        assert set(rule["annotations"]) == {"summary"}


def test_panels_do_not_overlap() -> None:
    """Grafana would move them about."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_a_monitor_finds_what_it_selects(render: Render, offline_helm: Helm) -> None:
    """By labels and by the port's name."""
    manifests = render({"metrics": {"serviceMonitor": {"enabled": True}}})
    monitor = only(manifests, "ServiceMonitor")["spec"]
    found = [
        manifest
        for manifest in manifests
        if manifest["kind"] == "Service"
        and monitor["selector"]["matchLabels"].items() <= manifest["metadata"]["labels"].items()
    ]
    assert [service["spec"]["ports"][0]["name"] for service in found] == [monitor["endpoints"][0]["port"]]
    manifests = render({"metrics": {"podMonitor": {"enabled": True}}})
    monitor = only(manifests, "PodMonitor")["spec"]
    pod = only(manifests, "Deployment")["spec"]["template"]
    assert monitor["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    ports = [port["name"] for port in pod["spec"]["containers"][0]["ports"]]
    assert monitor["podMetricsEndpoints"][0]["port"] in ports


def test_nothing_of_it_is_rendered_unless_asked_for(render: Render) -> None:
    """Most of it needs CRDs."""
    kinds = {manifest["kind"] for manifest in render()}
    optional = {"ServiceMonitor", "PodMonitor", "PrometheusRule", "NetworkPolicy", "HorizontalPodAutoscaler"}
    assert not kinds & optional


KINDS = ("mutating", "validating")
NOTES = [
    ({"replicaCount": 1}, "1 replica, and failurePolicy is Fail"),
    ({"webhook": {"failurePolicy": "Ignore"}}, "failurePolicy is Ignore"),
    ({"certificates": {"mode": "cert-manager"}}, "does not know cert-manager.io/v1"),
    ({"certificates": {"mode": "provided", "provided": {"secretName": "x"}}}, "caBundle"),
    ({"certificates": {"selfManaged": {"admissionPolicy": {"enabled": False}}}}, "admissionPolicy is off"),
    ({"settings": {"cluster": {"watchSecrets": True}}}, "settings.cluster.watchSecrets is on"),
    (
        {"settings": {"policy": {"literalTokens": "deny"}}, "policyWebhook": {"enabled": False}},
        "policyWebhook is off: nothing is refused",
    ),
    (
        {"settings": {"policy": {"requireToken": "deny"}}, "policyWebhook": {"failurePolicy": "Ignore"}},
        "policyWebhook.failurePolicy is Ignore",
    ),
    ({"hostNetwork": True}, "hostNetwork is on"),
]  # fmt: skip


def notes(helm: Helm, values: dict[str, Any]) -> str:
    """Return what `helm install` prints at its end."""
    arguments = ("install", "hub", str(CHART), "--namespace", NAMESPACE, "--dry-run=client")
    return helm.run(*arguments, values=values).partition("\nNOTES:\n")[2]


def test_the_notes_name_three_commands_and_the_way_out(offline_helm: Helm) -> None:
    """Without a warning where there is nothing to warn of."""
    found = notes(offline_helm, {"settings": {"secret": {"name": "hub", "key": "key"}}})
    assert "WARNING" not in found
    commands = [line.strip() for line in found.splitlines() if line.startswith("   ")]
    assert commands == [
        f"helm test hub --namespace {NAMESPACE}",
        "kubectl label namespace TEAM hf-token-injector.io/inject=enabled",
        "kubectl create secret generic hub --namespace TEAM --from-literal=key=hf_...",
        "kubectl delete mutatingwebhookconfiguration mutating-hub-hf-token-injector",
    ]


@pytest.mark.parametrize(("action", "opened"), [("warn", 1), ("deny", 2)])
def test_the_notes_open_the_way_past_a_policy_that_refuses(
    offline_helm: Helm, action: str, opened: int
) -> None:
    """Only where it would stand in the way while nobody answers."""
    found = notes(offline_helm, {"settings": {"policy": {"literalTokens": action}}})
    commands = [line.strip() for line in found.splitlines() if "kubectl delete" in line]
    expected = [f"kubectl delete {kind}webhookconfiguration {kind}-hub-hf-token-injector" for kind in KINDS]
    assert commands == expected[:opened]


@pytest.mark.parametrize(("values", "warning"), NOTES, ids=[warning for _, warning in NOTES])
def test_the_notes_begin_with_warnings(offline_helm: Helm, values: dict[str, Any], warning: str) -> None:
    """One a line, the first thing that people read."""
    found = notes(offline_helm, values).lstrip()
    assert found.startswith("WARNING: ")
    assert warning in found.splitlines()[0]


def test_the_metadata_policy_knows_the_words_of_the_core(render: Render) -> None:
    """A value that the core learns must not be refused here."""
    manifests = render({"metadataPolicy": {"enabled": True, "action": "Warn"}})
    policy = json.dumps(only(manifests, "ValidatingAdmissionPolicy", "hf-token-injector-metadata"))
    for words in (InjectMode, Method, MissingSecret):
        assert f"[{', '.join(repr(str(word)) for word in words)}]" in policy
    binding = only(manifests, "ValidatingAdmissionPolicyBinding", "hf-token-injector-metadata")
    assert binding["spec"]["validationActions"] == ["Warn"]
    annotations = Path(__file__).parents[3] / "docs" / "reference" / "annotations.md"
    keys = set(
        re.findall(
            rf"^\| `{re.escape(PREFIX)}([a-z-]+)` \| Annotation", annotations.read_text(), re.MULTILINE
        )
    )
    assert keys
    for key in keys:
        assert f"'{key}'" in policy
