"""The core's tables of servers and of the Hub, as CEL."""

from collections.abc import Mapping
from typing import Final

from webhook.admission_policy import cel
from webhook.core import names
from webhook.core.hub import HUGGING_FACE, TRUE
from webhook.core.programs import KNOWN, SHELLS, SILENT, TRANSPARENT
from webhook.core.reasons import Reason
from webhook.core.servers import NAMES_ONLY, SERVERS, Server, Takes

LONGEST: Final = 16 * 1024
"""Characters of a command line that is read."""

_KINDS: Final = {Takes.MODEL: "model", Takes.GGUF: "gguf", Takes.ID: "bare", Takes.MODULES: "modules"}
"""What of a flag's value CEL can read; JSON it cannot."""

SEARCHED: Final = 256 * 1024
"""Characters of an object in which tokens are looked for."""

_PART: Final = "[A-Za-z0-9_]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_FILE: Final = (
    r"(?i)\.(bin|ckpt|gguf|ggml|gz|h5|ipynb|jinja2?|json|model|msgpack|npz|onnx|pkl|plan|pt|pth|py"
    r"|safetensors|sh|tar|tflite|toml|txt|ya?ml|zip)$"
)
_HOST: Final = (
    r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.(ai|app|cloud|co|com|dev|example|io|internal|local|net|org)/"
)
_HUB: Final = HUGGING_FACE


def servers() -> Mapping[str, str]:
    """Return what is known of model servers and tools."""
    tools = [" ".join(tool.program) for tool in _HUB.tools if not tool.login]
    programs = {" ".join(words): server.name for server in SERVERS for words in server.programs}
    flags = {server.name: _readable(server.flags) for server in SERVERS}
    variables = {server.name: _readable(server.variables) for server in SERVERS}
    token_flags = _HUB.token_flags.union(*(server.token_flags for server in SERVERS))
    return {
        "programs": cel.packed(programs | {tool: tool for tool in tools}),
        "modules": cel.packed({module: server.name for server in SERVERS for module in server.modules}),
        "tools": cel.items(tools),
        "positional": cel.items(server.name for server in SERVERS if server.positional),
        "model-flags": cel.mapping({name: read for name, read in flags.items() if read}),
        "model-variables": cel.mapping({name: read for name, read in variables.items() if read}),
        "by-image": "\n".join([*(_image(server) for server in SERVERS if server.images), "''"]),
        "token-flags": cel.items(sorted(token_flags)),
        "formats": cel.packed({name: server.name for server in SERVERS for name in server.formats}),
        "shells": "|".join(sorted(SHELLS)),
        "transparent": cel.items(sorted(TRANSPARENT)),
        "names-only": cel.items(sorted(NAMES_ONLY)),
        "silent": cel.items(sorted(SILENT)),
        "python": "(python|pypy)[0-9.]*",
        "known": cel.items(sorted(KNOWN)),
        "longest": str(LONGEST),
        "searched": str(SEARCHED),
    }


def hub() -> Mapping[str, str]:
    """Return what is specific to the Hub."""
    return {
        "token": "hf_[A-Za-z0-9]{16,}",
        "scheme": _HUB.scheme,
        "part": _PART,
        "file": _FILE,
        "host": _HOST,
        "token-variable": _HUB.token_variable,
        "token-variables": cel.items(_HUB.token_variables),
        "copied-variables": cel.items(_HUB.token_variables[:2]),
        "path-variable": _HUB.path_variable,
        "home-variable": _HUB.home_variable,
        "default-home": _HUB.default_home,
        "file-name": _HUB.file_name,
        "offline-variables": cel.items(_HUB.offline_variables),
        "disabling-variables": cel.items(_HUB.disabling_variables),
        "true": cel.items(sorted(TRUE)),
        "endpoint-variable": _HUB.endpoint_variable,
        "hub-variables": cel.items(sorted(_HUB.model_variables)),
        "id-variables": cel.items(sorted(_HUB.id_variables)),
        "needing": cel.items(reason for reason in Reason if reason.needs and reason is not Reason.INHERITED),
        "never": cel.items(sorted(names.NEVER)),
        "never-prefix": names.NEVER_PREFIX,
        "serving": cel.items(names.SERVING_CONTAINERS),
    }


def _readable(takes: Mapping[str, Takes]) -> list[list[str]]:
    return [[name, _KINDS[kind]] for name, kind in takes.items() if kind in _KINDS]


def _image(server: Server) -> str:
    whole, not_at_start = cel.re2(server.images)
    excluded = f" && !image.matches({cel.literal(not_at_start)})" if not_at_start else ""
    return f"image.matches({cel.literal(whole)}){excluded} ? {cel.literal(server.name)} :"
