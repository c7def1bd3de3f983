"""The policy's webhook configuration: whose objects are judged, and what happens while nobody does."""

import base64
from itertools import product
from typing import Any

import pytest
import yaml

from tests.e2e.chart.conftest import NAMESPACE, Manifest, Render, only
from tests.e2e.chart.selectors import a_namespace, selects
from tests.e2e.harness.helm import CHART
from webhook.core.names import InjectMode
from webhook.core.policy.finding import Check

ENTRIES = (
    "inferenceservices.policy.hf-token-injector.io",
    "llminferenceservices.policy.hf-token-injector.io",
    "servingruntimes.policy.hf-token-injector.io",
    "clusterservingruntimes.policy.hf-token-injector.io",
    "pods.policy.hf-token-injector.io",
    "controlled-pods.policy.hf-token-injector.io",
)
"""For ever: `caBundle`, audit annotations and people's alerts know them by name."""
RESERVED = (NAMESPACE, "kube-system", "kube-public", "kube-node-lease")
EXCLUDED = ("cert-manager", "kserve", "istio-system", "knative-serving")


def judging(values: dict[str, Any], render: Render) -> list[dict[str, Any]]:
    """Return the entries for some values."""
    entries: list[dict[str, Any]] = only(render(values), "ValidatingWebhookConfiguration")["webhooks"]
    return entries


@pytest.fixture
def configuration(render: Render) -> Manifest:
    """The configuration as most people install it."""
    return only(render(), "ValidatingWebhookConfiguration")


def test_the_policy_entries_keep_their_names_and_their_path(configuration: Manifest) -> None:
    """The server knows the path, everybody else the names."""
    assert configuration["metadata"]["name"] == "validating-hf-token-injector"
    found = [(entry["name"], entry["clientConfig"]["service"]["path"]) for entry in configuration["webhooks"]]
    assert found == [(name, "/validate") for name in ENTRIES]


def test_every_policy_entry_behaves_alike(configuration: Manifest) -> None:
    """Each field stands there, so that no default of the API server's reads as drift."""
    for entry in configuration["webhooks"]:
        found = {key: entry[key] for key in entry if key[0] in "afmost" and key != "matchConditions"}
        assert found == {
            "failurePolicy": "Ignore",
            "admissionReviewVersions": ["v1"],
            "matchPolicy": "Equivalent",
            "objectSelector": {},
            "sideEffects": "NoneOnDryRun",
            "timeoutSeconds": 3,
        }


def test_the_policy_asks_for_what_runs_models_and_no_more(configuration: Manifest) -> None:
    """No status, nothing that an outage brings most of; both versions of an LLMInferenceService."""
    rules = [rule for entry in configuration["webhooks"] for rule in entry["rules"]]
    assert len(rules) == len(ENTRIES)
    asked = {
        (version, resource, rule["scope"], *rule["operations"])
        for rule in rules
        for version, resource in product(rule["apiVersions"], rule["resources"])
    }
    assert asked == {
        ("v1beta1", "inferenceservices", "Namespaced", "CREATE", "UPDATE"),
        ("v1alpha1", "llminferenceservices", "Namespaced", "CREATE", "UPDATE"),
        ("v1alpha2", "llminferenceservices", "Namespaced", "CREATE", "UPDATE"),
        ("v1alpha1", "servingruntimes", "Namespaced", "CREATE", "UPDATE"),
        ("v1alpha1", "clusterservingruntimes", "Cluster", "CREATE", "UPDATE"),
        ("v1", "pods", "Namespaced", "CREATE"),
    }


@pytest.mark.parametrize("inject", [None, "enabled", "all", "audit", "disabled"])
def test_namespaces_that_opted_in_are_judged(configuration: Manifest, inject: str | None) -> None:
    """And no others: nothing is touched until a namespace opts in. Labels of a workload do not count."""
    for entry in configuration["webhooks"]:
        if entry["rules"][0]["scope"] == "Namespaced":
            found = selects(entry["namespaceSelector"], a_namespace("team", inject))
            assert found == (inject in set(InjectMode))


def test_a_runtime_of_the_whole_cluster_is_always_judged(configuration: Manifest) -> None:
    """It is of no namespace; a selector there would only look as if it did something."""
    [entry] = [entry for entry in configuration["webhooks"] if entry["rules"][0]["scope"] == "Cluster"]
    assert entry["namespaceSelector"] == {}


