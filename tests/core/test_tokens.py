"""A container's own token on a volume, and what envFrom may bring."""

from typing import Any

import pytest

from webhook.core.reasons import Reason
from webhook.core.tokens import possible_token, token_mount

_HOME = "/home/model/.cache/huggingface"
_SECRET = {"secretName": "s"}
_ITEMS = {"secretName": "s", "items": [{"key": "k", "path": "token"}]}
_OTHER = {"secretName": "s", "items": [{"key": "k", "path": "other"}]}


def _mounted(mount: dict[str, Any], source: dict[str, Any], home: str = "") -> str | None:
    container = {"volumeMounts": [{"name": "v"} | mount]}
    volumes = ["x", {"name": "w"}, {"name": "v"} | source]
    obstacle = token_mount(container, home, volumes)
    assert obstacle is None or obstacle.reason is Reason.OWN_TOKEN_FILE
    return obstacle and obstacle.subject


@pytest.mark.parametrize(
    ("mount", "source", "expected"),
    [
        ({"mountPath": _HOME}, {"secret": _SECRET}, _HOME),
        ({"mountPath": _HOME + "/"}, {"secret": _ITEMS}, _HOME),
        ({"mountPath": _HOME}, {"secret": _OTHER}, None),
        ({"mountPath": _HOME + "/token", "subPath": "k"}, {"secret": _OTHER}, _HOME + "/token"),
        ({"mountPath": _HOME, "subPath": "x"}, {"secret": _SECRET}, None),
        ({"mountPath": _HOME + "/hub"}, {"secret": _SECRET}, None),
        ({"mountPath": "/etc/secret"}, {"secret": _SECRET}, None),
        ({"mountPath": _HOME}, {"emptyDir": {}}, None),
        ({"mountPath": _HOME}, {"projected": {"sources": [{"secret": _OTHER}, {"secret": _ITEMS}]}}, _HOME),
        ({"mountPath": _HOME}, {"projected": {"sources": [{"configMap": {}}]}}, None),
        ({"mountPath": _HOME}, {"csi": {"driver": "secrets-store.csi.k8s.io"}}, _HOME),
        ({"mountPath": _HOME}, {"csi": {"driver": "other"}}, None),
        ({"mountPath": _HOME, "name": "absent"}, {"secret": _SECRET}, None),
    ],
)
def test_a_secret_where_the_client_looks_is_a_token(
    mount: dict[str, Any], source: dict[str, Any], expected: str | None
) -> None:
    assert _mounted(mount, source) == expected


def test_hf_home_moves_the_place_where_the_client_looks() -> None:
    assert _mounted({"mountPath": "/hf"}, {"secret": _SECRET}, "/hf") == "/hf"
    assert _mounted({"mountPath": _HOME}, {"secret": _SECRET}, "/hf") is None
    assert _mounted({"mountPath": "/hf"}, {"secret": _SECRET}) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"secretRef": {"name": "s"}}, "s"),
        ({"secretRef": {"name": "s"}, "prefix": "HF_"}, "s"),
        ({"secretRef": {"name": "s"}, "prefix": "X_"}, None),
        ({"secretRef": {}}, None),
        ({"configMapRef": {"name": "c"}}, None),
    ],
)
def test_a_secret_in_env_from_may_hold_a_token(source: dict[str, Any], expected: str | None) -> None:
    obstacle = possible_token({"envFrom": [source]})
    assert (obstacle and obstacle.subject) == expected
