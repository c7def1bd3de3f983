"""What the Hub says of a model: whether a token may read it, and how large it is. Judged from its answers.

The Hub tells its refusals apart by status and by the header `X-Error-Code` (huggingface_hub,
`utils/_http.py`): what is not there and what the caller may not see look alike. Of a gated repository
everybody sees what it holds, so only the answer about a file tells whether it may be read.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from webhook.core import read
from webhook.doctor.ended import Cause

_INVALID: Final = re.compile(r"invalid credentials|invalid user ?token|expired", re.IGNORECASE)
_FINE_GRAINED: Final = re.compile(r"fine-grained token", re.IGNORECASE)
_OTHER_WEIGHTS: Final = frozenset(
    {"bin", "ckpt", "gguf", "h5", "msgpack", "onnx", "onnx_data", "ot", "pt", "pth", "tflite"}
)
"""Endings of weights that a server leaves where they are when there are `.safetensors`."""


class Question(NamedTuple):
    """A model that somebody downloads with a token.

    Attributes:
        namespace: Of who asks.
        secret, key: Where the token is; empty where none is sent.
        endpoint: Of the Hub or a mirror, without a trailing slash.
        repository: `owner/name`.
        revision: `main` unless the workload names one.
    """

    namespace: str
    secret: str
    key: str
    endpoint: str
    repository: str
    revision: str = "main"


class Sizes(NamedTuple):
    """How large a repository is, in bytes.

    Attributes:
        all: Every file of the revision: what `storage-initializer` downloads.
        least: What a server needs of it: one form of the weights, and everything that is none.
    """

    all: int
    least: int


class Answer(NamedTuple):
    """What came of a question.

    Attributes:
        cause: Why the model cannot be read; None where it can.
        sizes: None where they were not told.
        said: What was said about it, for people; no part of it is a token.
    """

    cause: Cause | None
    sizes: Sizes | None = None
    said: str = ""


def judged(status: int, error_code: str, message: str, *, with_token: bool) -> Cause | None:
    """Return why the Hub refuses; None where it does not.

    Args:
        status: Of the answer; a redirect leads to where the file is.
        error_code: Its `X-Error-Code`.
        message: Its `X-Error-Message`.
        with_token: Whether a token was sent.
    """
    if status < HTTPStatus.BAD_REQUEST:
        return None
    if _FINE_GRAINED.search(message):
        return Cause.FINE_GRAINED
    if status == HTTPStatus.UNAUTHORIZED:
        # With a token that is good the Hub answers 403 or 404.
        return Cause.REFUSED if with_token or _INVALID.search(message) else Cause.UNAUTHENTICATED
    if status == HTTPStatus.FORBIDDEN:
        return Cause.NOT_ON_THE_LIST if error_code == "GatedRepo" else Cause.FORBIDDEN
    if status == HTTPStatus.NOT_FOUND:
        return Cause.NO_REVISION if error_code == "RevisionNotFound" else Cause.NOT_FOUND
    return Cause.TOO_MANY if status == HTTPStatus.TOO_MANY_REQUESTS else Cause.UNKNOWN


def sizes_of(described: Mapping[str, Any]) -> Sizes | None:
    """Return how large a repository is, from what the API says of it; None where it tells no sizes."""
    files = {read.string(one, "rfilename"): one.get("size") for _, one in read.objects(described, "siblings")}
    known = {name: size for name, size in files.items() if isinstance(size, int)}
    if not known or len(known) < len(files):
        return None
    safe = any(name.endswith(".safetensors") for name in known)
    passed = {name for name in known if safe and name.rpartition(".")[2] in _OTHER_WEIGHTS}
    return Sizes(sum(known.values()), sum(size for name, size in known.items() if name not in passed))


def probed_file(described: Mapping[str, Any]) -> str:
    """Return the file that is asked for: one that is small and that every model has, or the first."""
    files: Sequence[str] = [
        read.string(one, "rfilename")
        for _, one in read.objects(described, "siblings")
        if one.get("rfilename")
    ]
    wanted = [name for name in ("config.json", "README.md", ".gitattributes") if name in files]
    return next(iter((*wanted, *files)), "")
