"""What holds for every decision, whatever the object: golden cases and properties are both held to it."""

import copy
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import jsonpatch

from webhook.core.admit import admit
from webhook.core.decision import Decision, Operation, Request
from webhook.core.knowledge import Knowledge
from webhook.core.settings import Settings

TOKEN_LIKE = re.compile(r"hf_[A-Za-z0-9]{20,}")
INJECTED = "hf-token-injector.io/injected"
_MOUNT = "/var/run/secrets/huggingface"
_VOLUME = re.compile(r"hf-token-[0-9a-f]{8}")
_TOUCHED = re.compile(
    r"/(?:env|env/(?:-|\d+)|env/\d+/valueFrom|env/\d+/valueFrom/(?:secretKeyRef|configMapKeyRef)"
    r"|volumes|volumes/-|volumeMounts|volumeMounts/-"
    r"|(?:metadata|metadata/annotations|annotations|annotations/hf-token-injector\.io~1injected))\Z"
)


@dataclass(frozen=True)
class Situation:
    """All arguments of one call of `admit()`."""

    request: Request
    knowledge: Knowledge
    settings: Settings

    def decide(self, **changes: Any) -> Decision:  # noqa: ANN401 - any field of a request
        """Return the answer to the request, or to one that differs in some fields."""
        return admit(replace(self.request, **changes), self.knowledge, self.settings)


