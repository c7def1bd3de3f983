import re

import pytest

from webhook.admission_policy import cel
from webhook.core.globs import glob
from webhook.core.servers import SERVERS, by_image


def test_a_string_is_written_so_that_cel_reads_it_back() -> None:
    assert cel.literal("a'b\\c\nd") == r"'a\'b\\c\nd'"


def test_lists_stand_within_lists() -> None:
    assert cel.literal([["--model", "gguf"], ["-m", "model"]]) == "[['--model', 'gguf'], ['-m', 'model']]"


def test_long_data_is_broken_between_items() -> None:
    lines = cel.items(f"item number {number}" for number in range(30)).splitlines()
    assert len(lines) > 3
    assert all(line.count("'") % 2 == 0 and len(line) < 120 for line in lines)


@pytest.mark.parametrize(
    "image",
    [
        "vllm", "vllm-openai", "odh-vllm-cuda", "vllm-router", "vllm-router-x", "rhaii-vllm-sim",
        "vllm-production-stack", "vllm-routers", "llm-d", "llm-d-cuda-dev", "llm-d-router", "tgi", "tgi-x",
        "text-generation-inference", "huggingfaceserver", "huggingfaceserver-gpu", "huggingface-server",
        "llama.cpp", "llamaxcpp", "guidellm", "nginx", "",
    ],
)  # fmt: skip
def test_images_are_recognised_without_lookahead_as_with_it(image: str) -> None:
    found = []
    for server in SERVERS:
        if server.images:
            whole, not_at_start = cel.re2(server.images)
            assert "(?!" not in whole + not_at_start
            if re.search(whole, image) and not (not_at_start and re.search(not_at_start, image)):
                found.append(server)
    assert found[:1] == [server for server in [by_image(image)] if server]


@pytest.mark.parametrize("pattern", ["*", "acme/*", "acme/llama-?", "*/llama*", "acme/a.b", "a+b/c"])
@pytest.mark.parametrize(
    "name", ["acme/llama-3", "ACME/Llama-3", "acme/a.b", "acme/axb", "a+b/c", "x", "acme/x/y", ""]
)
def test_a_glob_matches_as_in_the_webhook(pattern: str, name: str) -> None:
    assert bool(re.search(cel.glob(pattern), name)) is bool(glob(pattern).fullmatch(name))
