"""How programs are recognised."""

import pytest

from webhook.core.programs import shell_script, started, wrapped
from webhook.core.servers import by_format, by_image, by_module


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sh -c x", 2),
        ("bash -lc x y", 2),
        ("bash -o pipefail -c x", 4),
        ("bash +e -ec -- x", 4),
        ("bash --login --rcfile f -c x", 5),
        ("bash -c", None),
        ("bash x.sh -c y", None),
        ("bash - x", None),
        ("bash", None),
    ],
)
def test_a_shell_s_script_is_found(line: str, expected: int | None) -> None:
    assert shell_script(line.split()) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tini -- vllm serve x", 2),
        ("conda run -n vllm vllm serve x", 4),
        ("tini bash -c x", 1),
        ("tini bash x.sh", None),
        ("x hf upload", None),
        ("x s3://b/hf download y", None),
        ("x python app.py", None),
        ("x" + " y" * 40 + " vllm serve z", None),
    ],
)
def test_what_a_wrapper_starts_is_found_only_where_it_says_something(line: str, expected: int | None) -> None:
    assert wrapped(line.split()) == expected


@pytest.mark.parametrize(
    ("line", "name", "rest"),
    [
        ("vllm serve x", "vLLM", ["x"]),
        ("/bin/vllm launch render x", "vLLM", ["x"]),
        ("vllm x", None, []),
        ("python -m sglang.launch_server x", "SGLang", ["x"]),
        ("python -m torch.distributed.run -m lm_eval x", "lm-evaluation-harness", ["x"]),
        ("python -mvllm.entrypoints.llm", "vLLM", []),
        ("python -mother x", None, []),
        ("python -m", None, []),
        ("python -c x -m lm_eval", None, []),
        ("python x.py -m lm_eval", None, []),
        ("ls", None, []),
    ],
)
def test_a_server_is_recognised_by_its_command_line(line: str, name: str | None, rest: list[str]) -> None:
    server, arguments = started(line.split())
    assert (server and server.name, list(arguments)) == (name, rest)


def test_servers_are_recognised_by_module_format_and_image() -> None:
    assert by_module("vllm") is None
    assert (by_module("vllm.entrypoints.openai.api_server") or by_format("")) is by_format("vLLM")
    assert by_format("kserve-huggingfaceserver-multinode") is by_format("HuggingFace")
    assert by_format("sklearn") is None
    assert by_image("Reg.io:5000/a/SGLang:v1@sha256:0") is not None
    assert by_image("") is None
