"""Who is asked about at all: labels of the Namespace and of the workload, as the API server matches them."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Audit, MakeNamespace
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.control_plane import pod_creation
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import download_pod, hugging_face_model, predictor_pod
from tests.e2e.harness.namespaces import create_namespace
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import INJECTED, Reference, Team, predictor_env, token, tokens
from tests.e2e.policy.conftest import await_judging

pytestmark = pytest.mark.usefixtures("kserve", "release")

DEFAULT = Reference("hf-secret", "token")

MakeTeam = Callable[[str | None], Team]


@pytest.fixture
def team_of(make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> MakeTeam:
    """Make a team whose namespace has the given label."""
    return lambda mode: Team(make_namespace(mode), cluster.api, kubectl)


def test_requests_of_a_namespace_without_the_label_never_arrive(team_of: MakeTeam, release: Release) -> None:
    """Not one review, while an InferenceService and its Pod are made there; and nothing is changed."""
    team = team_of(None)
    team.apply(hugging_face_model("llama"))
    pod = team.predictor("llama")
    assert release.reviews(team.namespace, "/") == []
    assert set(tokens(pod).values()) == {None}
    assert predictor_env(team.inference_service("llama")) == []


def test_a_value_that_is_none_of_ours_opts_nothing_in(team_of: MakeTeam, release: Release) -> None:
    """`true` is what other projects want; here it is not what the API server matches."""
    team = team_of("true")
    team.apply(hugging_face_model("llama"))
    team.predictor("llama")
    assert release.reviews(team.namespace) == []


def test_a_workload_opts_out_by_its_label(team_of: MakeTeam, release: Release) -> None:
    """The label is on the InferenceService, KServe copies it to the Pods, and neither arrives."""
    team = team_of("enabled")
    team.apply(hugging_face_model("llama", labels={"hf-token-injector.io/inject": "disabled"}))
    pod = team.predictor("llama")
    assert release.reviews(team.namespace) == []
    assert set(tokens(pod).values()) == {None}


def test_audit_decides_and_changes_nothing(team_of: MakeTeam, release: Release, audit: Audit) -> None:
    """Objects arrive and are counted, the API server's audit log holds the reasons, no patch is made."""
    team = team_of("audit")
    team.apply(hugging_face_model("llama"))
    pod = team.predictor("llama")
    assert set(tokens(pod).values()) == {None}
    service = team.inference_service("llama")
    assert predictor_env(service) == []
    assert INJECTED not in service["metadata"].get("annotations", {})
    audited = {review["kind"] for review in release.reviews(team.namespace) if review["outcome"] == "Audited"}
    assert {"InferenceService", "Pod"} <= audited
    noted = [
        event["annotations"]
        for event in audit()
        if event.get("objectRef", {}).get("namespace") == team.namespace
    ]
    assert "Audited" in str(noted)
    assert "HubUri" in str(noted)


def test_all_takes_plain_pods_as_well(team_of: MakeTeam) -> None:
    """A Pod that has nothing to do with KServe gets its token, where it downloads and nowhere else."""
    team = team_of("all")
    team.apply(download_pod())
    pod = team.get("Pod", "download")
    assert tokens(pod) == {"download": DEFAULT, "sidecar": None}


def test_enabled_takes_no_plain_pods(team_of: MakeTeam, release: Release) -> None:
    """They do not even arrive."""
    team = team_of("enabled")
    team.apply(download_pod())
    assert set(tokens(team.get("Pod", "download")).values()) == {None}
    assert release.reviews(team.namespace) == []


def test_a_pod_of_kserve_arrives_once_in_a_namespace_labelled_all(
    team_of: MakeTeam, release: Release, audit: Audit
) -> None:
    """By the API server's account one entry of ours changes it, and one judges it."""
    await_judging(release)
    team = team_of("all")
    team.apply(hugging_face_model("llama"))
    pod = team.predictor("llama")
    assert tokens(pod)["storage-initializer"] == DEFAULT
    creation = pod_creation(audit, team.namespace)
    ours = {
        name
        for name in creation
        if "hf-token-injector.io/" in name and not name.startswith(("mutation.", "patch."))
    }
    assert {name.partition("/")[0] for name in ours} == {
        "inferenceservice-pods.hf-token-injector.io",
        "controlled-pods.policy.hf-token-injector.io",
    }


def test_the_namespace_of_the_platform_is_never_touched(release: Release) -> None:
    """Not even when somebody labels it."""
    release.kubectl("label", "namespace", "kserve", "hf-token-injector.io/inject=all")
    try:
        answer = release.api.post(download_pod(), "kserve", dryRun="All")
        assert set(tokens(release.api.ok(answer)).values()) == {None}
        assert release.reviews("kserve", "/") == []
    finally:
        release.kubectl("label", "namespace", "kserve", "hf-token-injector.io/inject-")


def test_download_jobs_of_the_local_model_cache_are_taken_in_their_namespace(release: Release) -> None:
    """KServe gives these Pods no label; their namespace is in the settings, and has to opt in as well."""
    name = "kserve-localmodel-jobs"
    create_namespace(release.api, name, {"hf-token-injector.io/inject": "enabled"})
    pod = predictor_pod("cache")
    del pod["metadata"]["labels"]
    try:
        admitted = release.api.ok(release.api.post(pod, name, dryRun="All"))
        assert tokens(admitted) == {"storage-initializer": DEFAULT, "kserve-container": None}
    finally:
        release.api.delete("Namespace", name)


def test_a_dry_run_gets_the_same_answer(team_of: MakeTeam, release: Release) -> None:
    """`kubectl apply --dry-run=server` shows what would be written."""
    team = team_of("enabled")
    shown = release.api.ok(release.api.post(hugging_face_model("llama"), team.namespace, dryRun="All"))
    assert token(shown["spec"]["predictor"]["model"]) == DEFAULT
    assert release.api.find("InferenceService", "llama", team.namespace) is None
