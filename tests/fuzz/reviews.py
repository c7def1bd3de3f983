"""Fuzzes the way of a review: bytes, envelope, decision, answer, log line."""

import io
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final
from zlib import crc32

import orjson

from tests.conftest import REVIEW
from tests.core.golden import FOLDERS, situation
from tests.core.oracles import applied
from tests.fuzz.bounds import PLANTED, ending, holds_no_token
from tests.fuzz.documents import changed
from tests.fuzz.target import Target
from webhook.core import names
from webhook.core.decision import Request
from webhook.core.hub import HUGGING_FACE
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import Method, MissingSecret
from webhook.core.settings import Policy, PolicyAction, RepositoryPolicy, Rule, SecretRef, Settings
from webhook.server.app import PATHS, Endpoint, Serving
from webhook.server.body import Bodies
from webhook.server.encode import encode
from webhook.server.known import Known
from webhook.server.logs import make_logger
from webhook.server.metrics import Metrics
from webhook.server.problem import Problem
from webhook.settings import LogSettings

_LIMIT: Final = 7 << 20
_DENY: Final = PolicyAction.DENY
_STRICT: Final = Settings(
    method=Method.FILE,
    missing_secret=MissingSecret.DENY,
    rules=(Rule("meta-llama/*", SecretRef("hf-meta", "")), Rule("acme/*", None)),
    policy=Policy(_DENY, RepositoryPolicy(("acme/*",), ("*/bad",), _DENY), _DENY, _DENY, _DENY, _DENY),
)
_TEAMS: Final = Knowledge(
    {
        "team-a": Namespace({names.INJECT: "enabled"}, {names.SECRET: "hf-other"}),
        "team-b": Namespace({names.INJECT: "audit"}),
        "team-c": Namespace({names.INJECT: "all"}, {names.METHOD: "env", names.MISSING_SECRET: "skip"}),
    },
    {"hf-secret": frozenset(["team-a"]), "hf-meta": frozenset()},
)
_GIVEN: Final = ("uid", "namespace", "kind", "operation")
"""What the API server vouches for, and what is repeated as it came."""


class _Platform:
    """A server without its sockets."""

    def __init__(self, settings: Settings, knowledge: Knowledge) -> None:
        self._log = io.BytesIO()
        logger = make_logger(LogSettings("debug"), self._log)
        serving = Serving(settings, Known(knowledge), Metrics(), logger, _LIMIT)
        self._endpoints = {path: Endpoint(path, serving, Bodies(_LIMIT)) for path in PATHS}

    def answer(self, path: str, body: bytes) -> tuple[bytes, bytes] | Problem:
        """Return the answer and what was logged, or why the body is no review."""
        self._log.seek(0)
        self._log.truncate()
        answering = self._endpoints[path].answer(body)
        try:
            answering.send(None)
        except StopIteration as returned:
            answer: bytes = returned.value
            return answer, self._log.getvalue()
        except Problem as problem:
            return problem
        raise AssertionError("it waited, and there is nothing to wait for")


_PLATFORMS: Final = (_Platform(Settings(), Knowledge()), _Platform(_STRICT, _TEAMS))


def check(body: bytes) -> None:
    """Assert what must hold for every body; a digest of it chooses the platform.

    Raises:
        AssertionError: It does not.
        Endless: It is not answered.
    """
    platform = _PLATFORMS[crc32(body) % len(_PLATFORMS)]
    with ending():
        for path in PATHS:
            _hold(platform, path, body)


def _hold(platform: _Platform, path: str, body: bytes) -> None:
    answered = platform.answer(path, body)
    if isinstance(answered, Problem):
        assert answered.status in {400, 422}
        holds_no_token(answered.sentence, "")
        return
    answer, line = answered
    review = orjson.loads(body)
    request = review["request"]
    response = orjson.loads(answer)["response"]
    assert response["uid"] == request["uid"]
    assert type(response["allowed"]) is bool
    assert all(len(warning) <= 120 for warning in response.get("warnings", []))
    _says_no_token(request, response, json.loads(line))
    if "patch" not in response or _is_ambiguous(request["object"]):
        return
    assert response["allowed"]
    assert path != "/validate"
    patch = json.loads(b64decode(response["patch"]))
    request["object"] = applied(request["object"], patch)
    again = platform.answer(path, encode(review))
    assert not isinstance(again, Problem)
    second = orjson.loads(again[0])["response"]
    assert "patch" not in second, "a second pass changed something"
    assert second["allowed"]


def _says_no_token(request: Mapping[str, Any], response: dict[str, Any], line: dict[str, Any]) -> None:
    given = json.dumps([request.get(key) for key in _GIVEN])
    if "hf_" in given or PLANTED[3:15] in given:
        return
    said: list[Any] = [response, line]
    if "patch" in response:
        said.append(b64decode(response["patch"]).decode())
    holds_no_token(json.dumps([said], ensure_ascii=False), json.dumps(request, ensure_ascii=False))


def _is_ambiguous(node: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two containers have one name, or one has none: it is refused, and our record goes by names."""
    if isinstance(node, list):
        return any(map(_is_ambiguous, node))
    if not isinstance(node, dict):
        return False
    lists = (node.get(field) for field in ("initContainers", "containers"))
    containers = [
        item for found in lists if isinstance(found, list) for item in found if isinstance(item, dict)
    ]
    called = [container.get("name") for container in containers]
    return (
        "" in called
        or any(type(name) is not str or called.count(name) > 1 for name in called)
        or any(map(_is_ambiguous, node.values()))
    )


def seeds() -> Iterator[bytes]:
    """Yield the yardstick, and a review of each golden case."""
    yield REVIEW
    for folder in FOLDERS:
        yield _review(situation(folder).request)


def _review(request: Request) -> bytes:
    asked = {
        "uid": "u",
        "kind": {"group": request.group, "version": "v1", "kind": request.kind},
        "namespace": request.namespace,
        "operation": request.operation,
        "subResource": request.subresource,
        "object": request.object,
        "oldObject": request.old_object,
    }
    return encode({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked})


def _another(body: bytes, random: Random) -> bytes:
    """Return a review that differs in a few places; what is no JSON becomes a seed."""
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError:
        return random.choice(_SEEDS)
    return encode(changed(review, orjson.loads(random.choice(_SEEDS)), _WORDS, random))


_SEEDS: Final = list(seeds())
_WORDS: Final = [
    *(value for name, value in vars(names).items() if name.isupper() and type(value) is str),
    *HUGGING_FACE.token_variables,
    *HUGGING_FACE.offline_variables,
    *HUGGING_FACE.model_variables,
    *("team-a", "team-b", "team-c", "CREATE", "UPDATE", "InferenceService", "Pod", "enabled", "disabled"),
    *("hf://acme/model", "hf://meta-llama/Llama-3.1-8B:main", "--model=acme/model", "--trust-remote-code"),
    *("file", "env", "hf-other", "storage-initializer", "kserve-container", "$(HF_TOKEN)", "HF_TOKEN_PATH"),
    *(PLANTED, f"hf://acme/{PLANTED}", f"--token={PLANTED}", f"https://u:{PLANTED}@huggingface.co/a/b"),
]
REVIEWS: Final = Target("reviews", check, lambda: _SEEDS, _WORDS, _another, 32 * 1024)
