"""The quick no never says more than the reader."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hostile import hostile_containers
from webhook.core import caps
from webhook.core.admit import admit
from webhook.core.decision import Request, Scope
from webhook.core.hub import HUGGING_FACE
from webhook.core.judge import entries_of
from webhook.core.reasons import Reason
from webhook.core.references import Budget, evidence
from webhook.core.screen import names_nothing
from webhook.core.servers import SERVERS
from webhook.core.variables import Environment

_FLAGS = sorted({flag for server in SERVERS for flag in (*server.flags, *server.token_flags)})
_PROGRAMS = sorted({" ".join(program) for server in SERVERS for program in server.programs})
_VARIABLES = sorted(
    {*HUGGING_FACE.model_variables, *HUGGING_FACE.general_variables, "HF_TOKEN", "A"}
    | {name for server in SERVERS for name in server.variables}
)
_VALUES = st.sampled_from(
    ["org/x", "hf://org/x", "/mnt/x", "gpt2", "$(MODEL)", "$A", "abc", '{"model": "org/x"}']
)
_WORDS = st.one_of(
    _VALUES,
    st.sampled_from(_FLAGS),
    st.sampled_from(_FLAGS).map(lambda flag: "--" + flag.removeprefix("--").replace("-", "_")),
    st.tuples(st.sampled_from(_FLAGS), st.sampled_from(["=", " "]), _VALUES).map("".join),
    st.sampled_from(_PROGRAMS).flatmap(lambda program: st.sampled_from([program, *program.split()])),
    st.sampled_from(["sh", "-c", "bash", "eval", "env", "exec", "tini", "--", "torchrun", "-m", "lm_eval"]),
    st.sampled_from(
        ["python3", "hf", "download", "--token", "--served-model-name", "vllm serve org/x", "a=org/x"]
    ),
    st.sampled_from(["snapshot_download('org/x')", "from_pretrained('org/x', token='t')"]),
)
_IMAGES = st.sampled_from(
    ["", "nginx", "vllm/vllm-openai:v1", "kserve/huggingfaceserver", "tgi", "tei:1", "llama.cpp", "infinity"]
)
_ENTRIES = st.fixed_dictionaries({"name": st.sampled_from(_VARIABLES), "value": _VALUES})
_CONTAINERS = st.fixed_dictionaries(
    {"image": _IMAGES},
    optional={
        "command": st.lists(_WORDS, max_size=3) | st.sampled_from([None, 7, "vllm serve org/x", {"a": 1}]),
        "args": st.lists(_WORDS, max_size=5) | st.just([7, "hf://org/x"]),
        "env": st.lists(_ENTRIES, max_size=3),
    },
)


@given(_CONTAINERS)
def test_where_a_look_says_nothing_the_reader_finds_nothing(container: dict[str, Any]) -> None:
    entries = entries_of(container) or {}
    if names_nothing(container, entries):
        seen = evidence(container, Environment(entries), Budget())
        assert (seen.references, seen.token_argument) == ([], "")


@pytest.mark.parametrize(
    "container",
    [
        {},
        {"image": "nginx", "args": ["--port", "80"]},
        {"image": "kserve/huggingfaceserver", "args": ["--model_dir=/mnt/models", "--model_name=x"]},
        {"image": "x" * 2000},
        {"image": 7},
        {"env": [{"name": "MODEL_ID", "value": "org/x"}, {"name": "A"}]},
    ],
)
def test_the_common_no_is_answered_at_a_glance(container: dict[str, Any]) -> None:
    assert names_nothing(container, entries_of(container) or {})


@pytest.mark.parametrize(
    "container",
    [
        {"args": 7},
        {"args": [7]},
        {"args": ["hf://org/x"]},
        {"args": ["x" * (caps.STRING + 1)]},
        {"args": ["$(A)"]},
        {"command": ["/usr/bin/vllm"]},
        {"image": "kserve/huggingfaceserver", "args": ["--model_id=x"]},
        {"image": "vllm/vllm-openai"},
        {"image": "tgi", "env": [{"name": "MODEL_ID", "value": "x"}]},
        {"env": [{"name": "HF_MODEL_ID"}]},
        {"env": [{"name": "A", "value": "hf://org/x"}]},
    ],
)
def test_in_doubt_the_reader_is_asked(container: dict[str, Any]) -> None:
    assert not names_nothing(container, entries_of(container) or {})


@pytest.mark.parametrize(
    ("name", "container"), hostile_containers(8 * 1024).items(), ids=lambda value: str(value)[:40]
)
def test_a_hostile_container_is_answered_within_the_caps(name: str, container: dict[str, Any]) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [container]}}
    decision = admit(Request("", "Pod", "CREATE", "ns", pod, scope=Scope.ALL))
    assert [verdict.container for verdict in decision.verdicts] == ["main"]
    environment = Environment(entries_of(container) or {})
    budget = Budget()
    seen = evidence(container, environment, budget)
    assert environment.budget.left >= 0 or "expand" in seen.unread
    assert budget.steps.left >= 0 or "words" in seen.unread
    assert budget.left >= caps.OBJECT - 64 * 1024


@pytest.mark.parametrize(
    ("args", "reason", "subject"),
    [
        (["x" * (caps.STRING + 1)], Reason.TOO_LARGE, "one of its arguments is longer than 64 KiB"),
        (
            ["$(A)" + "x" * 60_000] * 5,
            Reason.TOO_LARGE,
            "the object's strings are longer than 256 KiB together",
        ),
        (["hf://org/x", "x" * (caps.STRING + 1)], Reason.HUB_URI, "org/x"),
        (["y" * 60_000, "hf://org/x"], Reason.HUB_URI, "org/x"),
    ],
)
def test_what_is_over_a_cap_is_not_read_and_said(args: list[str], reason: Reason, subject: str) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main", "args": args}]}}
    [verdict] = admit(Request("", "Pod", "CREATE", "ns", pod, scope=Scope.ALL)).verdicts
    assert (verdict.reason, verdict.subject) == (reason, subject)


def test_all_containers_of_a_pod_share_what_may_be_read() -> None:
    script = "a " * (caps.TOKENS // 4)
    containers = [{"name": f"c{i}", "command": ["sh", "-c", script]} for i in range(4)]
    pod = {"metadata": {"name": "p"}, "spec": {"containers": containers}}
    verdicts = admit(Request("", "Pod", "CREATE", "ns", pod, scope=Scope.ALL)).verdicts
    assert [verdict.reason for verdict in verdicts][-1] is Reason.TOO_LARGE
