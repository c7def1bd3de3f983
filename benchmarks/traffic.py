"""Reviews as a cluster sends them: kinds, endpoints, namespaces and names mixed, each object another one."""

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml

from benchmarks.yardstick import PATH, ROOT

TEAMS: Final = 400
"""Namespaces that reviews are about."""
_MODELS: Final = 5_000
"""Models, more than the readings that the core remembers."""
_TEAM, _NAME, _MODEL, _UID = b"team-of-review", b"name-of-review", b"model-of-review", b"uid-of-review"
_VLLM_POD: Final = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"generateName": "name-of-review-7c9f-", "namespace": "team-of-review"},
    "spec": {
        "containers": [
            {
                "name": "server",
                "image": "vllm/vllm-openai:v0.11.0",
                "command": ["sh", "-c"],
                "args": ["set -e\nexec vllm serve acme/model-of-review --port 8000"],
            }
        ]
    },
}


class Posted(NamedTuple):
    """A review, and what its answer must be.

    Attributes:
        path: Of the endpoint.
        body: The review.
        patched: Whether the object is changed.
        allowed: Whether it is admitted.
    """

    path: str
    body: bytes
    patched: bool
    allowed: bool = True


def reviews() -> Iterator[Posted]:
    """Yield reviews without end."""
    templates = _templates()
    number = 0
    while True:
        for template in templates:
            number += 1
            body = template.body.replace(_TEAM, b"team-%d" % (number * 7 % TEAMS))
            body = body.replace(_NAME, b"app-%d" % number).replace(_MODEL, b"model-%d" % (number % _MODELS))
            yield template._replace(body=body.replace(_UID, b"%032x" % number))


def _templates() -> list[Posted]:
    """Return one review of each sort. A Pod of KServe is the yardstick."""
    yardstick = json.loads(PATH.read_bytes())["request"]["object"]
    pod = json.loads(
        json.dumps(yardstick)
        .replace("meta-llama/Llama-3.1-8B-Instruct", f"acme/{_MODEL.decode()}")
        .replace("peers-bench", _TEAM.decode())
        .replace("llama-predictor", f"{_NAME.decode()}-predictor")
    )
    gated, flag, foreign, own, wrong = (
        _example(name)
        for name in ("hf-uri", "vllm-flag", "no-hub-model", "own-token", "malformed-annotation")
    )
    scaled = json.loads(json.dumps(gated))
    scaled["spec"]["predictor"]["minReplicas"] = 3
    return [
        _review("/mutate", gated, patched=True),
        _review("/validate", gated),
        *[_review("/mutate", pod, patched=True), _review("/validate", pod)] * 3,
        _review("/mutate", flag, patched=True),
        _review("/mutate", scaled, gated, patched=True),
        _review("/mutate", gated, gated),
        _review("/mutate", foreign),
        _review("/mutate", own),
        _review("/mutate/all", _VLLM_POD, patched=True),
        _review("/validate", _VLLM_POD),
        _review("/mutate", wrong)._replace(allowed=False),
    ]


def _example(name: str) -> dict[str, Any]:
    """Return an object that people can apply, with a namespace, a name and a model to be filled in."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())
    document["metadata"] |= {"namespace": _TEAM.decode(), "name": _NAME.decode()}
    text = json.dumps(document)
    for model in ("meta-llama/Llama-3.1-8B-Instruct", "google/gemma-3-12b-it"):
        text = text.replace(model, f"acme/{_MODEL.decode()}")
    filled: dict[str, Any] = json.loads(text)
    return filled


def _review(
    path: str, new: dict[str, Any], old: dict[str, Any] | None = None, *, patched: bool = False
) -> Posted:
    group, _, version = new["apiVersion"].rpartition("/")
    request = {
        "uid": _UID.decode(),
        "kind": {"group": group, "version": version, "kind": new["kind"]},
        "namespace": _TEAM.decode(),
        "operation": "UPDATE" if old else "CREATE",
        "object": new,
        "oldObject": old,
        "dryRun": False,
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return Posted(path, json.dumps(review).encode(), patched)
