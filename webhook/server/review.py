"""The AdmissionReview envelope: bytes to a request, a decision to bytes. Pure.

The envelope is typed, the object inside stays raw. Wire format: `k8s.io/api/admission/v1`, types.go.
"""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import orjson

from webhook.core import caps
from webhook.core.decision import Decision, Request, Scope
from webhook.server.encode import encode
from webhook.server.known import Doubt
from webhook.server.problem import Problem

API_VERSION: Final = "admission.k8s.io/v1"

_ANNOTATION_LIMIT = 1024
"""Characters of an audit annotation that is a list: its names come from an unvalidated object."""
_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), " ")
"""The API server drops a warning that holds one of these (k8s.io/apimachinery, NewWarningHeader)."""


class Review(NamedTuple):
    """A review that can be answered.

    Attributes:
        uid: What the answer must repeat.
        request: What the core is asked, or None where there is no object (DELETE).
        kind, namespace, operation: As the envelope has them, for metrics and log.
        name: The object's name, or its generateName, or nothing.
        dry_run: Whether the answer must have no side effect.
    """

    uid: str
    request: Request | None
    kind: str
    namespace: str
    operation: str
    name: str
    dry_run: bool


class Answered(NamedTuple):
    """A review with its answer, for what is counted and logged.

    Attributes:
        endpoint: The path that it came to, one of ours.
        seconds: From a complete request to its answer.
        doubt: What has to be said of the decision, if anything.
    """

    endpoint: str
    review: Review
    decision: Decision
    seconds: float
    doubt: Doubt | None = None


def parse_review(body: bytes, scope: Scope) -> Review:
    """Read an AdmissionReview.

    Raises:
        Problem: 400 for what is not an AdmissionReview, 422 for a version of it that we do not speak.
    """
    if not body:
        raise Problem(400, "The body is empty; an AdmissionReview was expected.")
    try:
        review = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error}.") from None
    if not isinstance(review, dict) or review.get("kind") != "AdmissionReview":
        raise Problem(400, "The body is not an AdmissionReview.")
    if review.get("apiVersion") != API_VERSION:
        raise Problem(422, f"This version of AdmissionReview is not supported; {API_VERSION} is.")
    request = review.get("request")
    if not isinstance(request, dict):
        raise _wrong("request", "an object")
    uid = request.get("uid")
    if not isinstance(uid, str) or not uid:
        raise _wrong("request.uid", "a string that is not empty")
    kind = request.get("kind")
    if not isinstance(kind, dict):
        raise _wrong("request.kind", "an object")
    group = _text(kind, "group", "request.kind.group")
    kind_name = _text(kind, "kind", "request.kind.kind")
    operation = _text(request, "operation", "request.operation")
    namespace = _text(request, "namespace", "request.namespace")
    name = _text(request, "name", "request.name")
    subresource = _text(request, "subResource", "request.subResource")
    dry_run = request.get("dryRun")
    if dry_run is not None and not isinstance(dry_run, bool):
        raise _wrong("request.dryRun", "true or false")
    new = _object(request, "object")
    old = _object(request, "oldObject")
    asked = None
    if new is not None:
        name = name or _name(new)
        asked = Request(group, kind_name, operation, namespace, new, old, scope, subresource)
    return Review(uid, asked, kind_name, namespace, operation, name, bool(dry_run))


def render_review(review: Review, decision: Decision, doubt: Doubt | None = None) -> bytes:
    """Return the answer to a review.

    A denial is a `Status` with reason Invalid and code 422: what has to change is the object, not somebody's
    rights, which is how `Forbidden` reads. kubectl prints such a status, as long as it has no `details`, as
    "The request is invalid: … denied the request: <message>" (k8s.io/kubectl, cmd/util, `checkErr`).
    """
    response: dict[str, Any] = {"uid": review.uid, "allowed": decision.allowed}
    if decision.denial is not None:
        response["status"] = {
            "status": "Failure",
            "message": decision.denial,
            "reason": "Invalid",
            "code": 422,
        }
    elif decision.patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = b64encode(encode(decision.patch)).decode("ascii")
    if decision.warnings:
        response["warnings"] = [_warning(sentence) for sentence in decision.warnings]
    annotations: dict[str, str] = {"outcome": decision.outcome.value}
    if decision.verdicts:
        annotations["containers"] = _bounded(
            [f"{verdict.container}={verdict.reason.value}" for verdict in decision.verdicts]
        )
    if decision.findings:
        annotations["findings"] = _bounded(
            [f"{finding.path}={finding.fault.value}:{finding.action.value}" for finding in decision.findings]
        )
    if doubt is not None:
        annotations["namespace"] = doubt.value
    if decision.presence:
        annotations["secrets"] = _bounded(
            f"{name}={known.value}" for name, known in decision.presence.items()
        )
    response["auditAnnotations"] = annotations
    return encode({"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response})


def _wrong(field: str, expected: str) -> Problem:
    return Problem(400, f"The AdmissionReview is broken: {field} must be {expected}.")


def _text(holder: dict[str, Any], key: str, field: str) -> str:
    """Return a string that may be absent or null."""
    value = holder.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(field, "a string")
    return value


def _object(request: dict[str, Any], key: str) -> dict[str, Any] | None:
    value = request.get(key)
    if value is not None and not isinstance(value, dict):
        raise _wrong(f"request.{key}", "an object or null")
    return value


def _name(new: dict[str, Any]) -> str:
    """Return what the object is called: a Pod of a ReplicaSet has only a generateName yet."""
    metadata = new.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    name = metadata.get("name") or metadata.get("generateName")
    return name if isinstance(name, str) else ""


def _warning(sentence: str) -> str:
    """Return a warning in the form that the API server passes on."""
    return caps.cut(sentence.translate(_CONTROL), caps.WARNING)


def _bounded(parts: Iterable[str]) -> str:
    """Return the parts with commas between them, cut where the annotation would become unwieldy."""
    return caps.cut(",".join(parts), _ANNOTATION_LIMIT)
