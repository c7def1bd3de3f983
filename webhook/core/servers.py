"""Model servers and clients that download from the Hub by themselves: one row of data each.

A row says how the program is recognised (its command, its Python module, its image, KServe's name for its
format) and how it is told its model (flags, a positional argument, variables). Adding a server is adding a
row here and a few lines to `tests/cases/references.txt`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Final


class Takes(Enum):
    """What a flag's value looks like."""

    MODEL = "owner/name or a path"
    GGUF = "owner/name[:quantisation]"
    ID = "owner/name or a bare id, never a path"
    MODULES = "name=owner/name …, or JSON objects with a path"
    JSON = 'a JSON object: {"model": "owner/name"}'
    PAIRS = "pretrained=owner/name,…"


@dataclass(frozen=True, slots=True)
class Server:
    """One model server or client.

    Attributes:
        name: As people call it; the subject of sentences.
        programs: Command lines that start it, as leading words.
        modules: Python modules that start it (`python -m`); a submodule counts as well.
        images: Matches the last part of an image's repository, where the container has no command of its own
            or one that is not recognised.
        formats: KServe's `modelFormat.name` or the start of a runtime's name, in lower case.
        flags: Long flags with dashes for underscores, and short ones, in the order in which they are read.
        positional: The first word that is no flag is the model.
        variables: Variables that name its model.
        token_flags: Flags that bring a token.
        revision_variable: The variable that says which revision of its model is meant.
        remote_code_flags: Flags that let code of the repository run.
        reads_token_path: It reads the file that `HF_TOKEN_PATH` names. Rust clients (hf-hub) and llama.cpp do
            not.
    """

    name: str
    programs: tuple[tuple[str, ...], ...] = ()
    modules: tuple[str, ...] = ()
    images: str = ""
    formats: tuple[str, ...] = ()
    flags: Mapping[str, Takes] = field(default_factory=lambda: MappingProxyType({}))
    positional: bool = False
    variables: Mapping[str, Takes] = field(default_factory=lambda: MappingProxyType({}))
    token_flags: frozenset[str] = frozenset({"--hf-token"})
    revision_variable: str = ""
    remote_code_flags: frozenset[str] = frozenset({"--trust-remote-code"})
    reads_token_path: bool = True


_VLLM_FLAGS: Final = {
    "--model": Takes.GGUF,
    "--tokenizer": Takes.MODEL,
    "--hf-config-path": Takes.MODEL,
    "--speculative-config": Takes.JSON,
    "--speculative-config.model": Takes.MODEL,
    "-sc": Takes.JSON,
    "-sc.model": Takes.MODEL,
    "--speculative-model": Takes.MODEL,
    "--draft-model": Takes.MODEL,
    "--lora-modules": Takes.MODULES,
    "--prompt-adapters": Takes.MODULES,
}

