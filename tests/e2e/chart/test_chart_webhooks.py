"""Which objects come to us, and through which entry: the selectors, evaluated as the API server does."""

from itertools import product

import pytest
import yaml

from tests.e2e.chart.conftest import NAMESPACE, Manifest, Render, only
from tests.e2e.chart.selectors import Labels, a_namespace, selects
from webhook.core import names
from webhook.core.matching import CHARTS_CONDITIONS
from webhook.core.settings import Settings

ENTRIES = {
    "inferenceservices.hf-token-injector.io": "/mutate",
    "inferenceservice-pods.hf-token-injector.io": "/mutate",
    "llminferenceservice-pods.hf-token-injector.io": "/mutate",
    "local-model-cache-pods.hf-token-injector.io": "/mutate",
    "all-pods.hf-token-injector.io": "/mutate/all",
}
"""For ever: `caBundle`, audit annotations and people's alerts know them by name."""
KSERVE = ("inferenceservice.serving.kserve.io", "llminferenceservice.serving.kserve.io")
RESERVED = (NAMESPACE, "kube-system", "kube-public", "kube-node-lease")
EXCLUDED = ("cert-manager", "kserve", "istio-system", "knative-serving")
CACHE = next(iter(Settings().local_model_namespaces))


def entries_for(configuration: Manifest, namespace: Labels, pod: Labels, resource: str = "pods") -> list[str]:
    """Return the names of the entries that an object in a namespace comes to."""
    return [
        entry["name"]
        for entry in configuration["webhooks"]
        if resource in entry["rules"][0]["resources"]
        and selects(entry["namespaceSelector"], namespace)
        and selects(entry["objectSelector"], pod)
    ]


PODS: list[Labels] = [
    {key: value for key, value in zip(keys, values, strict=True) if value}
    for keys in [(names.INFERENCE_SERVICE_LABEL, names.LLM_PART_OF[0], names.INJECT)]
    for values in product(["", "llama"], ["", "llminferenceservice", "another"], ["", "disabled", "enabled"])
]


@pytest.fixture
def configuration(render: Render) -> Manifest:
    """The configuration as most people install it."""
    return only(render(), "MutatingWebhookConfiguration")


def test_the_entries_keep_their_names_and_paths(configuration: Manifest) -> None:
    """In this order, which is the one that they are called in."""
    found = {entry["name"]: entry["clientConfig"]["service"]["path"] for entry in configuration["webhooks"]}
    assert list(found.items()) == list(ENTRIES.items())


def test_the_configuration_is_called_after_those_of_kserve(configuration: Manifest) -> None:
    """The API server calls configurations in the order of their names, byte by byte."""
    assert configuration["metadata"]["name"] == "mutating-hf-token-injector"
    assert all(name < configuration["metadata"]["name"] for name in KSERVE)


@pytest.mark.parametrize("inject", [None, "enabled", "all", "audit", "enable", "disabled"])
@pytest.mark.parametrize("pod", PODS, ids=str)
def test_a_pod_comes_once_or_not_at_all(configuration: Manifest, inject: str | None, pod: Labels) -> None:
    """By the label of its namespace, what it is of, and its own label."""
    found = entries_for(configuration, a_namespace("team", inject), pod)
    opted_in = inject in set(names.InjectMode)
    if not opted_in or pod.get(names.INJECT) == names.OPTED_OUT:
        assert found == []
    elif names.INFERENCE_SERVICE_LABEL in pod:
        assert found == ["inferenceservice-pods.hf-token-injector.io"]
    elif pod.get(names.LLM_PART_OF[0]) == names.LLM_PART_OF[1]:
        assert found == ["llminferenceservice-pods.hf-token-injector.io"]
    else:
        assert found == (["all-pods.hf-token-injector.io"] if inject == names.InjectMode.ALL else [])


@pytest.mark.parametrize("inject", ["enabled", "all", "audit"])
@pytest.mark.parametrize("pod", PODS, ids=str)
def test_a_pod_of_the_local_model_cache_comes_once(configuration: Manifest, inject: str, pod: Labels) -> None:
    """Its Jobs have no label of KServe's; should one have, the other entry takes it."""
    found = entries_for(configuration, a_namespace(CACHE, inject), pod)
    assert len(found) == (0 if pod.get(names.INJECT) == names.OPTED_OUT else 1)
    if pod == {}:
        assert found == ["local-model-cache-pods.hf-token-injector.io"]


def test_the_local_model_cache_must_opt_in_as_well(configuration: Manifest) -> None:
    """A namespace that nobody labelled is not ours."""
    assert entries_for(configuration, a_namespace(CACHE, None), {}) == []


