"""Golden cases on an API server with nothing but our admission policies, beside what `admit()` says of them.

Each set of settings has policies and bindings of its own, which a label on a namespace selects, and each
situation of a Namespace is a namespace. So all are in force at once, and a case is one dry run.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import httpx
import yaml

from tests.core.oracles import Situation, applied
from tests.e2e.harness.api import Api, Object
from tests.e2e.harness.manifests import hugging_face_model, predictor_pod
from tests.e2e.harness.namespaces import create_namespace
from tests.e2e.harness.waiting import until
from webhook.admission_policy.rendering import Kind, render
from webhook.core.decision import Scope
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import INJECT, INJECTED, SECRET
from webhook.core.settings import MutatePolicy, Settings

_SELECTED_BY: Final = "e2e.example/settings"
_ROOT: Final = "/apis/admissionregistration.k8s.io/v1"
_DROPPED: Final = ("namespace", "creationTimestamp", "resourceVersion", "uid", "ownerReferences")
_PROBE: Final = "probe"
_PROBED: Final = ("hf-token-injector-inferenceservice-pods", "hf-token-injector-inferenceservices")
"""Names of the bindings that choose the probes."""


class Outcome(NamedTuple):
    """What became of one case.

    Attributes:
        webhook: JSON pointer of a container to the token it was given, as `admit()` has it.
        policy: The same, as the API server answered.
        refused: Why the API server takes no such object; then there is nothing to compare.
    """

    webhook: Mapping[str, str]
    policy: Mapping[str, str]
    refused: str = ""

    @property
    def agrees(self) -> bool:
        """Whether both gave the same containers the same tokens, and noted the same."""
        return self.webhook == self.policy


class Policies:
    """The policies of every set of settings that a case asks for."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._settings: list[Settings] = []
        self._namespaces: dict[str, str] = {}

    def compare(self, asked: Situation) -> Outcome:
        """Send the object of a case as a dry run, and compare."""
        request = asked.request
        sent = _acceptable(request.object)
        known = asked.knowledge.namespaces.get(request.namespace)
        namespace = self._namespace(asked, known or Namespace())
        knowledge = Knowledge(
            {} if known is None else {namespace: known},
            {
                name: frozenset({namespace} if request.namespace in having else ())
                for name, having in asked.knowledge.secrets.items()
            },
        )
        decision = replace(
            asked, request=replace(request, object=sent, namespace=namespace), knowledge=knowledge
        ).decide()
        answer = self._api.post(sent, namespace, dryRun="All")
        if answer.status >= httpx.codes.MULTIPLE_CHOICES:
            without = self._api.post(sent, "default", dryRun="All")
            assert without.status >= httpx.codes.MULTIPLE_CHOICES, (
                f"only the policy refuses it: {answer.message}"
            )
            return Outcome({}, {}, answer.message)
        return Outcome(_given(sent, applied(sent, decision.patch)), _given(sent, answer.body))

    def _namespace(self, asked: Situation, known: Namespace) -> str:
        """Return the namespace for a case; made, with the policies that apply in it, where there is none."""
        settings = asked.settings
        if settings not in self._settings:
            self._settings.append(settings)
            self._install(settings, str(len(self._settings)))
        labels = dict(known.labels) or {INJECT: "enabled"}
        if asked.request.scope is Scope.ALL and labels.get(INJECT) == "enabled":
            labels[INJECT] = "all"
        by_name = asked.request.namespace if _matters(asked) else ""
        labels[_SELECTED_BY] = str(self._settings.index(settings) + 1)
        key = json.dumps([by_name, labels, dict(known.annotations)], sort_keys=True)
        if key not in self._namespaces:
            name = by_name or f"case-{len(self._namespaces)}"
            self._make(name, labels, known.annotations)
            self._namespaces[key] = name
        return self._namespaces[key]

    def _make(self, name: str, labels: Mapping[str, str], annotations: Mapping[str, str]) -> None:
        create_namespace(self._api, name, labels, annotations)

    def _install(self, settings: Settings, number: str) -> None:
        """Create the policies, refusing what they cannot decide, and wait until they are in force.

        The API server follows bindings by one watch: when the probes' own, which come last, are in force, so
        are the others.
        """
        for document in sorted(yaml.safe_load_all(render(Kind.MUTATING, settings)), key=_last_what_is_probed):
            document["metadata"]["name"] += f"-{number}"
            spec = document["spec"]
            if document["kind"].endswith("Binding"):
                spec["policyName"] += f"-{number}"
                spec["matchResources"]["namespaceSelector"]["matchExpressions"].append(
                    {"key": _SELECTED_BY, "operator": "In", "values": [number]}
                )
            else:
                spec["failurePolicy"] = "Fail"
            self._api.create(document)
        namespace = f"{_PROBE}-{number}"
        self._make(namespace, {INJECT: "enabled", _SELECTED_BY: number}, {})
        pod = predictor_pod()
        pod["metadata"]["annotations"] = {SECRET: _PROBE}
        probes = [pod]
        if settings.mutate_inference_services is not MutatePolicy.NEVER:
            probes.append(hugging_face_model(_PROBE, annotations={SECRET: _PROBE, f"{INJECT}": "x"}))
        for probe in probes:
            until(lambda probe=probe: self._injects(probe, namespace), f"policies {number} are in force")  # type: ignore[misc]

    def _injects(self, probe: Object, namespace: str) -> bool:
        answer = self._api.post(probe, namespace, dryRun="All")
        return INJECTED in answer.body.get("metadata", {}).get("annotations", {})


