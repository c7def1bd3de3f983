"""The time to judge grows no faster than the object: four times as much takes some four times as long."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from webhook.core.decision import Request
from webhook.core.settings import Policy, PolicyAction, RepositoryPolicy, Settings
from webhook.core.validate import validate

_WARN = PolicyAction.WARN
_EVERYTHING = Settings(policy=Policy(_WARN, RepositoryPolicy(("acme/*",), (), _WARN), _WARN, _WARN, _WARN))
_SMALL = 12 * 1024
_UNITS = [
    "hf_",
    "api_org_",
    "hf_" + "a" * 48,
    "hf_" + "aB3x" * 9 + " ",
    "HF_TOKEN=",
    "HF_TOKEN" + " " * 64,
    '\\"HF_TOKEN\\": ',
    "name: HF_TOKEN\n" + " " * 60,
    "--hf-token ",
    "hf --token a ",
    "hf \\\n",
    "login(",
    "login(token='",
    "://a:",
    "://a:b@",
    "%20",
    "\\u0026hf_",
    "$(HF_TOKEN)",
    "trust_remote_code =",
    "snapshot_download('o/x',revision=",
]


def _filled(unit: str, size: int) -> dict[str, Any]:
    text = unit * (size // len(unit))
    container = {"name": "main", "args": ["run", text], "env": [{"name": "A", "value": text}]}
    return {"metadata": {"annotations": {"a": text}}, "spec": {"containers": [container]}}


def _nested(size: int) -> dict[str, Any]:
    """Storage parameters within storage parameters, each with a token."""
    document: dict[str, Any] = {"metadata": {}, "spec": {}}
    inner = document["spec"]
    for _ in range(size // 16):
        inner["storage"] = {"parameters": {"token": "s3cret"}}
        inner = inner["storage"]["parameters"]
    return document


def _flags(size: int) -> dict[str, Any]:
    words = ["--hf-token", "$(A)"] * (size // 32)
    container = {"name": "main", "command": words, "env": [{"name": "A", "value": "x"}]}
    return {"metadata": {}, "spec": {"containers": [container]}}


def _seconds(*documents: dict[str, Any]) -> list[float]:
    """Return the best processor time of a few answers to each, asked in turn: what slows one slows all."""
    times: list[list[float]] = [[] for _ in documents]
    for _ in range(8):
        for document, taken in zip(documents, times, strict=True):
            request = Request("", "Pod", "CREATE", "ns", document)
            started = time.process_time()
            validate(request, settings=_EVERYTHING)
            taken.append(time.process_time() - started)
    return [min(taken) for taken in times]


@pytest.mark.parametrize(
    "make",
    [
        *(pytest.param(lambda size, unit=unit: _filled(unit, size), id=repr(unit)[:20]) for unit in _UNITS),
        pytest.param(_nested, id="nested"),
        pytest.param(_flags, id="flags"),
    ],
)
def test_four_times_the_object_takes_no_more_than_eight_times_as_long(
    make: Callable[[int], dict[str, Any]],
) -> None:
    """Twice what is linear, and half of what is quadratic: a busy machine measures badly."""
    large, small = _seconds(make(4 * _SMALL), make(_SMALL))
    assert large < 8 * small + 0.002
