"""Several tokens: rules by repository, for the whole cluster and for some namespaces."""

from typing import Any

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.helm import CHART
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model, predictor_pod
from tests.e2e.harness.release import NAME, Release
from tests.e2e.harness.team import Reference, Team, predictor_env, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("release", "kserve")

DEFAULT = Reference("hf-secret", "token")


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """A namespace's own rule in front, two of the whole cluster, and one that gives none."""
    rules = [
        {"repository": "meta-llama/*", "secret": "hf-research", "namespaces": ["research-*"]},
        {"repository": "meta-llama/*", "secret": "hf-meta", "key": "meta"},
        {"repository": "openai-community/gpt2", "secret": "none"},
    ]
    return {"settings": {"rules": rules}}


@pytest.fixture
def research(cluster: Cluster, kubectl: Kubectl, make_namespace: MakeNamespace) -> Team:
    """A team whose namespace the first rule names."""
    return Team(make_namespace(name="research"), cluster.api, kubectl)


def _given(team: Team, uri: str) -> Reference | None:
    """Return the token of a Pod as KServe makes it, for a model."""
    pod = predictor_pod()
    pod["spec"]["initContainers"][0]["args"][0] = uri
    created = team.api.ok(team.api.post(pod, team.namespace, dryRun="All"))
    return tokens(created)["storage-initializer"]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("hf://meta-llama/Llama-3.1-8B", Reference("hf-meta", "meta")),
        ("hf://Meta-Llama/llama-3.1-8b:main", Reference("hf-meta", "meta")),
        ("hf://meta-llama-mirror/Llama-3.1-8B", DEFAULT),
        ("hf://openai-community/gpt2", None),
        ("hf://openai-community/gpt2-large", DEFAULT),
        ("hf://mistralai/Mistral-7B-v0.1", DEFAULT),
    ],
)
def test_a_repository_has_the_secret_of_its_rule(team: Team, uri: str, expected: Reference | None) -> None:
    """Case does not count, as the Hub resolves names; a glob names the whole of owner and name."""
    assert _given(team, uri) == expected


def test_a_namespace_has_rules_of_its_own(research: Team) -> None:
    """In the platform's configuration, in front of those of the cluster."""
    assert _given(research, "hf://meta-llama/Llama-3.1-8B") == Reference("hf-research", "token")
    assert _given(research, "hf://mistralai/Mistral-7B-v0.1") == DEFAULT


def test_object_and_pod_agree(team: Team) -> None:
    """The InferenceService shows what its Pods get, and nothing where a rule gives nothing."""
    team.apply(hugging_face_model("llama"))
    team.apply(hugging_face_model("gpt", "hf://openai-community/gpt2"))
    (entry,) = predictor_env(team.inference_service("llama"))
    assert entry["valueFrom"]["secretKeyRef"]["name"] == "hf-meta"
    assert tokens(team.predictor("llama"))["storage-initializer"] == Reference("hf-meta", "meta")
    assert predictor_env(team.inference_service("gpt")) == []
    assert tokens(team.predictor("gpt"))["storage-initializer"] is None


def test_what_a_namespace_or_a_workload_says_is_stronger(
    cluster: Cluster, kubectl: Kubectl, make_namespace: MakeNamespace
) -> None:
    """An annotation on the Namespace ends all rules for it; one on the workload ends that in turn."""
    namespace = make_namespace(annotations={"hf-token-injector.io/secret": "hf-of-the-team"})
    team = Team(namespace, cluster.api, kubectl)
    until(
        lambda: _given(team, "hf://meta-llama/Llama-3.1-8B") == Reference("hf-of-the-team", "token"),
        "the server knows what the Namespace says",
    )
    team.apply(hugging_face_model("llama", annotations={"hf-token-injector.io/secret": "hf-of-the-workload"}))
    assert tokens(team.predictor("llama"))["storage-initializer"] == Reference("hf-of-the-workload", "token")


def test_a_wrong_rule_is_refused_before_anything_is_sent(release: Release) -> None:
    """By the chart's schema."""
    wrong = {"settings": {"rules": [{"repository": "meta-llama/*", "secrets": "x"}]}}
    said = release.helm.try_("template", NAME, CHART, values=wrong)
    assert said.code != 0
    assert "additional properties 'secrets' not allowed" in said.err