@pytest.mark.parametrize("inject", ["enabled", "all", "audit"])
@pytest.mark.parametrize("name", [*RESERVED, *EXCLUDED])
def test_reserved_and_excluded_namespaces_are_never_touched(
    configuration: Manifest, name: str, inject: str
) -> None:
    """Labelled or not: what we need to start must not wait for us."""
    for pod in PODS:
        assert entries_for(configuration, a_namespace(name, inject), pod) == []
    assert entries_for(configuration, a_namespace(name, inject), {}, "inferenceservices") == []


def test_excluded_namespaces_are_the_platforms_choice(render: Render) -> None:
    """The reserved ones are not."""
    configuration = only(render({"webhook": {"excludedNamespaces": []}}), "MutatingWebhookConfiguration")
    labels = {names.INFERENCE_SERVICE_LABEL: "llama"}
    assert entries_for(configuration, a_namespace("kserve", "enabled"), labels)
    assert not entries_for(configuration, a_namespace("kube-system", "enabled"), labels)


@pytest.mark.parametrize(
    ("pod", "found"), [({}, 1), ({names.INJECT: "disabled"}, 0), ({names.INJECT: "enabled"}, 1)]
)
def test_an_inference_service_can_opt_out(configuration: Manifest, pod: Labels, found: int) -> None:
    """By its own label; the API server looks at the old object as well, so that the entry is taken back."""
    namespace = a_namespace("team", "enabled")
    assert len(entries_for(configuration, namespace, pod, "inferenceservices")) == found


def test_other_namespaces_of_the_local_model_cache_are_told_to_the_server_too(render: Render) -> None:
    """The entry and the core must mean the same namespaces."""
    manifests = render({"settings": {"localModelCache": {"namespaces": ["one", "two"]}}})
    configuration = only(manifests, "MutatingWebhookConfiguration")
    for name in ("one", "two"):
        for inject in ("enabled", "all"):
            found = entries_for(configuration, a_namespace(name, inject), {})
            assert found == ["local-model-cache-pods.hf-token-injector.io"]
    assert entries_for(configuration, a_namespace(CACHE, "enabled"), {}) == []
    settings = yaml.safe_load(only(manifests, "ConfigMap")["data"]["config.yaml"])
    assert settings["localModelCache"]["namespaces"] == ["one", "two"]


def test_without_a_local_model_cache_its_entry_is_gone(render: Render) -> None:
    """A selector with an empty list would be refused."""
    manifests = render({"settings": {"localModelCache": {"namespaces": []}}})
    entries = [entry["name"] for entry in only(manifests, "MutatingWebhookConfiguration")["webhooks"]]
    assert entries == [name for name in ENTRIES if not name.startswith("local-model-cache")]


def test_conditions_are_those_that_commands_know_as_the_charts(configuration: Manifest) -> None:
    """Of others `explain` and `doctor` say that they are not evaluated."""
    names = {one["name"] for entry in configuration["webhooks"] for one in entry["matchConditions"]}
    assert names == CHARTS_CONDITIONS


def test_every_entry_behaves_alike(configuration: Manifest) -> None:
    """Each field stands there, so that no default of the API server's reads as drift."""
    for entry in configuration["webhooks"]:
        assert {key: entry[key] for key in entry if key[0] in "famrst" and key != "rules"} == {
            "failurePolicy": "Fail",
            "admissionReviewVersions": ["v1"],
            "matchPolicy": "Equivalent",
            "matchConditions": entry["matchConditions"],
            "reinvocationPolicy": "IfNeeded",
            "sideEffects": "NoneOnDryRun",
            "timeoutSeconds": 3,
        }
        [rule] = entry["rules"]
        assert rule["scope"] == "Namespaced"
        assert rule["operations"] == (
            ["CREATE", "UPDATE"] if rule["resources"] == ["inferenceservices"] else ["CREATE"]
        )


def test_no_entry_asks_for_more_than_pods_and_inference_services(configuration: Manifest) -> None:
    """No Leases, Nodes, reviews of tokens or access, and no status: a cluster without us goes on."""
    asked = {
        (group, version, resource)
        for entry in configuration["webhooks"]
        for rule in entry["rules"]
        for group, version, resource in product(rule["apiGroups"], rule["apiVersions"], rule["resources"])
    }
    assert asked == {("", "v1", "pods"), ("serving.kserve.io", "v1beta1", "inferenceservices")}


def test_failure_policy_and_time_limit_are_the_platforms_choice(render: Render) -> None:
    """For all entries alike."""
    values = {"webhook": {"failurePolicy": "Ignore", "timeoutSeconds": 1}, "service": {"port": 8443}}
    for entry in only(render(values), "MutatingWebhookConfiguration")["webhooks"]:
        assert (entry["failurePolicy"], entry["timeoutSeconds"]) == ("Ignore", 1)
        assert entry["clientConfig"]["service"]["port"] == 8443
