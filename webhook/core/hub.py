"""All that is specific to a hub of models, as data.

A second authenticated hub is one more `Hub`. Sources: huggingface_hub (`constants.py`, `utils/_auth.py`,
`utils/_validators.py`; releases 0.36 and 2.4), KServe's `kserve_storage.py` for `hf://`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Tool:
    """A command line that downloads from the hub.

    Attributes:
        program: The program and its subcommand.
        token_flags: Flags that bring a token.
        revision_flag: The flag that says which revision is meant.
        switches: Flags without a value.
        login: It stores a token instead of downloading.
    """

    program: tuple[str, ...]
    token_flags: frozenset[str] = frozenset({"--token"})
    revision_flag: str = "--revision"
    switches: frozenset[str] = frozenset(
        {"--quiet", "-q", "--force-download", "--resume-download", "--dry-run", "--json"}
    )
    login: bool = False


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that models are downloaded from with a token.

    Attributes:
        scheme: How its URIs begin.
        token_variable: The variable that we inject.
        token_variables: Variables that give a client its token, also as an empty value.
        literal_variables: Variables whose value, where it is written out, is a token.
        path_variable: The variable that names a file with the token.
        mount_path: Where method `file` mounts the Secret.
        file_name: The token's file in there.
        home_variable: The variable for the folder in which a client keeps its `file_name`.
        default_home: The end of that folder's path where the variable is not set.
        offline_variables: True: nothing is downloaded.
        disabling_variables: True: no token is sent.
        hosts: Of the hub, and of its URLs.
        endpoint_variable: Where the client sends its requests, and with them the token.
        model_variables: Variables that nothing else uses to name a model.
        id_variables: Those of them that hold nothing but an id, also a bare legacy one, and never a path.
        revision_variable: The variable that says which revision of the model in one of these is meant.
        general_variables: Variables that many programs use to name one.
        tools: Command lines that download.
        calls: Python functions that download, and whether they take nothing but an id, also a bare one.
        token_arguments: Their keyword arguments that bring a token.
        revision_argument: Their keyword argument that says which revision is meant.
        remote_code_argument: Their keyword argument that lets code of the repository run.
        token_flags: Flags that bring a token to whatever program.
    """

    scheme: str
    token_variable: str
    token_variables: tuple[str, ...]
    literal_variables: frozenset[str]
    path_variable: str
    mount_path: str
    file_name: str
    home_variable: str
    default_home: str
    offline_variables: tuple[str, ...]
    disabling_variables: tuple[str, ...]
    hosts: frozenset[str]
    endpoint_variable: str
    model_variables: frozenset[str]
    id_variables: frozenset[str]
    revision_variable: str
    general_variables: frozenset[str]
    tools: tuple[Tool, ...]
    calls: Mapping[str, bool]
    token_arguments: tuple[str, ...]
    revision_argument: str
    remote_code_argument: str
    token_flags: frozenset[str]
    speaking: frozenset[str] = field(init=False)
    """All variables that tell of a token of the container's own, or of another endpoint."""

    def __post_init__(self) -> None:
        """Gather the variables."""
        speaking = {
            *self.token_variables,
            *self.offline_variables,
            *self.disabling_variables,
            self.path_variable,
            self.endpoint_variable,
        }
        object.__setattr__(self, "speaking", frozenset(speaking))


HUGGING_FACE: Final = Hub(
    scheme="hf://",
    token_variable="HF_TOKEN",  # noqa: S106 - the name of a variable
    token_variables=("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_API_TOKEN", "HF_OIDC_RESOURCE"),
    literal_variables=frozenset(
        {
            "HF_ACCESS_TOKEN",
            "HF_API_KEY",
            "HF_API_TOKEN",
            "HF_AUTH_TOKEN",
            "HF_HUB_TOKEN",
            "HF_TOKEN",
            "HUGGINGFACEHUB_API_TOKEN",
            "HUGGINGFACE_API_KEY",
            "HUGGINGFACE_API_TOKEN",
            "HUGGINGFACE_HUB_TOKEN",
            "HUGGINGFACE_TOKEN",
            "HUGGING_FACE_HUB_TOKEN",
            "HUGGING_FACE_TOKEN",
        }
    ),
    path_variable="HF_TOKEN_PATH",
    mount_path="/var/run/secrets/huggingface",
    file_name="token",
    home_variable="HF_HOME",
    default_home="/.cache/huggingface",
    offline_variables=("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"),
    disabling_variables=("HF_HUB_DISABLE_IMPLICIT_TOKEN",),
    hosts=frozenset({"huggingface.co", "hf.co"}),
    endpoint_variable="HF_ENDPOINT",
    model_variables=frozenset(
        {
            "HF_MODEL",
            "HF_MODEL_ID",
            "HF_MODEL_NAME",
            "HF_MODEL_PATH",
            "HF_MODEL_REPO",
            "HF_REPO",
            "HF_REPO_ID",
            "HF_TOKENIZER",
            "HF_TOKENIZER_ID",
            "HUGGINGFACE_MODEL",
            "HUGGINGFACE_MODEL_ID",
            "HUGGINGFACE_MODEL_NAME",
            "HUGGINGFACE_REPO",
            "HUGGINGFACE_REPO_ID",
            "HUGGING_FACE_MODEL",
            "HUGGING_FACE_MODEL_ID",
            "HUGGING_FACE_REPO_ID",
        }
    ),
    id_variables=frozenset(
        {
            "HF_MODEL_ID",
            "HF_MODEL_REPO",
            "HF_REPO",
            "HF_REPO_ID",
            "HF_TOKENIZER_ID",
            "HUGGINGFACE_MODEL_ID",
            "HUGGINGFACE_REPO",
            "HUGGINGFACE_REPO_ID",
            "HUGGING_FACE_MODEL_ID",
            "HUGGING_FACE_REPO_ID",
        }
    ),
    revision_variable="HF_REVISION",
    general_variables=frozenset(
        {
            "BASE_MODEL",
            "DRAFT_MODEL",
            "EMBEDDING_MODEL",
            "LLM_MODEL",
            "MODEL",
            "MODEL_ID",
            "MODEL_NAME",
            "MODEL_NAME_OR_PATH",
            "MODEL_PATH",
            "MODEL_REPO",
            "MODEL_REPO_ID",
            "REPO_ID",
            "TOKENIZER",
            "TOKENIZER_ID",
            "TOKENIZER_NAME",
        }
    ),
    tools=(
        Tool(("hf", "download")),
        Tool(("huggingface-cli", "download")),
        Tool(("hf", "auth", "login"), login=True),
        Tool(("huggingface-cli", "login"), login=True),
    ),
    calls=MappingProxyType(
        {"snapshot_download": True, "hf_hub_download": True, "from_pretrained": False, "load_dataset": False}
    ),
    token_arguments=("token", "use_auth_token"),
    revision_argument="revision",
    remote_code_argument="trust_remote_code",
    token_flags=frozenset({"--hf-token", "--hf-api-token"}),
)

