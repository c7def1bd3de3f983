"""Creates a Pod with `dryRun`: the API server calls the webhook as for any Pod, and keeps nothing.

It is the one way that holds everywhere: a Service's address cannot be reached from outside a cluster, and
what `kubectl proxy` would send takes another way than the API server's own calls, with no `caBundle`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from webhook.cli.doctor.asking import Asking
from webhook.cluster.client import Client
from webhook.core import names, read
from webhook.doctor.collected import Collected, Topic, Trial, Unread

_TRIES: Final = 3
"""Namespaces in which the caller may have no right to create Pods."""
_FORBIDDEN: Final = 403
_OWN_REFUSAL: Final = 'cannot create resource "pods"'
"""What RBAC says; other refusals of a Pod are 403 as well."""

_POD: Final[Mapping[str, Any]] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "generateName": "hf-token-injector-doctor-",
        "labels": {names.INFERENCE_SERVICE_LABEL: "hf-token-injector-doctor"},
        # The name is chosen here, so that nothing is skipped or refused because a namespace has no Secret.
        "annotations": {names.SECRET: "hf-token-injector-doctor"},
    },
    # As the restricted Pod Security Standard and a quota on resources want it.
    "spec": {
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [],
        "containers": [],
    },
}
_CONTAINER: Final[Mapping[str, Any]] = {
    "image": "hf-token-injector-doctor",
    "resources": {
        "requests": {"cpu": "1m", "memory": "1Mi"},
        "limits": {"cpu": "1m", "memory": "1Mi"},
    },
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}


async def try_one(client: Client, asking: Asking, seen: Collected) -> Trial | None:
    """Try a Pod in the first namespace that is injected and where the caller may; None where there is none.

    Raises:
        NoAnswerError: The API server does not answer.
    """
    tried = [one.name for one in seen.opted_in if one.exists and seen.injects(one.name)][:_TRIES]
    for namespace in tried:
        answer = await client.request(
            "POST",
            f"/api/v1/namespaces/{namespace}/pods",
            parameters={"dryRun": "All"},
            content=json.dumps(_pod()).encode(),
        )
        message = " ".join(str(answer.body.get("message") or "").split())
        if answer.status == _FORBIDDEN and _OWN_REFUSAL in message:
            continue
        annotations = read.mapping(read.mapping(answer.body, "metadata"), "annotations")
        return Trial(namespace, answer.status, message, injected=names.INJECTED in annotations)
    if tried:
        what = f"a Pod's dry run in {', '.join(tried)}"
        asking.unread.append(Unread(Topic.TRIAL, what, "you may not create Pods", forbidden=True))
    return None


def _pod() -> dict[str, Any]:
    downloads = {
        "name": names.STORAGE_INITIALIZER,
        **_CONTAINER,
        "args": ["hf://hf-token-injector/doctor", "/mnt/models"],
    }
    serves = {"name": names.KSERVE_CONTAINER, **_CONTAINER}
    return {**_POD, "spec": {**_POD["spec"], "initContainers": [downloads], "containers": [serves]}}
