"""Which objects are judged at all, and what comes of a finding."""

from dataclasses import replace
from typing import Any

import pytest

from webhook.core.decision import Decision, Request
from webhook.core.policy.finding import Fault
from webhook.core.reasons import Outcome
from webhook.core.settings import Policy, PolicyAction, Settings
from webhook.core.validate import of_its_pods, validate

_TOKEN = "hf_" + "aB3dE" * 7
_DENY = Settings(policy=Policy(literal_tokens=PolicyAction.DENY))
_DENY_ALL = Settings(policy=Policy(literal_tokens=PolicyAction.DENY, pods=PolicyAction.DENY))
_CONTROLLER = {"ownerReferences": [{"kind": "ReplicaSet", "name": "r", "controller": True}]}


def _judged(
    settings: Settings = _DENY,
    metadata: dict[str, Any] | None = None,
    kind: str = "Pod",
    **changes: Any,  # noqa: ANN401 - any field of a request
) -> Decision:
    """Judge an object with a token in a variable; `changes` are those to the request."""
    spec = {"containers": [{"name": "main", "env": [{"name": "A", "value": _TOKEN}]}]}
    new = {"metadata": {"name": "x", **(metadata or {})}, "spec": spec}
    group = "" if kind == "Pod" else "serving.kserve.io" if kind != "Deployment" else "apps"
    return validate(replace(Request(group, kind, "CREATE", "ns", new), **changes), settings=settings)


@pytest.mark.parametrize(
    "kind", ["Pod", "InferenceService", "LLMInferenceService", "ServingRuntime", "ClusterServingRuntime"]
)
def test_each_kind_with_containers_of_kserve_is_judged(kind: str) -> None:
    decision = _judged(kind=kind)
    assert decision.outcome is Outcome.DENIED
    assert decision.denial == (
        "the platform's policy: main: variable A holds a token in clear text "
        "(/spec/containers/0/env/0/value): refer to a Secret by secretKeyRef, and revoke the token"
    )


def test_a_token_is_warned_about_unless_the_platform_says_otherwise() -> None:
    decision = _judged(Settings())
    assert (decision.outcome, decision.denial) == (Outcome.WARNED, None)
    [warning] = decision.warnings
    assert warning.startswith(
        "main: variable A holds a token in clear text: refer to a Secret by secretKeyRef"
    )
    off = _judged(Settings(policy=Policy(literal_tokens=PolicyAction.ALLOW)))
    assert (off.outcome, off.findings) == (Outcome.ACCEPTED, [])


def test_a_pod_with_a_controller_is_warned_about_unless_pods_are_denied() -> None:
    spared = _judged(metadata=_CONTROLLER)
    assert spared.allowed
    assert [finding.action for finding in spared.findings] == [PolicyAction.WARN]
    assert not _judged(_DENY_ALL, _CONTROLLER).allowed
    assert not _judged(metadata={"ownerReferences": [{"kind": "Node", "name": "n"}]}).allowed
    assert not _judged(metadata=_CONTROLLER, kind="InferenceService").allowed


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        (Outcome.KIND_NOT_HANDLED, {"kind": "Deployment"}),
        (Outcome.OPERATION_NOT_HANDLED, {"operation": "DELETE"}),
        (Outcome.OPERATION_NOT_HANDLED, {"operation": "UPDATE"}),
        (Outcome.OPERATION_NOT_HANDLED, {"kind": "InferenceService", "subresource": "status"}),
        (Outcome.BEING_DELETED, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
        (Outcome.MIRROR_POD, {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}}),
    ],
)
def test_what_policy_cannot_change_passes(outcome: Outcome, changes: dict[str, Any]) -> None:
    assert _judged(**changes).outcome is outcome


def test_an_update_is_judged_where_the_spec_or_one_of_our_keys_changed() -> None:
    spec = {"containers": [{"name": "main", "env": [{"name": "A", "value": _TOKEN}]}]}
    same = {"metadata": {"name": "x", "annotations": {"other": "1"}}, "spec": spec}
    update: dict[str, Any] = {"kind": "LLMInferenceService", "operation": "UPDATE"}
    assert _judged(**update, old_object=same).outcome is Outcome.NOTHING_CHANGED
    assert _judged(**update, old_object={**same, "spec": {}}).outcome is Outcome.DENIED
    ours = {"annotations": {"hf-token-injector.io/secret": "s"}}
    assert _judged(metadata=ours, **update, old_object=same).outcome is Outcome.DENIED
    assert _judged(**update).outcome is Outcome.DENIED


def test_labels_that_opt_out_of_injection_do_not_switch_policy_off() -> None:
    assert not _judged(metadata={"labels": {"hf-token-injector.io/inject": "disabled"}}).allowed


def test_no_more_is_told_than_somebody_reads() -> None:
    variables = [{"name": f"A{index}", "value": _TOKEN} for index in range(100)]
    pod = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "main", "env": variables}]}}
    findings = validate(Request("", "Pod", "CREATE", "ns", pod)).findings
    assert len(findings) == 32
    assert {finding.fault for finding in findings} == {Fault.LITERAL_TOKEN}


def _deployment(value: str = _TOKEN, kind: str = "Deployment", group: str = "apps") -> Request:
    """Return a request for an object whose Pods have a variable of that value."""
    pods = {"spec": {"containers": [{"name": "main", "env": [{"name": "A", "value": value}]}]}}
    spec = {"jobTemplate": {"spec": {"template": pods}}} if kind == "CronJob" else {"template": pods}
    return Request(group, kind, "CREATE", "ns", {"metadata": {"name": "x"}, "spec": spec})


@pytest.mark.parametrize(
    ("group", "kind"),
    [("apps", "Deployment"), ("apps", "StatefulSet"), ("batch", "Job"), ("batch", "CronJob")],
)
def test_a_token_in_what_makes_pods_is_told_and_refuses_nothing(group: str, kind: str) -> None:
    request = _deployment(kind=kind, group=group)
    for settings in (Settings(), _DENY):
        decision = of_its_pods(request, settings)
        assert (decision.outcome, decision.denial) == (Outcome.WARNED, None)
        assert [(one.fault, one.action) for one in decision.findings] == [
            (Fault.LITERAL_TOKEN, PolicyAction.WARN)
        ]
        [warning] = decision.warnings
        assert warning == (
            "main: variable A holds a token in clear text: "
            "refer to a Secret by secretKeyRef, and revoke the token"
        )
        assert _TOKEN[3:] not in str(decision)


def test_that_its_pods_would_be_refused_is_told() -> None:
    decision = of_its_pods(_deployment(), _DENY_ALL)
    [warning] = decision.warnings
    assert warning.startswith("its Pods would be refused: main: variable A holds a token in clear text")
    assert decision.allowed
    request = _deployment()
    unsearched = replace(request, object={**request.object, "x": [""] * 40_000})
    assert "was not searched" in of_its_pods(unsearched, _DENY_ALL).warnings[-1]
    assert "its Pods" not in of_its_pods(unsearched, _DENY_ALL).warnings[-1]


def test_nothing_is_told_of_what_has_no_token_no_pods_or_is_judged_itself() -> None:
    assert of_its_pods(_deployment("x")).outcome is Outcome.ACCEPTED
    off = Settings(policy=Policy(literal_tokens=PolicyAction.ALLOW))
    for request, settings in (
        (_deployment(), off),
        (_deployment(kind="ConfigMap", group=""), Settings()),
        (_deployment(kind="Pod", group=""), Settings()),
    ):
        decision = of_its_pods(request, settings)
        assert (decision.outcome, decision.warnings) == (Outcome.KIND_NOT_HANDLED, [])
