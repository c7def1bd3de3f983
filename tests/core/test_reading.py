"""What a container says is remembered, and memory says the same as reading does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hostile import hostile_containers
from webhook.core import caps, reading
from webhook.core.admit import admit
from webhook.core.decision import Request, Scope
from webhook.core.evidence import Budget
from webhook.core.hub import HUGGING_FACE
from webhook.core.reading import entries_of, read_container, read_variables
from webhook.core.reasons import Reason
from webhook.core.references import evidence
from webhook.core.servers import SERVERS
from webhook.core.variables import Environment

_ENDPOINTS = frozenset({"https://huggingface.co"})
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
def test_memory_says_what_reading_says(container: dict[str, Any]) -> None:
    fresh = read_variables(container, entries_of(container), _ENDPOINTS, Budget())
    budgets = [Budget(), Budget()]
    remembered = [read_container(container, None, _ENDPOINTS, budget) for budget in budgets]
    assert remembered == [fresh, fresh]
    assert [caps.OBJECT - budget.left for budget in budgets] == [fresh.size] * 2


def test_where_a_token_may_go_is_part_of_what_is_remembered() -> None:
    container = {"env": [{"name": "HF_ENDPOINT", "value": "https://mirror.example"}]}
    mirror = frozenset({"https://mirror.example"})
    assert read_container(container, None, _ENDPOINTS, Budget()).endpoint is not None
    assert read_container(container, None, mirror, Budget()).endpoint is None


def test_an_entry_of_ours_that_is_left_out_makes_another_reading() -> None:
    container = {"env": [{"name": "HF_TOKEN", "value": "x"}]}
    assert read_container(container, None, _ENDPOINTS, Budget()).has_token
    assert not read_container(container, {}, _ENDPOINTS, Budget()).has_token


def test_no_value_of_a_variable_is_remembered() -> None:
    secret = "hf_" + "s3cr3t" * 5
    container = {
        "args": ["--token", secret, "hf://org/x"],
        "env": [{"name": "HF_TOKEN", "value": secret}, {"name": "A", "value": "plain-value"}],
    }
    read_container(container, None, _ENDPOINTS, Budget())
    kept = repr(reading._READINGS)  # noqa: SLF001 - it is about what is kept
    assert "s3cr3t" not in kept
    assert "plain-value" not in kept


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_READINGS", {})
    monkeypatch.setattr(reading, "_REMEMBERED", 2)
    for name in ("a", "b", "c"):
        read_container({"image": name}, None, _ENDPOINTS, Budget())
    read_container({"image": "x" * 10_000}, None, _ENDPOINTS, Budget())
    assert len(reading._READINGS) == 2  # noqa: SLF001 - it is about what is kept


def test_what_json_cannot_write_is_read_all_the_same() -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    container = {"image": deep, "args": ["hf://org/x"]}
    assert read_container(container, None, _ENDPOINTS, Budget()).references[0].repository == "org/x"


def test_what_its_object_has_no_room_for_is_not_taken_from_memory() -> None:
    container = {"args": ["hf://org/x"]}
    budget = Budget()
    budget.left = 5
    seen = read_container(container, None, _ENDPOINTS, budget)
    assert (seen.references, seen.unread) == ((), Budget.spent)


@pytest.mark.parametrize("env", ["A=b", {"name": "A"}, 7])
def test_an_env_that_is_no_list_is_malformed(env: object) -> None:
    assert read_container({"env": env}, None, _ENDPOINTS, Budget()).malformed


def test_the_last_entry_of_a_name_counts_and_what_is_no_entry_does_not() -> None:
    env = [{"name": "A", "value": "1"}, "x", {"name": 7}, {}, {"name": "A", "value": "2"}]
    assert entries_of({"env": env}) == {"A": {"name": "A", "value": "2"}}


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