TRUE: Final = frozenset({"1", "ON", "YES", "TRUE"})
"""Values that huggingface_hub reads as true, upper-cased."""

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_REPOSITORY = re.compile(rf"{_PART}/{_PART}")
_BARE = re.compile(rf"{_PART}")
_REVISION = re.compile(r"[^\s/:]+")
_SUFFIX = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FILE = re.compile(
    r"\.(?:bin|ckpt|gguf|ggml|gz|h5|ipynb|jinja2?|json|model|msgpack|npz|onnx|pkl|plan|pt|pth|py|safetensors|sh|"
    r"tar|tflite|toml|txt|ya?ml|zip)",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:ai|app|cloud|co|com|dev|example|io|internal|local|net|org)"
)
_LONGEST = 2 * 96 + 1
_SECRET = re.compile(r"(?:hf|api_org)_[A-Za-z0-9]{16,}|hf_(?:oauth|jwt)_[A-Za-z0-9._-]{16,}")


def repository(text: str, *, bare: bool = False, suffix: bool = False) -> str | None:
    """Return the `owner/name` that a text is, or None.

    Args:
        text: The whole value of a flag, variable or argument.
        bare: Also a legacy id without an owner (`bert-base-uncased`): only where nothing but an id can stand.
        suffix: Also `owner/name:quantisation`, as llama.cpp and vLLM take it for GGUF.

    The grammar is the Hub's own (`validate_repo_id`): letters, digits, `-`, `_`, `.`, at most 96 characters
    a part, no `--` or `..`, not ending in `.git`. A file's ending or a host for an owner is a path or an
    image instead.
    """
    if suffix and ":" in text:
        text, _, rest = text.partition(":")
        if _SUFFIX.fullmatch(rest) is None:
            return None
    if len(text) > _LONGEST or (_BARE if bare and "/" not in text else _REPOSITORY).fullmatch(text) is None:
        return None
    if "--" in text or ".." in text or text.endswith(".git"):
        return None
    owner, _, _ = text.rpartition("/")
    if _HOST.fullmatch(owner) or ("." in text and _FILE.fullmatch(text[text.rfind(".") :])):
        return None
    return text


def from_uri(uri: str, hub: Hub = HUGGING_FACE) -> str | None:
    """Return the `owner/name` of `hf://owner/name[:revision]`, or None.

    KServe's grammar (`kserve_storage.py`, `_download_hf`): two parts, the first `:` begins the revision,
    which may be empty; no sub-path, no data set, no slash in the revision.
    """
    if not uri.startswith(hub.scheme):
        return None
    name, _, revision = uri[len(hub.scheme) :].partition(":")
    if revision and _REVISION.fullmatch(revision) is None:
        return None
    if len(name) > _LONGEST or _REPOSITORY.fullmatch(name) is None:
        return None
    return None if "--" in name or ".." in name or name.endswith(".git") else name


def from_storage(storage: Mapping[str, Any]) -> str | None:
    """Return the URI that KServe makes of a `storage` of type `hf`; None of another, or without a path.

    A slash at the path's beginning is left out (`component.go`, `addStorageSpecAnnotations`;
    `service_account_credentials.go`).
    """
    path, parameters = storage.get("path"), storage.get("parameters")
    if type(path) is not str or type(parameters) is not dict or parameters.get("type") != "hf":
        return None
    return HUGGING_FACE.scheme + path.removeprefix("/")


def revision_of(uri: str, hub: Hub = HUGGING_FACE) -> str:
    """Return the revision of an `hf://owner/name[:revision]`, or ""."""
    return uri[len(hub.scheme) :].partition(":")[2]


def redact(text: str) -> str:
    """Return the text without anything that looks like a token of the hub."""
    return _SECRET.sub("hf_…", text) if "hf_" in text or "api_org_" in text else text
