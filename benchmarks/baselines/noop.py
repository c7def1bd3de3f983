"""The least that an admission webhook on uvicorn can do: read the body, send an answer that is ready."""

import base64
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_PATCH = [
    {
        "op": "add",
        "path": "/spec/initContainers/0/env/-",
        "value": {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hf-secret", "key": "token"}}},
    },
    {"op": "add", "path": "/metadata/annotations/example.com~1injected", "value": "storage-initializer" * 5},
]
_ANSWER = json.dumps(
    {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {
            "uid": "0df28fbd-5f5f-11e8-bc74-36e6bb280816",
            "allowed": True,
            "patchType": "JSONPatch",
            "patch": base64.b64encode(json.dumps(_PATCH).encode()).decode(),
            "auditAnnotations": {"outcome": "Injected", "containers": "storage-initializer=HubUri" * 4},
        },
    },
    separators=(",", ":"),
).encode()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_ANSWER))]


async def app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Answer every request with the same bytes."""
    if scope["type"] != "http":
        return
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})