SERVERS: Final = (
    Server(
        "huggingfaceserver",
        modules=("huggingfaceserver",),
        images=r"huggingfaceserver(-.+)?",
        formats=("huggingface", "kserve-huggingfaceserver"),
        flags={"--model-id": Takes.ID, **_VLLM_FLAGS},
    ),
    Server(
        "vLLM",
        programs=(("vllm", "serve"), ("vllm", "launch", "render")),
        modules=("vllm.entrypoints", "vllm_tgis_adapter"),
        images=r"(odh-|rhaii-)?vllm(?!-(router|sim|production-stack))(-.+)?|llm-d(-(cuda|xpu|cpu|hpu|rocm|aws|gb200))?(-dev)?",
        formats=("vllm", "kserve-vllmserver"),
        flags=_VLLM_FLAGS,
        positional=True,
    ),
    Server(
        "vLLM client",
        # `vllm chat` and `vllm complete` send a name to a server and download nothing.
        programs=(("vllm", "bench"), ("vllm", "run-batch")),
        flags=_VLLM_FLAGS,
    ),
    Server(
        "Dynamo",
        modules=("dynamo.vllm", "dynamo.sglang", "dynamo.trtllm", "dynamo.mocker"),
        flags={"--model-path": Takes.MODEL, "--draft-model-path": Takes.MODEL, **_VLLM_FLAGS},
    ),
    Server(
        "TGI",
        programs=(("text-generation-launcher",), ("text-generation-router",)),
        images=r"text-generation-inference(-.+)?|huggingface-pytorch-tgi-inference|tgi(-.+)?",
        flags={"--model-id": Takes.MODEL, "--tokenizer-name": Takes.MODEL, "--lora-adapters": Takes.MODULES},
        variables={"MODEL_ID": Takes.MODEL, "TOKENIZER_NAME": Takes.MODEL, "LORA_ADAPTERS": Takes.MODULES},
        revision_variable="REVISION",
        reads_token_path=False,
    ),
    Server(
        "TGI weights",
        programs=(("text-generation-server", "download-weights"), ("text-generation-server", "serve")),
        positional=True,
        reads_token_path=False,
    ),
    Server(
        "TEI",
        programs=(("text-embeddings-router",),),
        images=r"text-embeddings-inference(-.+)?|tei(-.+)?",
        flags={"--model-id": Takes.MODEL},
        variables={"MODEL_ID": Takes.MODEL},
        token_flags=frozenset({"--hf-token", "--hf-api-token"}),
        revision_variable="REVISION",
        reads_token_path=False,
    ),
    Server(
        "LoRAX",
        programs=(("lorax-launcher",),),
        images=r"lorax(-.+)?",
        flags={"--model-id": Takes.MODEL, "--adapter-id": Takes.MODEL, "--tokenizer-name": Takes.MODEL},
        variables={"MODEL_ID": Takes.MODEL},
        revision_variable="REVISION",
        reads_token_path=False,
    ),
    Server(
        "SGLang",
        programs=(("sglang", "serve"),),
        modules=(
            "sglang.launch_server",
            "sglang.bench_serving",
            "sglang.bench_one_batch",
            "sglang_router.launch_server",
        ),
        images=r"sglang(-.+)?",
        flags={
            "--model-path": Takes.MODEL,
            "--model": Takes.MODEL,
            "--tokenizer-path": Takes.MODEL,
            "--tokenizer": Takes.MODEL,
            "--speculative-draft-model-path": Takes.MODEL,
            "--speculative-draft-model": Takes.MODEL,
            "--lora-paths": Takes.MODULES,
        },
    ),
    Server(
        "llama.cpp",
        programs=(
            ("llama-server",),
            ("llama-cli",),
            ("llama-embedding",),
            ("llama-bench",),
            ("llama", "serve"),
        ),
        images=r"llama\.cpp(-.+)?|llama-cpp(-.+)?",
        flags={
            "--hf-repo": Takes.GGUF,
            "-hf": Takes.GGUF,
            "-hfr": Takes.GGUF,
            "--hf-repo-draft": Takes.GGUF,
            "-hfd": Takes.GGUF,
            "-hfrd": Takes.GGUF,
            "--hf-repo-v": Takes.GGUF,
            "-hfv": Takes.GGUF,
            "-hfrv": Takes.GGUF,
        },
        variables={
            "LLAMA_ARG_HF_REPO": Takes.GGUF,
            "LLAMA_ARG_HFD_REPO": Takes.GGUF,
            "LLAMA_ARG_HF_REPO_V": Takes.GGUF,
        },
        token_flags=frozenset({"--hf-token", "-hft"}),
        reads_token_path=False,
    ),
    Server(
        "llm-d simulator",
        programs=(("llm-d-inference-sim",), ("vllm-sim",)),
        images=r"llm-d-inference-sim|vllm-sim",
        flags={"--model": Takes.MODEL, "--tokenizer": Takes.MODEL, "--lora-modules": Takes.MODULES},
    ),
    Server(
        "LMDeploy",
        programs=(("lmdeploy", "serve", "api_server"), ("lmdeploy", "serve", "gradio"), ("lmdeploy", "chat")),
        images=r"lmdeploy(-.+)?",
        flags={"--adapters": Takes.MODULES},
        positional=True,
    ),
    Server(
        "TensorRT-LLM",
        programs=(("trtllm-serve", "serve"), ("trtllm-serve",), ("trtllm-bench",)),
        flags={"--model": Takes.MODEL, "--tokenizer": Takes.MODEL},
        positional=True,
    ),
    Server(
        "Aphrodite",
        programs=(("aphrodite", "run"),),
        modules=("aphrodite.endpoints",),
        images=r"aphrodite(-engine|-openai)?(-.+)?",
        flags=_VLLM_FLAGS,
        positional=True,
    ),
    Server(
        "Infinity",
        programs=(("infinity_emb", "v2"), ("infinity_emb",)),
        images=r"infinity(-emb)?",
        flags={"--model-id": Takes.MODEL, "--model-name-or-path": Takes.MODEL},
        variables={"INFINITY_MODEL_ID": Takes.MODEL},
        revision_variable="INFINITY_REVISION",
    ),
    Server(
        "mistral.rs",
        programs=(("mistralrs-server",), ("mistralrs",)),
        images=r"mistral\.rs(-.+)?",
        flags={
            "--model-id": Takes.MODEL,
            "-m": Takes.MODEL,
            "--tok-model-id": Takes.MODEL,
            "-t": Takes.MODEL,
        },
        reads_token_path=False,
    ),
    Server(
        "FastChat",
        modules=("fastchat.serve.model_worker", "fastchat.serve.vllm_worker", "fastchat.serve.cli"),
        flags={"--model-path": Takes.MODEL},
    ),
    Server(
        "transformers",
        programs=(("transformers", "serve"), ("transformers", "chat"), ("transformers-cli", "download")),
        flags={"--force-model": Takes.MODEL, "--model": Takes.MODEL},
        positional=True,
    ),
    Server(
        "Optimum",
        programs=(("optimum-cli", "export"),),
        flags={"--model": Takes.MODEL, "-m": Takes.MODEL},
    ),
    Server(
        "lm-evaluation-harness",
        programs=(("lm_eval",), ("lm-eval",)),
        modules=("lm_eval",),
        flags={"--model-args": Takes.PAIRS, "-a": Takes.PAIRS},
    ),
    Server(
        "GuideLLM",
        programs=(("guidellm",),),
        images=r"guidellm",
        flags={"--model": Takes.MODEL, "--processor": Takes.MODEL},
    ),
    Server(
        "GenAI-Perf",
        programs=(("genai-perf",), ("aiperf",)),
        flags={"--tokenizer": Takes.MODEL},
    ),
)

REVISIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("", "--model", "--model-path", "--model-name-or-path"), ("--revision",)),
        "--model-id": ("--revision", "--model-revision"),
        # vLLM takes the model's revision for a tokenizer without one of its own.
        **dict.fromkeys(
            ("--tokenizer", "--tokenizer-name", "--tokenizer-path"), ("--tokenizer-revision", "--revision")
        ),
        "--speculative-model": ("--speculative-model-revision",),
        **dict.fromkeys(
            ("--speculative-draft-model", "--speculative-draft-model-path"),
            ("--speculative-draft-model-revision",),
        ),
    }
)
"""Flag that names a repository ("" for the model argument) to the flags that name its revision, the closest
first."""

REMOTE_CODE_FLAGS: Final = frozenset[str]().union(*(server.remote_code_flags for server in SERVERS))
"""Flags that let code of a repository run, whatever the program is."""

REMOTE_CODE_VARIABLE: Final = "TRUST_REMOTE_CODE"
"""How variables end that let it run: TGI's and LoRAX' own, `INFINITY_…`, DJL's `OPTION_…`, `HF_DATASETS_…`,
`NIM_FORCE_…`. Nothing else is called so."""

NAMES_ONLY: Final = frozenset(
    {
        "--served-model-name",
        "--model-name",
        "--model-alias",
        "--alias",
        "--name",
        "--dataset",
        "--dataset-name",
        "--dataset-path",
        "--hf-name",
    }
)
"""Flags whose value is a name or a data set, whatever it looks like."""

BOOLEAN_PREFIXES: Final = (
    "--enable-",
    "--disable-",
    "--no-",
    "--trust-remote-code",
    "--enforce-eager",
    "--headless",
    "--skip-",
    "--async-",
)
"""Flags without a value, before which a positional argument may stand."""

BY_PROGRAM: Final[Mapping[str, tuple[tuple[tuple[str, ...], Server], ...]]] = MappingProxyType(
    {
        program: tuple(
            sorted(
                ((words, server) for server in SERVERS for words in server.programs if words[0] == program),
                key=lambda row: -len(row[0]),
            )
        )
        for program in {words[0] for server in SERVERS for words in server.programs}
    }
)
_BY_MODULE: Final = {module: server for server in SERVERS for module in server.modules}
_BY_IMAGE: Final = tuple((re.compile(server.images), server) for server in SERVERS if server.images)


def by_module(module: str) -> Server | None:
    """Return the server that `python -m module` starts."""
    while module:
        if server := _BY_MODULE.get(module):
            return server
        module = module.rpartition(".")[0]
    return None


def by_format(name: str) -> Server | None:
    """Return the server behind a KServe model format or runtime name."""
    name = name.lower()
    return next(
        (s for s in SERVERS if name in s.formats or any(name.startswith(f + "-") for f in s.formats)), None
    )


@lru_cache(maxsize=512)
def by_image(image: str) -> Server | None:
    """Return the server in an image, by the last part of its repository."""
    repository = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    return next((server for pattern, server in _BY_IMAGE if pattern.fullmatch(repository)), None)