def applied(document: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the document after a patch, as the API server would have it."""
    return jsonpatch.apply_patch(copy.deepcopy(document), copy.deepcopy(patch))


def hold(situation: Situation) -> Decision:
    """Return the decision, after a look at everything that must hold for it."""
    before = copy.deepcopy(situation)
    decision = situation.decide()
    assert situation == before, "an argument was changed"
    assert situation.decide() == decision, "the same arguments gave another answer"
    _says_no_token(decision)
    assert all(len(text) <= 120 for text in decision.warnings)
    for patch in (decision.patch, decision.audited):
        _touches_only_ours(situation.request, patch)
        _is_minimal(situation.request.object, patch)
    if decision.patch:
        assert decision.denial is None
    result = applied(situation.request.object, decision.patch)
    again = situation.decide(object=result)
    assert again.patch == [], "a second call changed something"
    assert again.denial == decision.denial
    return decision


def survive_unknown_fields(situation: Situation) -> None:
    """Assert that fields of a future Kubernetes neither change the answer nor vanish."""
    strange, old = copy.deepcopy((situation.request.object, situation.request.old_object))
    for node in _structures([strange, old]):
        node["futureField"] = {"list": [1, None, {"deep": "x"}]}
    decision = situation.decide()
    again = situation.decide(object=strange, old_object=old)
    assert (again.patch, again.verdicts) == (decision.patch, decision.verdicts)
    result = applied(strange, again.patch)
    assert json.dumps(result).count("futureField") == json.dumps(strange).count("futureField")


def keep_generation(situation: Situation, decision: Decision) -> None:
    """Assert that applying the same InferenceService again leaves its spec, and so its generation, alone.

    Client-side apply brings the user's own `env` lists and keeps our annotation; PUT brings neither.
    """
    applied_before = situation.request.object
    stored = applied(applied_before, decision.patch)
    bare = copy.deepcopy(applied_before)
    client_side = copy.deepcopy(bare)
    if record := stored["metadata"].get("annotations", {}).get(INJECTED):
        client_side["metadata"].setdefault("annotations", {})
        client_side["metadata"]["annotations"] = {
            **(client_side["metadata"]["annotations"] or {}),
            INJECTED: record,
        }
    for name, brought in (("stored", stored), ("put", bare), ("client-side", client_side)):
        update = situation.decide(
            operation=str(Operation.UPDATE), object=copy.deepcopy(brought), old_object=stored
        )
        result = applied(brought, update.patch)
        assert result["spec"] == stored["spec"], f"{name}: spec changed"
        assert result["metadata"] == stored["metadata"], f"{name}: metadata changed"
        repeated = situation.decide(operation=str(Operation.UPDATE), object=result, old_object=stored)
        assert repeated.patch == []
    later = situation.decide(operation=str(Operation.UPDATE), object=stored, old_object=bare)
    assert later.patch == [], "reinvoked as an UPDATE, it changed something"


def equal_in_two_passes(situation: Situation, decision: Decision) -> None:
    """Assert that a Pod comes out the same where KServe adds `storage-initializer` between two calls."""
    once = applied(situation.request.object, decision.patch)
    for index, container in enumerate(situation.request.object["spec"].get("initContainers") or []):
        if not isinstance(container, dict) or container.get("name") != "storage-initializer":
            continue
        if "TOKEN" in str(container.get("env")):
            # What others gave it is copied to others, and one that came late cannot be.
            continue
        early = copy.deepcopy(situation.request.object)
        del early["spec"]["initContainers"][index]
        first = applied(early, situation.decide(object=early).patch)
        first["spec"]["initContainers"].insert(index, copy.deepcopy(container))
        second = applied(first, situation.decide(object=first).patch)
        second_spec, once_spec = second["spec"], once["spec"]
        for spec in (second_spec, once_spec):
            if isinstance(spec.get("volumes"), list):
                spec["volumes"] = sorted(spec["volumes"], key=json.dumps)
        assert second_spec == once_spec
        assert second["metadata"] == once["metadata"]


def _structures(document: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield what is no map of a user's keys: the object, its metadata, every container and every spec."""
    if isinstance(document, list):
        for item in document:
            yield from _structures(item)
    elif isinstance(document, dict):
        for key, value in document.items():
            if key in {"annotations", "labels", "env", "matchLabels"}:
                continue
            if isinstance(value, dict) and key in {"spec", "metadata", "template", "predictor", "model"}:
                yield value
            if isinstance(value, list) and key in {"containers", "initContainers"}:
                yield from (item for item in value if isinstance(item, dict))
            yield from _structures(value)


def _says_no_token(decision: Decision) -> None:
    """Assert that nothing that looks like a token is in anything that leaves the process."""
    said = [
        json.dumps(decision.patch),
        json.dumps(decision.audited),
        decision.denial or "",
        *decision.warnings,
    ]
    for verdict in decision.verdicts:
        said += [verdict.container, verdict.subject, verdict.sentence, verdict.note, *verdict.repositories]
        said += map(str, verdict.choice or ())
    for text in said:
        assert TOKEN_LIKE.search(text) is None, text


def _touches_only_ours(request: Request, patch: Any) -> None:  # noqa: ANN401 - JSON
    for operation in patch:
        assert _TOUCHED.search(operation["path"]), operation
        if request.kind != "InferenceService":
            assert operation["op"] == "add", operation
    result = applied(request.object, patch)
    assert _without_ours(result) == _without_ours(request.object), "something else was touched"
    if request.kind != "InferenceService":
        _only_adds(request.object, result)


def _only_adds(before: Any, after: Any) -> None:  # noqa: ANN401 - JSON
    """Assert that all of `before` is in `after`, lists as their beginning; null may have become a value."""
    if isinstance(before, dict):
        for key, value in before.items():
            if key != INJECTED:
                _only_adds(value, after[key])
    elif isinstance(before, list):
        for old, new in zip(before, after[: len(before)], strict=True):
            _only_adds(old, new)
    else:
        assert before is None or before == after


def _without_ours(document: Any) -> Any:  # noqa: ANN401 - JSON
    """Return an object without what is ours to touch, and without what is empty then."""
    if isinstance(document, list):
        return [_without_ours(item) for item in document]
    if not isinstance(document, dict):
        return document
    without: dict[str, Any] = {}
    for key, value in document.items():
        ours = _OUR_ITEMS.get(key)
        if key == INJECTED:
            continue
        kept = value
        if ours and isinstance(value, list):
            kept = [item for item in value if not (isinstance(item, dict) and ours(item))]
        kept = _without_ours(kept)
        if key in _MAY_BE_EMPTY and not kept:
            continue
        without[key] = kept
    return without


_OUR_ITEMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "env": lambda item: item.get("name") in ("HF_TOKEN", "HF_TOKEN_PATH"),
    "volumes": lambda item: bool(_VOLUME.fullmatch(str(item.get("name")))),
    "volumeMounts": lambda item: item.get("mountPath") == _MOUNT,
}
_MAY_BE_EMPTY = {*_OUR_ITEMS, "annotations", "metadata"}


def _is_minimal(document: Any, patch: Any) -> None:  # noqa: ANN401 - JSON
    """Assert that each operation is needed: without any one of them the result is another one, or none."""
    result = applied(document, patch)
    for fewer in itertools.combinations(patch, len(patch) - 1) if patch else ():
        try:
            assert applied(document, list(fewer)) != result, "an operation is not needed"
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
            continue
