"""`certificates.mode: provided`: the platform brings the pair, and changes it under load."""

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness.api import Api
from tests.e2e.harness.control_plane import ControlPlane
from tests.e2e.harness.helm import CHART
from tests.e2e.harness.load import load
from tests.e2e.harness.release import NAME, NAMESPACE, Release
from tests.e2e.harness.waiting import until

_PROGRAM = Path(sys.executable).parent / "hf-token-injector"
_SECRET = "brought"
_EXPIRY = "hf_token_injector_certificate_expiry_timestamp_seconds"


class Pair:
    """A CA and a pair, as `hf-token-injector certs issue` makes them for this mode."""

    def __init__(self, folder: Path, days: int) -> None:
        command = [
            _PROGRAM,
            "certs",
            "issue",
            f"--namespace={NAMESPACE}",
            f"--folder={folder}",
            f"--days={days}",
        ]
        subprocess.run(command, capture_output=True, check=True)
        self._folder = folder
        self.authority = (folder / "ca.crt").read_text()

    def put(self, api: Api) -> None:
        """Write it to the Secret that the Pods mount, which is made where it is missing."""
        files = {name: (self._folder / name).read_bytes() for name in ("tls.crt", "tls.key")}
        data = {name: base64.b64encode(content).decode() for name, content in files.items()}
        if api.find("Secret", _SECRET, NAMESPACE):
            api.patch("Secret", _SECRET, {"data": data}, NAMESPACE)
        else:
            secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": _SECRET}, "data": data}
            api.create(secret, NAMESPACE)


def _values(*authorities: str) -> dict[str, Any]:
    provided = {"secretName": _SECRET, "caBundle": "".join(authorities)}
    return {"certificates": {"mode": "provided", "provided": provided}}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pair, Pair]:
    """The pair of today and the one of tomorrow, each of a CA of its own."""
    folder = tmp_path_factory.mktemp("pairs")
    return Pair(folder / "first", 100), Pair(folder / "second", 200)


@pytest.fixture(scope="module")
def values(control_plane: ControlPlane, pairs: tuple[Pair, Pair]) -> dict[str, Any]:
    """The chart's values for the first pair, which lies in its Secret."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    control_plane.api.create(namespace)
    pairs[0].put(control_plane.api)
    return _values(pairs[0].authority)


def test_a_pair_that_changes_refuses_nothing(
    release: Release, namespace: str, pairs: tuple[Pair, Pair]
) -> None:
    """Both CAs are published first, then the Secret changes, then the old CA goes."""
    first, second = pairs
    before = {replica.metrics()[_EXPIRY] for replica in release.replicas}
    with load(release.api, namespace) as running:
        _upgrade(release, _values(first.authority, second.authority))
        second.put(release.api)
        for replica in release.replicas:
            release.refresh_mounts(replica)
        until(
            lambda: before.isdisjoint({replica.metrics()[_EXPIRY] for replica in release.replicas}),
            "both replicas serve the second pair",
        )
        running.await_more()
        _upgrade(release, _values(second.authority))
        running.await_more(100)


def test_the_account_has_no_right_to_any_secret_or_configuration(release: Release) -> None:
    """What only self-managed certificates need is not given in this mode."""
    rights = release.kubectl(
        "auth", "can-i", "--list", f"--as=system:serviceaccount:{NAMESPACE}:{NAME}", "-n", NAMESPACE
    )
    assert "namespaces" in rights
    assert "secrets" not in rights
    assert "webhookconfigurations" not in rights


def _upgrade(release: Release, values: dict[str, Any]) -> None:
    release.helm.run("upgrade", NAME, CHART, "--namespace", NAMESPACE, values=release.values(values))
