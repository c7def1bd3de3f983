"""What holds for any object: an answer, the same again, and no part of a token in it."""

import copy
import json
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.core.decision import Request
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.policy.finding import Fault
from webhook.core.settings import Policy, PolicyAction, RepositoryPolicy, Settings
from webhook.core.validate import KINDS, validate

_ACTIONS = st.sampled_from(PolicyAction)
_POLICIES = st.builds(
    Policy,
    _ACTIONS,
    st.builds(RepositoryPolicy, st.just(("acme/*",)), st.just(("evil/*",)), _ACTIONS),
    _ACTIONS,
    _ACTIONS,
    _ACTIONS,
)
_TOKENS = st.builds(
    lambda prefix, body: f"{prefix}aB3{body}",
    st.sampled_from(["hf_", "api_org_", "hf_oauth_", "hf_jwt_"]),
    st.text(string.ascii_letters + string.digits, min_size=31, max_size=31),
)
_HOLDER = "%TOKEN%"
"""Stands for the token while an object is drawn."""

_KEYS = st.sampled_from(
    [
        *("metadata", "spec", "containers", "initContainers", "env", "name", "value", "args", "command"),
        *("image", "predictor", "transformer", "model", "storageUri", "storage", "parameters", "token"),
        *("annotations", "labels", "template", "uri", "lora", "adapters", "canary", "envFrom", "valueFrom"),
        *("kubectl.kubernetes.io/last-applied-configuration", "hf-token-injector.io/secret", "HF_TOKEN"),
        f"a-{_HOLDER}",
    ]
)
_AROUND = st.sampled_from(
    [
        "%TOKEN%",
        "--hf-token=%TOKEN%",
        "export HF_TOKEN=%TOKEN%",
        "https://user:%TOKEN%@huggingface.co/x",
        "hf://acme/%TOKEN%",
        "hf://acme/x:%TOKEN%",
        "vllm serve acme/x --revision %TOKEN%",
        "hf download evil/%TOKEN% --token %TOKEN%",
        '{"name":"HF_TOKEN","value":"%TOKEN%"}',
        "snapshot_download('acme/%TOKEN%', token='%TOKEN%', trust_remote_code=True)",
        "main",
        "HF_TOKEN",
        "vllm",
        "serve",
        "$(main)",
    ]
)


_JSON = st.recursive(
    st.one_of(_AROUND, _AROUND, st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=5)),
    max_leaves=20,
)
_WORDS = st.lists(_AROUND, max_size=4)
_CONTAINER = st.fixed_dictionaries(
    {"name": _AROUND},
    optional={
        "args": _WORDS,
        "command": _WORDS,
        "env": st.lists(st.fixed_dictionaries({"name": _AROUND, "value": _AROUND}), max_size=3),
        "storageUri": _AROUND,
        "storage": st.fixed_dictionaries({"parameters": st.fixed_dictionaries({"token": _AROUND})}),
        "extra": _JSON,
    },
)
_SPEC = st.fixed_dictionaries(
    {"containers": st.lists(_CONTAINER, max_size=2)},
    optional={
        "predictor": st.fixed_dictionaries({"model": _CONTAINER}),
        "model": st.fixed_dictionaries({"uri": _AROUND}),
        "template": st.fixed_dictionaries({"initContainers": st.lists(_CONTAINER, max_size=2)}),
    },
)
_OBJECTS = st.fixed_dictionaries({"metadata": _JSON, "spec": st.one_of(_SPEC, _SPEC, _JSON)})


def _with(token: str, document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document).replace(_HOLDER, token))
    return found


@settings(max_examples=200, deadline=None)
@given(
    _TOKENS,
    st.tuples(_OBJECTS, _OBJECTS),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(["CREATE", "UPDATE"]),
    _POLICIES,
)
def test_any_object_is_answered_without_a_part_of_a_token(
    token: str,
    documents: tuple[dict[str, Any], dict[str, Any]],
    kind: tuple[str, str],
    operation: str,
    policy: Policy,
) -> None:
    new, old = (_with(token, document) for document in documents)
    request = Request(*kind, operation, "team-a", new, old)
    knowledge = Knowledge({"team-a": Namespace({"hf-token-injector.io/inject": "enabled"})})
    before = copy.deepcopy(request)
    decision = validate(request, knowledge, Settings(policy=policy))
    assert request == before
    assert validate(request, knowledge, Settings(policy=policy)) == decision
    said = repr(decision)
    assert not any(token[start : start + 6] in said for start in range(len(token) - 25, len(token) - 6))
    assert all(len(text) <= 120 for text in decision.warnings)
    assert (decision.denial is not None) == any(
        finding.action is PolicyAction.DENY for finding in decision.findings
    )


@settings(max_examples=200, deadline=None)
@given(_TOKENS, st.text(max_size=30), st.text(max_size=30))
def test_a_token_between_whatever_is_no_word_is_found(token: str, before: str, after: str) -> None:
    pod = {"metadata": {}, "spec": {"containers": [{"name": "c", "args": [f"{before} {token} {after}"]}]}}
    found = validate(Request("", "Pod", "CREATE", "team-a", pod)).findings
    assert {finding.fault for finding in found} <= {Fault.LITERAL_TOKEN, Fault.TOKEN_IN_URL}
    assert found
