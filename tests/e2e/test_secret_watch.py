"""Secrets that are missing, and the watch that knows: metadata only, of the configured names only."""

import base64
import re
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model, predictor_pod
from tests.e2e.harness.recorder import Recorder
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import TOKEN, Team, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("release", "kserve")

MISSING = "hf-token-injector.io/missing-secret"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
RECORDED = "hf-recorded"
RECORDED_TOKEN = "hf_recordedOnlyNotARealTokenAtAll000000"
"""A Secret and a token of one test, as its server is shown the Secrets of all others."""
WATCHING = {"cluster": {"watchSecrets": True, "secretNames": [RECORDED]}}
_NONE = {"another": "token"}
"""Secrets of a namespace which has none that a container would get."""


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """Secrets are watched."""
    return {"settings": WATCHING}


def test_the_command_of_the_warning_mends_it(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """As printed by kubectl, with a token in place of its dots; the next apply is silent."""
    namespace = make_namespace(secrets=_NONE)
    team = Team(namespace, cluster.api, kubectl)
    said = team.try_apply(hugging_face_model("llama"))
    assert said.code == 0
    found = re.search(r"^Warning: .*: kubectl (create secret .*)$", said.err, re.MULTILINE)
    assert found, said.err
    kubectl(*found.group(1).replace("hf_...", TOKEN).split())

    def silent() -> bool:
        return "Warning" not in team.try_apply(hugging_face_model("gemma"), "--dry-run=server").err

    until(silent, "nothing is said of a missing Secret any more")


def test_describe_shows_the_command_to_who_sees_no_warning(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """As where a GitOps controller applies: an Event on the InferenceService names container and command."""
    namespace = make_namespace(secrets=_NONE)
    team = Team(namespace, cluster.api, kubectl)
    team.apply(hugging_face_model("llama"))
    command = f"kubectl create secret generic hf-secret -n {namespace} --from-literal=token=hf_..."
    expected = f"storage-initializer, kserve-container: Secret hf-secret does not exist: {command}"

    def told() -> bool:
        text = kubectl("describe", "isvc", "llama", "-n", namespace)
        return "SecretMissing" in text and expected in text

    until(told, "kubectl describe shows what the Pod lacks")


def test_a_secret_of_the_same_apply_is_not_refused(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """Though the server has not been told of it when the review arrives."""
    namespace = make_namespace(annotations={MISSING: "deny"}, secrets=_NONE)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hf-secret"},
        "stringData": {"token": TOKEN},
    }
    both = yaml.safe_dump_all([secret, hugging_face_model("llama")])
    said = kubectl.try_("apply", "-n", namespace, "--server-side", "-f", "-", stdin=both)
    assert said.code == 0, said.err
    assert "missing" not in said.err


def test_what_nobody_follows_is_neither_skipped_nor_refused(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """A name that an annotation has chosen: whether that Secret exists is unknown."""
    annotations = {MISSING: "deny", "hf-token-injector.io/secret": "of-the-team"}
    team = Team(make_namespace(annotations=annotations, secrets=_NONE), cluster.api, kubectl)
    team.apply(hugging_face_model("llama"))
    given = tokens(team.predictor("llama"))["storage-initializer"]
    assert given is not None
    assert given.secret == "of-the-team"


def test_the_audit_log_tells_of_a_missing_secret(
    make_namespace: MakeNamespace,
    cluster: Cluster,
    kubectl: Kubectl,
    audit: Any,  # noqa: ANN401
) -> None:
    """Absent, or unknown where it would have mattered."""
    absent = make_namespace(secrets=_NONE)
    unknown = make_namespace(
        annotations={MISSING: "deny", "hf-token-injector.io/secret": "of-the-team"}, secrets=_NONE
    )
    for namespace in (absent, unknown):
        cluster.api.create(predictor_pod(), namespace)

    def noted(namespace: str) -> set[str]:
        return {
            value
            for event in audit()
            if event.get("objectRef", {}).get("namespace") == namespace
            for key, value in event.get("annotations", {}).items()
            if key.endswith("hf-token-injector.io/secrets")
        }

    until(lambda: noted(absent) == {"hf-secret=absent"}, "the audit log says absent")
    until(lambda: noted(unknown) == {"of-the-team=unknown"}, "the audit log says unknown")


def test_no_byte_of_a_token_ever_reaches_the_server(
    release: Release, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """Every byte that the API server sends it is looked at, with Secrets made in each of the usual ways.

    One way is a mistake that Kubernetes' own client makes: `kubectl apply` without `--server-side` copies the
    values into an annotation, which is metadata. That is told of, and counted.
    """
    by_create, by_server_side_apply = make_namespace(secrets=_NONE), make_namespace(secrets=_NONE)
    kubectl(
        "create", "secret", "generic", RECORDED, "-n", by_create, f"--from-literal=token={RECORDED_TOKEN}"
    )
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": RECORDED, "annotations": {"seen": "by-the-recorder"}},
        "stringData": {"token": RECORDED_TOKEN},
    }
    kubectl.apply(secret, by_server_side_apply, "--server-side")
    with Recorder(cluster.address, cluster.authority, cluster.kubeconfig.parent) as recorder:
        replica = release.start_replica(through=recorder)
        try:
            until(lambda: b"by-the-recorder" in recorder.received, "the Secrets were listed")
            late = make_namespace(secrets=_NONE)
            kubectl(
                "create", "secret", "generic", RECORDED, "-n", late, f"--from-literal=token={RECORDED_TOKEN}"
            )
            until(lambda: _knows(replica, late, recorder), "a Secret that came later is known")
            received = recorder.received
            assert b"PartialObjectMetadata" in received
            for form in _forms(RECORDED_TOKEN):
                assert form not in received
            by_apply = make_namespace(secrets=_NONE)
            kubectl.apply(secret, by_apply)
            copied = f'hf_token_injector_secrets_copied{{secret="{RECORDED}"}}'
            until(lambda: replica.metrics()[copied] == 1, "the copy is counted")
            assert any(form in recorder.received for form in _forms(RECORDED_TOKEN))
            command = f"kubectl annotate secret {RECORDED} -n {by_apply} {LAST_APPLIED}-"
            until(lambda: command in replica.process.output, "the log has the command")
            for form in _forms(RECORDED_TOKEN):
                assert form.decode() not in replica.process.output
        finally:
            release.stop_replica(replica)


def _knows(replica: Any, namespace: str, recorder: Recorder) -> bool:  # noqa: ANN401
    return f'"namespace":"{namespace}"'.encode() in recorder.received and replica.ready


def _forms(token: str) -> list[bytes]:
    """Return what a token looks like in clear text, and within base64 whatever stands in front of it."""
    forms = [token.encode()]
    for before in range(3):
        whole = base64.b64encode(b"." * before + token.encode())
        # The first group has bytes of what stands in front, the last one of what follows.
        forms.append(whole[4:-4])
    return forms
