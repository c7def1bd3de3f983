"""Whatever is posted, the answer is 200 or 4xx; and 200 is an AdmissionReview that can be used."""

import base64
import io
import json
from collections.abc import MutableMapping
from typing import Any

import jsonpatch
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import REVIEW
from webhook.core.knowledge import Knowledge
from webhook.core.settings import Settings
from webhook.server.app import App, Serving
from webhook.server.known import Known
from webhook.server.logs import make_logger
from webhook.server.metrics import Metrics
from webhook.settings import LogSettings

PARSED: dict[str, Any] = json.loads(REVIEW)
LOG = io.BytesIO()

many = settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
fewer = settings(many, max_examples=5_000)


class Caller:
    """Posts through the whole application, without a socket in between."""

    def __init__(self) -> None:
        serving = Serving(
            Settings(), Known(Knowledge()), Metrics(), make_logger(LogSettings("error"), LOG), 7 << 20
        )
        self._app = App(serving)

    def post(self, body: bytes, path: str = "/mutate") -> tuple[int, bytes]:
        """Return status and body of the answer."""
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "root_path": "",
            "headers": [(b"content-type", b"application/json")],
        }
        running = self._app(scope, receive, send)
        with pytest.raises(StopIteration):
            running.send(None)
        return sent[0]["status"], b"".join(message["body"] for message in sent[1:])


CALLER = Caller()


def check(body: bytes, path: str = "/mutate") -> None:
    """Assert what must hold for every body."""
    status, answer = CALLER.post(body, path)
    assert status == 200 or 400 <= status < 500, LOG.getvalue()[-2000:]
    if status != 200:
        assert answer.endswith(b"\n")
        return
    envelope = orjson.loads(answer)
    review = orjson.loads(body)
    response = envelope["response"]
    assert response["uid"] == review["request"]["uid"]
    assert isinstance(response["allowed"], bool)
    assert all(len(warning) <= 120 for warning in response.get("warnings", []))
    if "patch" in response:
        assert path != "/validate"
        patch = json.loads(base64.b64decode(response["patch"]))
        jsonpatch.apply_patch(review["request"]["object"], patch, in_place=True)


@many
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    check(body)


TEXT = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["hf://a/b", "--model", "$(HF_TOKEN)", "env", "\x00", "\u2028", "HF_TOKEN", "disabled", "file"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
LISTS = st.lists(SCALARS, max_size=2) | st.dictionaries(TEXT, SCALARS, max_size=2)
JUNK = SCALARS | LISTS | st.lists(LISTS, max_size=2) | st.dictionaries(TEXT, LISTS, max_size=2)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, child in items:
        found += _places(child, (*path, key))
    return found


PLACES = _places(PARSED)
PATHS = st.sampled_from(["/mutate", "/validate"])


@fewer
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=3), PATHS)
def test_a_real_review_in_which_anything_is_something_else(
    changes: list[tuple[tuple[Any, ...], Any]], path: str
) -> None:
    review = orjson.loads(REVIEW)
    for place, junk in changes:
        holder: Any = review
        try:
            for part in place[:-1]:
                holder = holder[part]
            holder[place[-1]] = junk
        except (KeyError, IndexError, TypeError):
            continue
    check(json.dumps(review).encode(), path)


@fewer
@given(st.integers(0, len(REVIEW)), st.integers(0, 40), st.binary(max_size=20))
def test_a_real_review_with_bytes_cut_out_and_put_in(at: int, cut: int, put: bytes) -> None:
    check(REVIEW[:at] + put + REVIEW[at + cut :])


def _review(**request: Any) -> bytes:  # noqa: ANN401
    review = orjson.loads(REVIEW)
    review["request"] |= request
    return json.dumps(review).encode()


NESTED = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize("path", ["/mutate", "/validate"])
@pytest.mark.parametrize(
    "body",
    [
        NESTED,
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":' + NESTED + b"}",
        REVIEW.replace(b'"spec":{', b'"spec":{"x":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b",", 1),
        REVIEW.replace(b'"object":{', b'"object":{"n":1e400,', 1),
        REVIEW.replace(b'"object":{', b'"object":{"n":' + b"9" * 5000 + b",", 1),
        REVIEW.replace(b'"uid":"0df', b'"uid":"\\ud800', 1),
        REVIEW.replace(b'"uid":"0df', b'"uid":"\\u0000', 1),
        REVIEW.replace(b'"uid":"0df', b'"uid":"\xff', 1),
        REVIEW.replace(b'"request":{', b'"request":1,"request":{', 1),
        b"\x00" + REVIEW,
        b"\xef\xbb\xbf" + REVIEW,
        b"NaN",
        b'"' * 1000,
    ],
)
def test_shapes_that_break_parsers(body: bytes, path: str) -> None:
    check(body, path)


@pytest.mark.parametrize("value", [0, 1.5, "", "x", True, [], ["x"], {}, None])
@pytest.mark.parametrize(
    "field",
    [
        "uid",
        "kind",
        "operation",
        "namespace",
        "name",
        "subResource",
        "dryRun",
        "object",
        "oldObject",
        "userInfo",
        "options",
    ],
)
def test_every_field_of_the_envelope_with_every_type(field: str, value: Any) -> None:  # noqa: ANN401
    check(_review(**{field: value}))