@pytest.mark.parametrize("name", ["team", *RESERVED, *EXCLUDED])
def test_a_platform_can_have_every_namespace_judged(render: Render, name: str) -> None:
    """But those that are never touched."""
    values: dict[str, Any] = {"policyWebhook": {"namespaceSelector": {"matchExpressions": []}}}
    for entry in judging(values, render):
        if entry["rules"][0]["scope"] == "Namespaced":
            assert selects(entry["namespaceSelector"], a_namespace(name, None)) == (name == "team")


def test_a_platform_can_have_namespaces_judged_by_a_label_of_its_own(render: Render) -> None:
    """Such as one that teams cannot take away."""
    own = {"key": "tier", "operator": "In", "values": ["production"]}
    values = {"policyWebhook": {"namespaceSelector": {"matchExpressions": [own]}}}
    for entry in judging(values, render):
        if entry["rules"][0]["scope"] == "Namespaced":
            labels = a_namespace("team", "enabled")
            assert not selects(entry["namespaceSelector"], labels)
            assert selects(entry["namespaceSelector"], labels | {"tier": "production"})


def refusing(check: Check) -> dict[str, Any]:
    """Return the setting by which a check refuses."""
    return {check.value: {"action": "deny"} if check is Check.REPOSITORIES else "deny"}


def failure_policies(values: dict[str, Any], render: Render) -> tuple[set[str], str]:
    """Return the failure policy of all entries but the last, and that of Pods that have a controller."""
    *others, controlled = judging(values, render)
    assert controlled["name"].startswith("controlled-pods")
    return {entry["failurePolicy"] for entry in others}, controlled["failurePolicy"]


@pytest.mark.parametrize("check", Check)
def test_what_is_refused_must_not_get_in_while_nobody_answers(render: Render, check: Check) -> None:
    """By any check; Pods that have a controller are only warned about, and so must go on."""
    policy = refusing(check)
    assert failure_policies({"settings": {"policy": policy}}, render) == ({"Fail"}, "Ignore")
    policy["pods"] = "deny"
    assert failure_policies({"settings": {"policy": policy}}, render) == ({"Fail"}, "Fail")


def test_what_is_only_warned_about_goes_on_while_nobody_answers(render: Render) -> None:
    """Whatever is said of Pods."""
    policy = {"requireToken": "warn", "literalTokens": "allow", "pods": "deny"}
    assert failure_policies({"settings": {"policy": policy}}, render) == ({"Ignore"}, "Ignore")


@pytest.mark.parametrize("chosen", ["Fail", "Ignore"])
def test_a_platform_can_choose_the_failure_policy(render: Render, chosen: str) -> None:
    """For all entries alike."""
    values = {
        "settings": {"policy": {"literalTokens": "deny"}},
        "policyWebhook": {"failurePolicy": chosen},
    }
    assert failure_policies(values, render) == ({chosen}, chosen)


def test_a_policy_that_is_off_renders_nothing(render: Render) -> None:
    """And nobody is asked about it by `helm test`."""
    manifests = render({"policyWebhook": {"enabled": False}})
    assert not [one for one in manifests if one["kind"] == "ValidatingWebhookConfiguration"]
    [container] = only(manifests, "Pod")["spec"]["containers"]
    assert "--validating-configuration=" in container["args"]
    [rule] = only(manifests, "ClusterRole", "hf-token-injector-test")["rules"]
    assert rule["resources"] == ["mutatingwebhookconfigurations"]


def test_both_configurations_trust_the_same_ca(render: Render) -> None:
    """By cainjector's annotation, by the CA of the values, or by an annotation of the platform's."""
    pem = yaml.safe_load((CHART / "ci" / "provided-values.yaml").read_text())
    for values in (
        {"certificates": {"mode": "cert-manager"}},
        {
            "certificates": {"mode": "provided", "provided": {"secretName": "x"}},
            "webhook": {"annotations": {"a": "b"}},
        },
        pem,
    ):
        manifests = render(values)
        mutating = only(manifests, "MutatingWebhookConfiguration")
        validating = only(manifests, "ValidatingWebhookConfiguration")
        assert mutating["metadata"].get("annotations") == validating["metadata"].get("annotations")
        assert bundles(mutating) == bundles(validating)
    assert bundles(validating) == {pem["certificates"]["provided"]["caBundle"]}


def bundles(configuration: Manifest) -> set[str]:
    """Return the CAs of all entries."""
    found = {entry["clientConfig"].get("caBundle", "") for entry in configuration["webhooks"]}
    return {base64.b64decode(bundle).decode() for bundle in found}
