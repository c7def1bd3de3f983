"""No server answers: opted-in namespaces are told so, and nobody else notices."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.manifests import download_pod, hugging_face_model, predictor_pod
from tests.e2e.harness.release import CONFIGURATION, NAME, NAMESPACE, Release
from tests.e2e.harness.team import Team, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve")


@pytest.fixture
def down(release: Release, make_namespace: MakeNamespace) -> Release:
    """The release with every replica gone, as when its nodes are, and its configuration in force."""
    release.stop()
    team = make_namespace()
    until(
        lambda: release.api.post(predictor_pod(), team, dryRun="All").status >= 400,
        "the API server calls the webhook, which is away",
    )
    return release


def test_an_opted_in_namespace_is_refused_with_a_clear_sentence(down: Release, team: Team) -> None:
    """It names our webhook; nothing is created half."""
    said = team.try_apply(hugging_face_model("llama"))
    assert said.code != 0
    assert 'failed calling webhook "inferenceservices.hf-token-injector.io"' in said.err
    assert down.api.find("InferenceService", "llama", team.namespace) is None


def test_other_namespaces_and_opted_out_workloads_go_on(
    down: Release, team: Team, make_namespace: MakeNamespace
) -> None:
    """A namespace without the label, a plain Pod of one that is `enabled`, and a workload that opted out."""
    elsewhere = make_namespace(None)
    down.kubectl.apply(hugging_face_model("llama"), elsewhere)
    team.apply(download_pod())
    team.apply(hugging_face_model("llama", labels={"hf-token-injector.io/inject": "disabled"}))
    assert team.predictor("llama")
    assert until(lambda: down.api.list("Pod", elsewhere), "a Pod elsewhere")


def test_the_cluster_recovers_when_a_replica_is_back(down: Release, team: Team) -> None:
    """With the certificate of before: nothing has to be done by hand."""
    assert team.try_apply(hugging_face_model("llama")).code != 0
    down.start_replica()
    down.await_in_force()
    team.apply(hugging_face_model("llama"))
    assert tokens(team.predictor("llama"))["storage-initializer"]


def test_break_glass_frees_the_cluster(down: Release, team: Team) -> None:
    """The documented command: what is applied then goes in without a token."""
    down.kubectl("delete", "mutatingwebhookconfiguration", CONFIGURATION)
    until(
        lambda: down.api.post(predictor_pod(), team.namespace, dryRun="All").status < 300,
        "the API server calls the webhook no more",
    )
    team.apply(predictor_pod())
    assert set(tokens(team.get("Pod", "predictor")).values()) == {None}
    down.install()
    assert down.configuration()


def test_uninstalling_leaves_no_webhook_and_frees_the_cluster(down: Release, team: Team) -> None:
    """Although no replica has run for a while."""
    down.uninstall()
    assert down.api.find("MutatingWebhookConfiguration", CONFIGURATION) is None
    assert down.api.find("Secret", f"{NAME}-tls", NAMESPACE) is None
    for kind in (
        "clusterroles",
        "clusterrolebindings",
        "validatingadmissionpolicies",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
    ):
        left = down.kubectl("get", kind, "-o", "name", "-l", f"app.kubernetes.io/name={NAME}")
        assert left == "", left
    until(
        lambda: down.api.post(hugging_face_model("llama"), team.namespace, dryRun="All").status < 300,
        "the API server calls the webhook no more",
    )
    team.apply(hugging_face_model("llama"))
    down.install()
