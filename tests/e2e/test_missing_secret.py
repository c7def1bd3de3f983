"""What happens where the Secret is missing: four ways, said by the platform or by a Namespace."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.api import Answer
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model, predictor_pod
from tests.e2e.harness.release import Release
from tests.e2e.harness.team import TOKEN, Team, tokens
from tests.e2e.harness.waiting import until

pytestmark = pytest.mark.usefixtures("kserve", "platform")

WAYS = ("optional", "require", "skip", "deny")
_MISSING = "hf-token-injector.io/missing-secret"
_NONE = {"another": "token"}
"""Secrets of a namespace which has none that a container would get."""


@pytest.fixture(scope="module")
def replicas() -> int:
    """None at first: each setting starts its own."""
    return 0


@pytest.fixture(scope="module", params=WAYS)
def platform(request: pytest.FixtureRequest, release: Release) -> str:
    """The platform's setting, by `helm upgrade` and a server that runs as the chart then says."""
    way: str = request.param
    release.stop()
    release.install({"settings": {"missingSecret": way, "cluster": {"watchSecrets": True}}})
    release.start_replica()
    release.await_in_force()
    return way


def _command(namespace: str) -> str:
    return f"kubectl create secret generic hf-secret -n {namespace} --from-literal=token=hf_..."


def _check(team: Team, way: str) -> None:
    """Apply an InferenceService and a Pod without the Secret, and see what the way says."""
    said = team.try_apply(hugging_face_model("llama"))
    pod = team.api.post(predictor_pod(), team.namespace)
    assert _command(team.namespace) in said.err
    assert TOKEN not in said.err + said.out
    assert _way(pod) == way
    assert (said.code != 0) == (way == "deny")
    if way == "deny":
        assert _command(team.namespace) in pod.message


def _way(pod: Answer) -> str:
    """Return which of the ways a Pod went."""
    if pod.status == 422:
        return "deny"
    assert pod.status == 201, pod
    if tokens(pod.body)["storage-initializer"] is None:
        return "skip"
    entry = pod.body["spec"]["initContainers"][0]["env"][0]["valueFrom"]["secretKeyRef"]
    assert entry.get("optional") in {True, None}
    return "optional" if entry.get("optional") else "require"


def test_the_platform_says_what_happens_to_a_missing_secret(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl, platform: str
) -> None:
    """By `settings.missingSecret`; always with the command that mends it."""
    _check(Team(make_namespace(secrets=_NONE), cluster.api, kubectl), platform)


@pytest.mark.parametrize("way", WAYS)
def test_a_namespace_says_it_for_itself(
    make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl, way: str
) -> None:
    """By its annotation, whatever the platform's setting is."""
    namespace = make_namespace(annotations={_MISSING: way}, secrets=_NONE)
    until(
        lambda: _way(cluster.api.post(predictor_pod(), namespace, dryRun="All")) == way,
        "the server knows what the Namespace says",
    )
    _check(Team(namespace, cluster.api, kubectl), way)
