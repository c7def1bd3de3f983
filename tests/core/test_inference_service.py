"""What KServe does to an InferenceService between two of our calls does not hide our entry from us."""

import copy
from typing import Any

import pytest

from tests.core.oracles import applied
from webhook.core.admit import admit
from webhook.core.components import label_of, servings
from webhook.core.decision import Action, Decision, Request
from webhook.core.kinds import KINDS, places
from webhook.core.record import container_of, for_pod, parse

_KIND = ("serving.kserve.io", "InferenceService")
_SERVER = {"name": "my-server", "env": [{"name": "STORAGE_URI", "value": "hf://acme/model"}]}


def _defaulted(spec: dict[str, Any]) -> None:
    """Change a spec as KServe's defaulter does (`inference_service_defaults.go`)."""
    predictor = spec["predictor"]
    if "huggingface" in predictor:
        predictor["model"] = {**predictor.pop("huggingface"), "modelFormat": {"name": "huggingface"}}
    for component in spec.values():
        for container in component.get("containers", ())[:1]:
            container["name"] = "kserve-container"


def _decide(operation: str, document: dict[str, Any], old: dict[str, Any] | None = None) -> Decision:
    return admit(Request(*_KIND, operation, "team-a", document, old))


@pytest.mark.parametrize(
    "spec",
    [
        {"predictor": {"huggingface": {"storageUri": "hf://acme/model"}}},
        {"predictor": {"containers": [_SERVER]}},
        {"predictor": {"containers": [{"env": _SERVER["env"]}, {"name": "side"}]}},
        {"predictor": {}, "transformer": {"containers": [_SERVER, {"name": "side"}]}},
        {"predictor": {}, "explainer": {"containers": [_SERVER]}},
    ],
    ids=["legacy field", "sole container", "unnamed container", "transformer", "explainer"],
)
def test_an_entry_is_known_again_after_kserve_has_renamed_what_holds_it(spec: dict[str, Any]) -> None:
    document = {"metadata": {"name": "x"}, "spec": copy.deepcopy(spec)}
    stored = applied(document, _decide("CREATE", document).patch)
    _defaulted(stored["spec"])

    reinvoked = _decide("CREATE", stored)
    assert reinvoked.patch == []
    assert Action.KEEP in {verdict.action for verdict in reinvoked.verdicts}

    opted_out = copy.deepcopy(stored)
    opted_out["metadata"]["labels"] = {"hf-token-injector.io/inject": "disabled"}
    bare = applied(opted_out, _decide("UPDATE", opted_out, stored).patch)
    assert "HF_TOKEN" not in str(bare)


@pytest.mark.parametrize(
    ("label", "container"),
    [
        ("predictor", "kserve-container"),
        ("predictor/transformer-container", "transformer-container"),
        ("predictor/worker/worker-container", "worker-container"),
        ("transformer", "kserve-container"),
        ("canary/0", "kserve-container"),
        ("canary/0/helper", "helper"),
    ],
)
def test_a_label_tells_which_container_it_is_in_the_pod(label: str, container: str) -> None:
    assert container_of(label) == container


def test_every_label_that_we_write_tells_the_container_that_it_stands_for() -> None:
    containers = [{"name": "kserve-container"}, {"name": "helper"}]
    document = {
        "spec": {
            "predictor": {
                "initContainers": [{"name": "init"}],
                "containers": containers,
                "workerSpec": {"containers": [{"name": "worker-container"}]},
            },
            "transformer": {"containers": containers[1:]},
            "canary": [{"predictor": {"containers": containers}}, {"predictor": {"model": {}}}],
        }
    }
    found = [
        serving
        for place in places(document, KINDS[_KIND])
        for serving in servings(place, {})
        if label_of(place)
    ]
    assert len(found) == 8
    for serving in found:
        assert container_of(serving.label) == serving.name


@pytest.mark.parametrize(
    ("component", "keys"),
    [
        ("predictor", {"predictor", "canary/0", "storage-initializer"}),
        ("transformer", {"transformer", "storage-initializer"}),
        ("explainer", {"storage-initializer"}),
        (None, {"predictor", "transformer", "canary/0", "storage-initializer"}),
    ],
)
def test_a_pod_reads_what_its_own_component_recorded(component: str | None, keys: set[str]) -> None:
    text = '{"predictor":{},"transformer":{},"canary/0":{},"storage-initializer":{}}'
    record = parse({"hf-token-injector.io/injected": text})
    assert set(for_pod(record, {"component": component})) == keys
