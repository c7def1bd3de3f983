"""Clusters as `doctor` reads them: one in which all is well, and pieces to break."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonpatch

from certs.authority import issue_authority, issue_leaf, service_names
from tests.pasted import unpasteable
from webhook.cluster.owners import Owner
from webhook.cluster.resources import DEPLOYMENT, REPLICA_SET
from webhook.core.admit import admit
from webhook.core.decision import Operation, Request, Scope
from webhook.core.knowledge import Knowledge
from webhook.core.names import InjectMode
from webhook.doctor.collected import (
    Collected,
    Installed,
    Leaf,
    SeenKey,
    SeenNamespace,
    SeenObject,
    SeenSecret,
    Trial,
)
from webhook.doctor.finding import Status
from webhook.doctor.registry import CHECKS

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
INJECT = "hf-token-injector.io/inject"
TEAM = "team-a"
AUTHORITY = issue_authority("doctor", now=NOW - timedelta(days=1))
LEAF = issue_leaf(
    AUTHORITY, service_names("hf-token-injector", "hf-token-injector"), now=NOW, lifetime=timedelta(days=90)
)


def said(collected: Collected, check: str) -> list[tuple[Status, str, str]]:
    """Return what one check of a cluster says that is not well: status, subject and sentence, and the fix.

    Whatever it says, what stands as a command is one that a shell takes.
    """
    (chosen,) = (one for one in CHECKS if one.name == check)
    told: list[tuple[Status, str, str]] = []
    for found in chosen.findings(collected):
        assert not found.fix or unpasteable(found.fix) is None, unpasteable(found.fix)
        sentence = f"{found.subject} {found.sentence}" if found.subject else found.sentence
        if found.status is not Status.OK:
            told.append((found.status, sentence, found.fix))
    return told


def client_config(bundle: bytes) -> dict[str, Any]:
    """Return where an entry's webhook is, and what verifies it."""
    service = {"name": "hf-token-injector", "namespace": "hf-token-injector"}
    return {"service": service, "caBundle": b64encode(bundle).decode()}


def deployment(*, replicas: int = 2, ready: int = 2, version: str = "1") -> dict[str, Any]:
    """Return the webhook's Deployment."""
    labels = {"app.kubernetes.io/version": version}
    return {
        "metadata": {"name": "hf-token-injector", "labels": labels},
        "spec": {"replicas": replicas},
        "status": {"readyReplicas": ready},
    }


def entry(name: str, **others: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an entry as they are
    """Return an entry as the chart renders it, in what every entry has."""
    return {
        "name": name,
        "clientConfig": client_config(AUTHORITY.certificate),
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}
        ],
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "sideEffects": "NoneOnDryRun",
        "reinvocationPolicy": "IfNeeded",
        "timeoutSeconds": 3,
        **others,
    }


OPTED_IN = {"key": INJECT, "operator": "In", "values": ["enabled", "all", "audit"]}
TAKES_ALL = {"key": INJECT, "operator": "In", "values": ["all"]}
RESERVED = ["hf-token-injector", "kube-system", "cert-manager"]
LOCAL_MODELS = ["kserve-localmodel-jobs"]
NOT_OPTED_OUT = {"key": INJECT, "operator": "NotIn", "values": ["disabled"]}
OF_SERVICE = {"key": "serving.kserve.io/inferenceservice", "operator": "Exists"}
NOT_OF_SERVICE = {"key": "serving.kserve.io/inferenceservice", "operator": "DoesNotExist"}
OF_LLM = {"key": "app.kubernetes.io/part-of", "operator": "In", "values": ["llminferenceservice"]}
NOT_OF_LLM = {"key": "app.kubernetes.io/part-of", "operator": "NotIn", "values": ["llminferenceservice"]}


