"""What holds for any object, however wrong its shapes: golden cases come in, broken at random."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.oracles import INJECTED, Situation, equal_in_two_passes, hold
from webhook.core.decision import Request, Scope
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import Method, MissingSecret
from webhook.core.reasons import Outcome
from webhook.core.settings import MutatePolicy, Rule, SecretRef, Settings

_TOKEN = "hf_" + "aB3" * 12
_PREFIX = "hf-token-injector.io/"
_CASES = Path(__file__).parent.parent / "cases"
_INFERENCE_SERVICE = ("serving.kserve.io", "InferenceService")
_SEEDS = [
    yaml.safe_load(path.read_text())
    for name in ("input.yaml", "old.yaml")
    for path in sorted(_CASES.rglob(name))
]
_SERVICES = [seed for seed in _SEEDS if seed["kind"] == "InferenceService"]
_PODS = [seed for seed in _SEEDS if seed["kind"] == "Pod"]
_OTHERS = [seed for seed in _SEEDS if seed["kind"] not in {"InferenceService", "Pod"}]

_WORDS = st.sampled_from(
    [
        "",
        "hf://acme/model",
        "hf://meta-llama/Llama-3.1-8B",
        "--model_id=acme/other",
        "mine",
        "disabled",
        "file",
        "kserve-container",
        "storage-initializer",
        "worker-container",
        "HF_TOKEN",
        "HUGGING_FACE_HUB_TOKEN",
        "HF_TOKEN_PATH",
        "STORAGE_URI",
        "/var/run/secrets/huggingface",
        _TOKEN,
        f"hf://acme/{_TOKEN}",
        f"--hf-token={_TOKEN}",
        f"modelcar-{_TOKEN}",
        '{"predictor":{"secret":"mine","key":"hf"},"canary/0":{"configMap":"mine","key":"hf"}}',
        f'{{"predictor":{{"secret":"{_TOKEN}","key":"{_TOKEN}"}},"kserve-container":[]}}',
    ]
)
_ANYTHING = st.one_of(
    _WORDS,
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.just([]),
    st.just({}),
    st.lists(_WORDS, max_size=3),
    st.dictionaries(_WORDS, _WORDS, max_size=3),
    st.sampled_from(
        [
            [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": _TOKEN, "key": _TOKEN}}}],
            [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "hf"}}}],
            [{"name": "HF_TOKEN", "value": _TOKEN}],
            {f"{_PREFIX}secret": "mine", f"{_PREFIX}{_TOKEN}": _TOKEN, f"{_PREFIX}secret-key": _TOKEN},
        ]
    ),
)
_PLATFORMS = st.builds(
    Settings,
    method=st.sampled_from(Method),
    missing_secret=st.sampled_from(MissingSecret),
    mutate_inference_services=st.sampled_from(MutatePolicy),
    rules=st.sampled_from(
        [(), (Rule("meta-llama/*", SecretRef("hf-meta", "")),), (Rule("*/other", None), Rule("acme/*", None))]
    ),
)
_CLUSTERS = st.builds(
    lambda annotations, mode, exists: Knowledge(
        {"team-a": Namespace({f"{_PREFIX}inject": mode}, annotations)},
        {"hf-secret": frozenset(["team-a"] * exists)} if exists is not None else {},
    ),
    st.dictionaries(st.sampled_from([f"{_PREFIX}secret", f"{_PREFIX}method"]), _WORDS, max_size=1),
    st.sampled_from(["enabled", "enabled", "audit"]),
    st.sampled_from([None, True, False]),
)
_many = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def _places(node: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Yield container and key of everything below a node."""
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])


@st.composite
def _broken(draw: st.DrawFn, seed: dict[str, Any]) -> dict[str, Any]:
    """Return a seed with a few of its values replaced, dropped, repeated or taken from another object."""
    document: dict[str, Any] = copy.deepcopy(seed)
    for _ in range(draw(st.integers(0, 4))):
        places = [place for place in _places(document) if place[1] not in {"apiVersion", "kind"}]
        if not places:
            return document
        node, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["anything", "drop", "repeat", "graft"])):
            case "anything":
                node[key] = copy.deepcopy(draw(_ANYTHING))
            case "drop":
                del node[key]
            case "repeat" if isinstance(node, list):
                node.append(copy.deepcopy(node[key]))
            case _:
                others = list(_places(draw(st.sampled_from(_SEEDS))))
                there, name = others[draw(st.integers(0, len(others) - 1))]
                node[key] = copy.deepcopy(there[name])
    return document


def _from(seeds: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(seeds).flatmap(_broken)


def _situation(
    document: dict[str, Any], cluster: Knowledge, platform: Settings, old: dict[str, Any] | None = None
) -> Situation:
    group = document["apiVersion"].rpartition("/")[0]
    operation = "CREATE" if old is None else "UPDATE"
    request = Request(group, document["kind"], operation, "team-a", document, old, Scope.ALL)
    return Situation(request, cluster, platform)


@_many
@given(_from(_PODS), _CLUSTERS, _PLATFORMS)
def test_any_pod_is_answered_and_two_passes_are_one(
    document: dict[str, Any], cluster: Knowledge, platform: Settings
) -> None:
    situation = _situation(document, cluster, platform)
    decision = hold(situation)
    if decision.patch:
        equal_in_two_passes(situation, decision)


@_many
@given(_from(_SERVICES), _CLUSTERS, _PLATFORMS)
def test_any_inference_service_is_answered_and_no_entry_of_the_users_changes(
    document: dict[str, Any], cluster: Knowledge, platform: Settings
) -> None:
    decision = hold(_situation(document, cluster, platform))
    if INJECTED not in str(document):
        assert {operation["op"] for operation in decision.patch} <= {"add"}


@_many
@given(
    st.sampled_from(_SERVICES).flatmap(lambda seed: st.tuples(_broken(seed), _broken(seed))),
    _CLUSTERS,
    _PLATFORMS,
)
def test_any_update_of_an_inference_service_is_answered(
    documents: tuple[dict[str, Any], dict[str, Any]], cluster: Knowledge, platform: Settings
) -> None:
    new, old = documents
    hold(_situation(new, cluster, platform, old))


@_many
@given(_from(_OTHERS), _CLUSTERS, _PLATFORMS)
def test_any_other_object_is_answered(
    document: dict[str, Any], cluster: Knowledge, platform: Settings
) -> None:
    hold(_situation(document, cluster, platform))


def _nested(levels: int) -> Any:  # noqa: ANN401 - JSON
    deep: Any = "x"
    for _ in range(levels):
        deep = {"deep": deep}
    return deep


@pytest.mark.parametrize("seed", [_PODS[0], _SERVICES[0]], ids=["Pod", "InferenceService"])
@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_deep_nesting_is_answered(seed: dict[str, Any], levels: int) -> None:
    """Specs that are too deep to compare count as changed."""
    new = {**seed, "spec": {**seed["spec"], "deep": _nested(levels)}}
    old = {**seed, "spec": {**seed["spec"], "deep": _nested(levels)}} if seed in _SERVICES else None
    situation = _situation(new, Knowledge(), Settings(), old)
    assert situation.decide().outcome in {Outcome.INJECTED, Outcome.NOT_NEEDED, Outcome.ALREADY_INJECTED}


def test_a_record_that_is_too_deep_says_nothing() -> None:
    seed = copy.deepcopy(_SERVICES[0])
    seed["metadata"]["annotations"] = {INJECTED: "[" * 60_000}
    hold(_situation(seed, Knowledge(), Settings()))
