"""The envelope without a server around it."""

import base64
import json
from typing import Any

import pytest

from webhook.core.decision import Action, Decision, Scope, Verdict
from webhook.core.policy.finding import Fault, Finding
from webhook.core.reasons import Outcome, Reason
from webhook.core.settings import PolicyAction
from webhook.server.problem import Problem
from webhook.server.review import Review, parse_review, render_review


def parse(review: dict[str, Any]) -> Review:
    return parse_review(json.dumps(review).encode(), Scope.KSERVE)


def answer(review: dict[str, Any], decision: Decision) -> dict[str, Any]:
    response: dict[str, Any] = json.loads(render_review(parse(review), decision))["response"]
    return response


def test_the_core_is_asked_what_the_envelope_says(review: dict[str, Any]) -> None:
    parsed = parse(review)
    request = parsed.request
    assert request
    assert (request.group, request.kind, request.operation) == ("", "Pod", "CREATE")
    assert (request.namespace, request.scope, request.subresource) == ("peers-bench", Scope.KSERVE, "")
    assert request.object == review["request"]["object"]
    assert request.old_object is None


def test_an_object_is_called_by_the_first_name_it_has(review: dict[str, Any]) -> None:
    assert parse(review).name == "llama-predictor-6d9c7b5f88-"
    review["request"]["object"]["metadata"]["name"] = "one"
    assert parse(review).name == "one"
    review["request"]["name"] = "two"
    assert parse(review).name == "two"
    review["request"] |= {"name": None, "object": {"metadata": {"name": 5}}}
    assert parse(review).name == ""
    review["request"]["object"] = {"metadata": "x"}
    assert parse(review).name == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uid", ""),
        ("uid", 5),
        ("kind", None),
        ("kind", {"kind": 5}),
        ("kind", {"group": []}),
        ("operation", 1),
        ("namespace", {}),
        ("name", True),
        ("subResource", 1),
        ("dryRun", "false"),
        ("object", []),
        ("oldObject", "x"),
    ],
)
def test_a_wrong_type_is_named(review: dict[str, Any], field: str, value: object) -> None:
    review["request"][field] = value
    with pytest.raises(Problem, match=rf"request\.{field}.* must be ") as caught:
        parse(review)
    assert caught.value.status == 400


def test_a_review_without_a_request_is_named(review: dict[str, Any]) -> None:
    with pytest.raises(Problem, match="request must be an object"):
        parse(review | {"request": None})


def test_a_denial_is_a_status_that_kubectl_prints(review: dict[str, Any]) -> None:
    response = answer(review, Decision(Outcome.DENIED, denial="Change this.", patch=[]))
    assert response["allowed"] is False
    assert response["status"] == {
        "status": "Failure",
        "message": "Change this.",
        "reason": "Invalid",
        "code": 422,
    }
    assert "patch" not in response


def test_an_answer_without_a_patch_names_no_patch_type(review: dict[str, Any]) -> None:
    assert answer(review, Decision(Outcome.NOT_NEEDED)) == {
        "uid": review["request"]["uid"],
        "allowed": True,
        "auditAnnotations": {"outcome": "NotNeeded"},
    }


def test_warnings_have_the_form_that_the_api_server_passes_on(review: dict[str, Any]) -> None:
    warnings = answer(review, Decision(Outcome.NOT_NEEDED, warnings=["short", "a\nb\x7f", "x" * 200]))[
        "warnings"
    ]
    assert warnings == ["short", "a b ", "x" * 119 + "…"]


def test_audit_annotations_name_each_container_and_reason(review: dict[str, Any]) -> None:
    verdicts = [
        Verdict("main", "/spec/containers/0", Action.ADD, Reason.HUB_URI),
        Verdict("side", "/spec/containers/1", Action.NONE, Reason.INFRASTRUCTURE),
    ]
    annotations = answer(review, Decision(Outcome.INJECTED, verdicts))["auditAnnotations"]
    assert annotations == {"outcome": "Injected", "containers": "main=HubUri,side=Infrastructure"}


def test_audit_annotations_are_bounded(review: dict[str, Any]) -> None:
    verdicts = [Verdict("x" * 5000, "/spec/containers/0", Action.NONE, Reason.NO_HUB_REFERENCE)]
    annotations = answer(review, Decision(Outcome.NOT_NEEDED, verdicts))["auditAnnotations"]
    assert len(annotations["containers"]) == 1024


def test_findings_are_named_by_place_fault_and_what_came_of_it(review: dict[str, Any]) -> None:
    findings = [
        Finding(Fault.LITERAL_TOKEN, PolicyAction.DENY, "/spec/containers/0/env/0/value", "main", "HF_TOKEN"),
        Finding(Fault.TOKEN_IN_URL, PolicyAction.WARN, f"/metadata/labels/{'x' * 2000}"),
    ]
    annotations = answer(review, Decision(Outcome.DENIED, denial="no", findings=findings))["auditAnnotations"]
    text = annotations["findings"]
    assert text.startswith("/spec/containers/0/env/0/value=LiteralToken:deny,/metadata/labels/xxx")
    assert len(text) == 1024


def test_a_lone_surrogate_never_breaks_an_answer(review: dict[str, Any]) -> None:
    decision = Decision(
        Outcome.INJECTED,
        verdicts=[Verdict("\ud800", "/x", Action.ADD, Reason.HUB_URI)],
        warnings=["\udfff"],
        patch=[{"op": "add", "path": "/\ud800", "value": "\udc00"}],
    )
    response = answer(review, decision)
    assert response["warnings"] == ["\udfff"]
    assert json.loads(base64.b64decode(response["patch"]))[0]["value"] == "\udc00"