def selectors(
    namespaces: Mapping[str, Any],
    excluded: list[str],
    *objects: Mapping[str, Any],
    only: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the selectors of an entry, as the chart renders them."""
    by_name = [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": excluded}]
    if only:
        by_name.append({"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(only)})
    return {
        "namespaceSelector": {"matchExpressions": [namespaces, *by_name]},
        "objectSelector": {"matchExpressions": [*objects, NOT_OPTED_OUT]},
    }


SERVICES: dict[str, Any] = {
    "apiGroups": ["serving.kserve.io"],
    "apiVersions": ["v1beta1"],
    "resources": ["inferenceservices"],
    "operations": ["CREATE", "UPDATE"],
}
ENTRIES = (
    entry("inferenceservices.hf-token-injector.io", rules=[SERVICES], **selectors(OPTED_IN, RESERVED)),
    entry("inferenceservice-pods.hf-token-injector.io", **selectors(OPTED_IN, RESERVED, OF_SERVICE)),
    entry(
        "llminferenceservice-pods.hf-token-injector.io",
        **selectors(OPTED_IN, RESERVED, NOT_OF_SERVICE, OF_LLM),
    ),
    entry(
        "local-model-cache-pods.hf-token-injector.io",
        **selectors(OPTED_IN, RESERVED, NOT_OF_SERVICE, NOT_OF_LLM, only=("kserve-localmodel-jobs",)),
    ),
    entry(
        "all-pods.hf-token-injector.io",
        **selectors(TAKES_ALL, [*RESERVED, *LOCAL_MODELS], NOT_OF_SERVICE, NOT_OF_LLM),
    ),
)


def installed(*entries: Mapping[str, Any], **others: Any) -> Installed:  # noqa: ANN401 - its attributes
    """Return an installation with these entries, or all."""
    name = "mutating-hf-token-injector"
    configuration = {"metadata": {"name": name}, "webhooks": list(entries or ENTRIES)}
    given: dict[str, Any] = {
        "configuration": configuration,
        "others": ({"metadata": {"name": "inferenceservice.serving.kserve.io"}},),
        "namespace": "hf-token-injector",
        "service": "hf-token-injector",
        "certificates": "self-managed",
        "deployment": deployment(),
        "leaf": Leaf(LEAF.certificate, "Secret hf-token-injector/hf-token-injector-tls tls.crt"),
        "trial": Trial(TEAM, 201, injected=True),
    }
    return Installed(**(given | others))


def namespace(mode: str | None = "enabled", name: str = TEAM, **annotations: str) -> SeenNamespace:
    """Return a Namespace; of annotations the last parts of their keys."""
    labels = {} if mode is None else {INJECT: mode}
    keys = {f"hf-token-injector.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return SeenNamespace(name=name, labels=labels, annotations=keys)


def kserve_pod(name: str = "llama", *, age: timedelta = timedelta(hours=1), **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - its spec
    """Return a Pod as KServe makes it, before it comes to us."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": TEAM,
            "creationTimestamp": (NOW - age).isoformat(),
            "labels": {"serving.kserve.io/inferenceservice": name},
            "ownerReferences": [{"kind": "ReplicaSet", "name": name, "controller": True}],
        },
        "spec": {
            "initContainers": [{"name": "storage-initializer", "args": ["hf://org/model", "/mnt/models"]}],
            "containers": [{"name": "kserve-container", "args": ["--model_dir=/mnt/models"]}],
        }
        | spec,
        "status": {"phase": "Running"},
    }


def rollout() -> tuple[Owner, Owner]:
    """Return who has made a Pod that a rollout is about to replace."""
    key = "deployment.kubernetes.io/revision"
    return (
        Owner("ReplicaSet", "apps", "llama", REPLICA_SET, {"metadata": {"annotations": {key: "1"}}}),
        Owner("Deployment", "apps", "llama", DEPLOYMENT, {"metadata": {"annotations": {key: "2"}}}),
    )


def seen(
    document: dict[str, Any], within: SeenNamespace | None = None, *, settings: Installed | None = None
) -> SeenObject:
    """Return an object with what is decided about it."""
    where = within or namespace()
    group = document["apiVersion"].rpartition("/")[0]
    scope = Scope.ALL if where.mode is InjectMode.ALL else Scope.KSERVE
    request = Request(group, document["kind"], Operation.CREATE, where.name, document, scope=scope)
    knowledge = Knowledge({where.name: where.as_knowledge})
    decision = admit(request, knowledge, (settings or Installed()).settings)
    return SeenObject(object=document, namespace=where.name, decision=decision)


def injected(document: dict[str, Any], within: SeenNamespace | None = None) -> dict[str, Any]:
    """Return an object as it comes out of the webhook."""
    patched: dict[str, Any] = jsonpatch.apply_patch(document, seen(document, within).decision.patch)
    return patched


def cluster(**others: Any) -> Collected:  # noqa: ANN401 - its attributes
    """Return a cluster in which all is well, but for what is given."""
    team = namespace()
    given: dict[str, Any] = {
        "now": NOW,
        "version": "1",
        "installed": installed(),
        "namespaces": {TEAM: team},
        "pods": (seen(injected(kserve_pod())),),
        "secrets": {
            (TEAM, "hf-secret"): SeenSecret(
                name="hf-secret", namespace=TEAM, keys={"token": SeenKey(None, NOW - timedelta(days=1))}
            )
        },
    }
    return replace(Collected(now=NOW), **(given | others))
