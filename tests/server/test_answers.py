"""What comes back over a real connection, for what is sent."""

import base64
import json
from typing import Any

import jsonpatch
import pytest

from tests.server.running import JSON, Running, exchange
from webhook.core.decision import Decision, Scope
from webhook.server import app
from webhook.server.app import Judgement


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_pod_that_downloads_gets_a_patch(
    server: Running, review: dict[str, Any], review_bytes: bytes
) -> None:
    answer = server.post(review_bytes)
    response = answer.json["response"]
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert (answer.json["apiVersion"], answer.json["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    assert (response["uid"], response["allowed"]) == (review["request"]["uid"], True)
    assert response["patchType"] == "JSONPatch"
    patched = jsonpatch.apply_patch(
        review["request"]["object"], json.loads(base64.b64decode(response["patch"]))
    )
    assert patched["spec"]["initContainers"][0]["env"][-1]["name"] == "HF_TOKEN"
    assert response["auditAnnotations"]["outcome"] == "Injected"
    assert "storage-initializer=HubUri" in response["auditAnnotations"]["containers"]


def test_a_content_type_may_have_parameters(server: Running, review_bytes: bytes) -> None:
    answer = server.post(review_bytes, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert answer.status == 200


def test_a_review_without_an_object_is_allowed(server: Running, review: dict[str, Any]) -> None:
    review["request"] |= {"operation": "DELETE", "object": None, "oldObject": review["request"]["object"]}
    response = server.post(dump(review)).json["response"]
    assert response["allowed"] is True
    assert "patch" not in response


@pytest.mark.parametrize("path", app.PATHS)
def test_every_path_answers_with_a_query_too(server: Running, path: str, review_bytes: bytes) -> None:
    assert server.post(review_bytes, f"{path}?timeout=3s").json["response"]["allowed"] is True


def test_only_mutate_all_reaches_pods_outside_kserve(server: Running, review: dict[str, Any]) -> None:
    review["request"]["object"]["metadata"]["labels"] = {}
    review["request"]["object"]["metadata"]["annotations"] = {}
    assert "patch" in server.post(dump(review), "/mutate/all").json["response"]
    assert "patch" not in server.post(dump(review), "/mutate").json["response"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "sentence"),
    [
        ("GET", "/mutate", JSON, b"", 405, "POST only"),
        ("PUT", "/mutate/all", JSON, b"{}", 405, "POST only"),
        ("POST", "/", JSON, b"{}", 404, "nothing here"),
        ("POST", "/mutate/", JSON, b"{}", 404, "nothing here"),
        ("POST", "/mutate", {}, b"{}", 415, "application/json"),
        ("POST", "/mutate", {"Content-Type": "text/plain"}, b"{}", 415, "application/json"),
        ("POST", "/mutate", {"Content-Type": "application/jsonx"}, b"{}", 415, "application/json"),
        ("POST", "/mutate", JSON, b"", 400, "empty"),
        ("POST", "/mutate", JSON, b"{", 400, "not JSON"),
        ("POST", "/mutate", JSON, b"[]", 400, "not an AdmissionReview"),
    ],
)
def test_a_wrong_request_gets_a_status_and_one_sentence(  # noqa: PLR0913, PLR0917 - a table of columns
    server: Running, method: str, path: str, headers: dict[str, str], body: bytes, status: int, sentence: str
) -> None:
    answer = server.post(body, path, headers, method)
    assert answer.status == status
    assert sentence in answer.body.decode()
    assert answer.body.count(b"\n") == 1
    # The only type whose body the API server shows.
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_method_that_is_not_allowed_is_told_which_is(server: Running) -> None:
    assert server.post(b"", method="GET").headers["allow"] == "POST"


def test_another_version_of_the_envelope_is_told_what_is_supported(
    server: Running, review: dict[str, Any]
) -> None:
    answer = server.post(dump(review | {"apiVersion": "admission.k8s.io/v1beta1"}))
    assert answer.status == 422
    assert b"admission.k8s.io/v1 is" in answer.body


def test_a_body_over_the_limit_is_refused_though_it_is_still_being_sent(server: Running) -> None:
    answer = server.post(b" " * (7 * 1024 * 1024 + 1))
    assert answer.status == 413
    assert b"larger than 7340032 bytes" in answer.body


def test_a_chunked_body_over_the_limit_is_refused(server: Running) -> None:
    connection = server.connect()
    try:
        pieces = (b" " * 65536 for _ in range(113))
        connection.request("POST", "/mutate", pieces, JSON, encode_chunked=True)
        assert connection.getresponse().status == 413
    finally:
        connection.close()


def test_a_body_of_exactly_the_limit_is_read(server: Running, review_bytes: bytes) -> None:
    assert server.post(review_bytes.ljust(7 * 1024 * 1024)).json["response"]["allowed"] is True


def test_a_refused_review_keeps_its_connection(server: Running, review_bytes: bytes) -> None:
    connection = server.connect()
    try:
        assert exchange(connection, b"{").status == 400
        sock = connection.sock
        assert exchange(connection, review_bytes).status == 200
        assert connection.sock is sock
    finally:
        connection.close()


def test_our_own_bug_is_a_500_that_shows_no_value(
    server: Running, review_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Decision:
        raise ValueError("hf_thisIsAToken") from KeyError("hf_another")

    monkeypatch.setitem(app.PATHS, "/mutate", Judgement(Scope.KSERVE, broken))
    answer = server.post(review_bytes)
    assert answer.status == 500
    assert answer.body == b"hf-token-injector has a bug; its log says where.\n"
    line = [line for line in server.lines if line["event"] == "internal error"][-1]
    assert (line["exception"], line["cause"], line["level"]) == ("ValueError", "KeyError", "critical")
    assert any("app.py:" in frame for frame in line["frames"])
    assert b"hf_" not in server.log.getvalue()


def test_it_goes_on_after_a_bug(
    server: Running, review_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.delitem(app.PATHS, "/mutate")
        assert server.post(review_bytes).status == 500
    assert server.post(review_bytes).status == 200


def test_the_framework_serves_no_pages_of_its_own(server: Running) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert server.post(b"", path, {}, "GET").status == 404