def _last_what_is_probed(document: Object) -> tuple[bool, bool]:
    binding = document["kind"].endswith("Binding")
    return binding, binding and document["metadata"]["name"] in _PROBED


def _matters(asked: Situation) -> bool:
    """Whether the namespace's name decides something."""
    settings = asked.settings
    return asked.request.namespace in settings.local_model_namespaces or any(
        rule.namespaces != ("*",) for rule in settings.rules
    )


def _acceptable(document: Mapping[str, Any]) -> Object:
    """Return the object with what the API server asks for beyond what a case is about."""
    sent: Object = copy.deepcopy(dict(document))
    metadata = {key: value for key, value in sent["metadata"].items() if key not in _DROPPED}
    sent["metadata"] = {"name": "case", **metadata}
    sent.pop("status", None)
    if sent["kind"] == "Pod" and isinstance(sent.get("spec"), dict):
        spec = sent["spec"]
        spec.pop("serviceAccountName", None)
        if "kubernetes.io/config.mirror" in (metadata.get("annotations") or {}):
            spec["nodeName"] = "node"
        for container in _containers(spec):
            container.setdefault("image", "image")
    for canary in sent["spec"].get("canary", ()) if sent["kind"] == "InferenceService" else ():
        canary.setdefault("trafficPercent", 10)
        if model := canary.get("predictor", {}).get("model"):
            model.setdefault("name", "model")
            model.setdefault("modelFormat", {"name": "huggingface"})
    return sent


def _containers(spec: Mapping[str, Any]) -> Iterator[Object]:
    for field in ("initContainers", "containers"):
        for container in spec.get(field) or ():
            if isinstance(container, dict):
                yield container


def _given(sent: Object, result: Object) -> dict[str, str]:
    """Return where tokens were added, and the record where it is another than before."""
    before = dict(_tokens(sent, ""))
    given = {where: token for where, token in _tokens(result, "") if before.get(where) != token}
    noted = result["metadata"].get("annotations", {}).get(INJECTED)
    if noted is not None and noted != (sent["metadata"].get("annotations") or {}).get(INJECTED):
        given["record"] = noted
    return given


def _tokens(node: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield where in an object a container has a token, and which."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _tokens(item, f"{pointer}/{index}")
    if isinstance(node, dict):
        for entry in node.get("env") or () if isinstance(node.get("env"), list) else ():
            if isinstance(entry, dict) and entry.get("name") in {"HF_TOKEN", "HF_TOKEN_PATH"}:
                source = json.dumps(entry.get("valueFrom") or entry.get("value", ""), sort_keys=True)
                yield pointer, f"{entry['name']} {source}"
        for key, value in node.items():
            yield from _tokens(value, f"{pointer}/{key}")
