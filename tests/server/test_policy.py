"""`/validate` over a real connection: the policy's answer, and what it leaves behind."""

import copy
import json
from typing import Any

import pytest

from tests.server.running import Running
from webhook.core.policy.finding import Check
from webhook.core.settings import PolicyAction

LITERAL = "hf_literalOnlyNotARealTokenAtAll000000"


def reviewed(server: Running, review: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a review."""
    answer = server.post(json.dumps(review).encode(), "/validate")
    assert answer.status == 200, answer.body
    assert LITERAL.encode() not in answer.body
    response: dict[str, Any] = answer.json["response"]
    return response


def findings(server: Running, check: Check, action: PolicyAction) -> float:
    """Return how often a check has found something."""
    name = f'hf_token_injector_policy_findings_total{{action="{action}",check="{check}"}} '
    lines = server.get("/metrics").body.decode().splitlines()
    return next((float(line.removeprefix(name)) for line in lines if line.startswith(name)), 0)


@pytest.fixture
def offence(review: dict[str, Any]) -> dict[str, Any]:
    """A review of a Pod whose container has a token in clear text."""
    pod = review["request"]["object"]
    pod["spec"]["containers"][0].setdefault("env", []).append({"name": "HF_TOKEN", "value": LITERAL})
    return review


def test_a_pod_that_downloads_gets_no_patch(server: Running, review: dict[str, Any]) -> None:
    """It is what injection has made of it that is judged."""
    response = reviewed(server, review)
    assert response == {
        "uid": review["request"]["uid"],
        "allowed": True,
        "auditAnnotations": {"outcome": "Accepted"},
    }


def test_what_is_found_is_a_warning_and_an_audit_annotation(server: Running, offence: dict[str, Any]) -> None:
    """Where it is, what it is, and what came of it."""
    response = reviewed(server, offence)
    assert response["allowed"] is True
    assert any("secretKeyRef" in warning for warning in response["warnings"])
    annotations = response["auditAnnotations"]
    assert annotations["outcome"] == "Warned"
    place, _, rest = annotations["findings"].partition("=")
    assert place.startswith("/spec/containers/0/env/")
    assert rest == "LiteralToken:warn"


def test_a_dry_run_gets_the_same_judgement(server: Running, offence: dict[str, Any]) -> None:
    """Nothing but a number and a line comes of a review either way."""
    dry = copy.deepcopy(offence)
    dry["request"]["dryRun"] = True
    assert reviewed(server, dry) == reviewed(server, offence)


def test_what_is_found_is_counted_and_logged_by_its_name(server: Running, offence: dict[str, Any]) -> None:
    """Neither holds a byte of the token."""
    before = findings(server, Check.LITERAL_TOKENS, PolicyAction.WARN)
    reviewed(server, offence)
    assert findings(server, Check.LITERAL_TOKENS, PolicyAction.WARN) == before + 1
    line = server.lines[-1]
    assert (line["endpoint"], line["outcome"], line["findings"]) == ("/validate", "Warned", ["LiteralToken"])
    assert LITERAL.encode() not in server.log.getvalue()


def test_a_deletion_is_let_through(server: Running, review: dict[str, Any]) -> None:
    """Whatever the object is."""
    review["request"] |= {"operation": "DELETE", "oldObject": review["request"]["object"], "object": None}
    assert reviewed(server, review)["auditAnnotations"] == {"outcome": "OperationNotHandled"}


def test_an_object_of_no_namespace_is_in_no_doubt(server: Running, offence: dict[str, Any]) -> None:
    """There is no Namespace that something could be unknown of."""
    request = offence["request"]
    request["namespace"] = ""
    request["kind"] = {"group": "serving.kserve.io", "version": "v1alpha1", "kind": "ClusterServingRuntime"}
    response = reviewed(server, offence)
    assert response["auditAnnotations"]["outcome"] == "Warned"
    assert "namespace" not in response["auditAnnotations"]
    name = (
        'reviews_total{endpoint="/validate",kind="ClusterServingRuntime",operation="CREATE",outcome="Warned"}'
    )
    assert f"hf_token_injector_{name} " in server.get("/metrics").body.decode()


def test_a_namespace_that_nobody_knows_is_said(server: Running, offence: dict[str, Any]) -> None:
    """What its annotations ask for could change the answer."""
    assert reviewed(server, offence)["auditAnnotations"]["namespace"] == "unknown"
