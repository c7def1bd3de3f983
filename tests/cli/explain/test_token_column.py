"""The column TOKEN: a plain yes is a token that is there, as far as anybody can tell."""

import re
from typing import Any

import pytest

from tests.cli.explain.conftest import Cluster, Explain
from tests.cli.explain.workloads import OURS, RECORD, inference_service, predictor_pod

POD = "pod/llama-predictor-6d9c-x2x"


def cell(explain: Explain, container: str, what: str = POD) -> str:
    """Return what the first row of a container says in its second column."""
    lines = explain(what, "-n", "team-a").stdout.splitlines()
    row = next(line for line in lines if line.startswith(f"{container} "))
    return re.split(r" {3,}", row)[1]


def with_entry() -> dict[str, Any]:
    """Return an InferenceService that has our entry."""
    service = inference_service()
    service["spec"]["predictor"]["model"]["env"] = [OURS]
    noted = RECORD.replace("storage-initializer", "predictor")
    service["metadata"]["annotations"] = {"hf-token-injector.io/injected": noted}
    return service


def test_an_entry_is_a_yes_where_its_secret_and_key_are_there(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(ours=True))
    assert cell(explain, "storage-initializer") == "yes"


def test_an_entry_without_its_key_or_its_secret_is_none(cluster: Cluster, explain: Explain) -> None:
    cluster.secret("hf-secret", "other")
    cluster.objects.add(predictor_pod(ours=True))
    assert cell(explain, "storage-initializer") == "no key"
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    assert cell(explain, "storage-initializer") == "no Secret"
    assert "\x1b[31mno Secret\x1b[0m" in explain(POD, "-n", "team-a", "--color", "always").stdout


def test_a_token_of_its_own_is_none_either_without_its_config_map(cluster: Cluster, explain: Explain) -> None:
    mine = {"name": "HF_TOKEN", "valueFrom": {"configMapKeyRef": {"name": "mine", "key": "token"}}}
    cluster.objects.add(predictor_pod(env=[mine]))
    assert cell(explain, "storage-initializer") == "no ConfigMap"


def test_an_entry_whose_secret_may_not_be_seen_is_a_yes_with_a_question_mark(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.objects.add(predictor_pod(ours=True))
    cluster.objects.forbidden.add(("get", "secrets"))
    assert cell(explain, "storage-initializer") == "yes?"


@pytest.mark.parametrize("mode", ["audit", None])
def test_an_entry_of_an_object_whose_pods_have_no_token_is_said_to_be_no_more(
    cluster: Cluster, explain: Explain, mode: str | None
) -> None:
    cluster.namespace("team-a", mode)
    cluster.objects.add(with_entry(), predictor_pod())
    assert cell(explain, "predictor", "isvc/llama") == "entry only"
    assert cell(explain, "storage-initializer", "isvc/llama") == "missing"
