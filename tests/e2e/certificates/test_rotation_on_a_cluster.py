"""A new CA comes into use while people go on applying."""

import base64
import subprocess
import sys
from pathlib import Path

from cryptography import x509

from tests.e2e.harness.api import JSON_PATCH
from tests.e2e.harness.load import load
from tests.e2e.harness.release import CONFIGURATION, NAMESPACE, POLICY, Release
from tests.e2e.harness.waiting import until

_PROGRAM = Path(sys.executable).parent / "hf-token-injector"


def _authorities(release: Release) -> set[bytes]:
    """Return the CAs of all entries' bundles, as DER."""
    found = set()
    for bundle in release.bundles().values():
        for certificate in x509.load_pem_x509_certificates(base64.b64decode(bundle)):
            found.add(certificate.tbs_certificate_bytes)
    return found


def test_a_rotation_refuses_nothing(release: Release, namespace: str) -> None:
    """Two replicas publish the new CA, wait until it is seen, and switch; `certs rotate` tells when."""
    (old,) = _authorities(release)
    with load(release.api, namespace) as running:
        done = subprocess.run(
            [
                _PROGRAM,
                "certs",
                "rotate",
                f"--kubeconfig={release.cluster.kubeconfig}",
                f"--namespace={NAMESPACE}",
            ],
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        running.await_more()
        after = _authorities(release)
        assert old in after
        assert len(after) == 2, "the old CA stays until no leaf of it can be served any more"
        until(
            lambda: len({replica.metrics()[_EXPIRY] for replica in release.replicas}) == 1,
            "both replicas serve the new leaf",
        )
        running.await_more(100)


_EXPIRY = "hf_token_injector_certificate_expiry_timestamp_seconds"


def test_a_lost_ca_bundle_is_written_again(release: Release, namespace: str) -> None:
    """All entries of both configurations emptied at once: whoever sees it first refills them."""
    for kind, name in (
        ("MutatingWebhookConfiguration", CONFIGURATION),
        ("ValidatingWebhookConfiguration", POLICY),
    ):
        entries = range(len(release.api.get(kind, name)["webhooks"]))
        emptied = [
            {"op": "replace", "path": f"/webhooks/{index}/clientConfig/caBundle", "value": ""}
            for index in entries
        ]
        release.api.patch(kind, name, emptied, content_type=JSON_PATCH)
    until(lambda: all(release.bundles().values()), "the entries hold a caBundle again")
    release.await_in_force()
    with load(release.api, namespace):
        pass
