"""The policies that need no server, on a real API server, held to what the webhook decides.

What becomes of each golden case stands in `admission_policy.yaml`, which `docs/admission-policy.md` shows.
To write it anew, for review as a diff: `UPDATE_CASES=1 python -m pytest tests/e2e/test_admission_policy.py`.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.core.oracles import Situation
from tests.e2e.harness.binaries import module_folder
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.installing import install_crds
from tests.e2e.harness.policy_cases import Outcome, Policies
from tests.e2e.harness.policy_compared import CONTAINERS, GOLDEN
from tests.e2e.harness.policy_groups import grouped
from tests.e2e.own_control_plane import cluster, control_plane, processes  # noqa: F401 - fixtures
from webhook.core.decision import Request, Scope
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.settings import MutatePolicy, Settings

_TABLE = Path(__file__).parent / "admission_policy.yaml"


@pytest.fixture(scope="module")
def version() -> str:
    """The oldest version that has these policies."""
    return "1.36"


@pytest.fixture(scope="module")
def policies(cluster: Cluster) -> Policies:  # noqa: F811 - a fixture
    """An API server that knows InferenceServices, and runs nothing of KServe."""
    folder = module_folder("kserve", "github.com/kserve/kserve") / "config/crd/full"
    definition = yaml.safe_load((folder / "serving.kserve.io_inferenceservices.yaml").read_text())
    install_crds(cluster.api, [definition])
    return Policies(cluster.api)


def test_golden_cases_differ_where_and_why_the_table_says(policies: Policies) -> None:
    outcomes = {name: policies.compare(asked) for name, asked in GOLDEN.items()}
    _hold("cases", {why: sorted(names) for why, names in grouped(outcomes).items()})


def test_containers_differ_for_the_reasons_of_the_table_and_none_gets_more(policies: Policies) -> None:
    """A token in a container that never asks for it widens who holds it."""
    outcomes = {text: policies.compare(_pod_with(text)) for text in CONTAINERS}
    _hold("containers", {why: len(texts) for why, texts in grouped(outcomes).items()})
    assert [text for text, outcome in outcomes.items() if _gives_more(outcome)] == []


def test_a_pod_of_fifty_containers_stays_below_the_cost_limit(policies: Policies) -> None:
    """Each with 40 flags and 100 variables; CEL gives an expression up at a million steps."""
    words = [word for number in range(40) for word in (f"--flag-{number}", f"value-{number}")]
    variables = [{"name": f"VARIABLE_{number}", "value": "https://example"} for number in range(100)]
    container = {"command": ["vllm", "serve", "org/x"], "args": words, "env": variables}
    outcome = policies.compare(_pod(*({"name": f"c-{number}", **container} for number in range(50))))
    assert len(outcome.policy) == 50 + 1
    assert outcome.agrees


def _hold(what: str, found: object) -> None:
    """Compare with the table, or write it."""
    table = yaml.safe_load(_TABLE.read_text()) if _TABLE.exists() else {}
    if "UPDATE_CASES" in os.environ:
        _TABLE.write_text(yaml.safe_dump(table | {what: found}, width=1000))
    else:
        assert found == table[what]


def _gives_more(outcome: Outcome) -> bool:
    return not set(outcome.policy) <= set(outcome.webhook)


def _pod_with(text: str) -> Situation:
    """Return the creation of a Pod with the container of a line of the table."""
    return _pod({"name": "main"} | yaml.safe_load(text.rpartition(" -> ")[0]))


def _pod(*containers: dict[str, Any]) -> Situation:
    """Return the creation of a Pod in a namespace where every Pod is looked at."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "case"},
        "spec": {"containers": list(containers)},
    }
    request = Request("", "Pod", "CREATE", "team", pod, scope=Scope.ALL)
    knowledge = Knowledge({"team": Namespace({"hf-token-injector.io/inject": "all"})})
    return Situation(request, knowledge, Settings(mutate_inference_services=MutatePolicy.NEVER))
