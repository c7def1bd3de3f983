"""`doctor` about downloads, on a real cluster: last words, NetworkPolicies, storage, and what the Hub says.

No kubelet runs: statuses are patched as it would write them. The last words in them are those of the storage
initializer's own program, run against a stand-in of the Hub.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness import storage_initializer
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.doctor import Doctor
from tests.e2e.harness.hub import Hub
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import predictor_pod
from tests.e2e.harness.team import TOKEN, Team

REPOSITORY = "meta-llama/Llama-3.1-8B"
FILES = {"config.json": b"{}", "model.safetensors": b"x" * 4096}
WRONG = "hf_e2eNobodysTokenAtAll000000000000000"
STRANGER = "hf_e2eTokenOfAnAccountWithoutAccess000"
LAST_WORDS = 2048
"""Bytes, or 80 lines, of a log that kubelet puts into a status (`FallbackToLogsOnError`)."""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A Hub with the gated model."""
    with Hub(REPOSITORY, FILES, {TOKEN}) as hub:
        hub.strangers = {STRANGER}
        yield hub


@pytest.fixture(scope="module")
def values(hub: Hub) -> dict[str, Any]:
    """The platform's mirror is the stand-in."""
    return {"settings": {"hub": {"endpoints": ["https://huggingface.co", hub.url]}}}


@pytest.fixture
def downloads(release: object, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl) -> Team:
    """A team whose namespace gives every Pod its token."""
    return Team(make_namespace("all"), cluster.api, kubectl)


@pytest.fixture
def doctor(cluster: Cluster) -> Doctor:
    """The command, as an administrator."""
    return Doctor(cluster.kubeconfig)


Change = Callable[[dict[str, Any]], None]


def create(team: Team, change: Change | None = None) -> None:
    """Create the predictor's Pod, through the webhook."""
    pod = predictor_pod()
    if change:
        change(pod)
    team.api.create(pod, team.namespace)


def patch_status(team: Team, status: dict[str, Any]) -> None:
    """Write the Pod's status, as kubelet does."""
    team.api.patch("Pod", "predictor", {"status": status}, team.namespace, subresource="status")


def end(team: Team, message: str) -> None:
    """Let the storage initializer have ended, and wait for its next start."""
    terminated = {"exitCode": 1, "reason": "Error", "message": message[-LAST_WORDS:]}
    status = {
        "name": "storage-initializer",
        "image": "kserve/storage-initializer",
        "imageID": "",
        "ready": False,
        "restartCount": 1,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": terminated},
    }
    patch_status(team, {"initContainerStatuses": [status]})


class Refusal(NamedTuple):
    """A way in which a download fails, and what `doctor` says of it."""

    uri: str
    token: str | None
    endpoint: str
    sentence: str
    fix: str


GIVEN = f"hf://{REPOSITORY}"
REFUSALS = {
    "no token": Refusal(GIVEN, None, "", "wrong, expired or revoked", "kubectl patch secret hf-secret"),
    "wrong token": Refusal(GIVEN, WRONG, "", "wrong, expired or revoked", "kubectl patch secret hf-secret"),
    "licence": Refusal(
        GIVEN,
        STRANGER,
        "",
        "has not been given access",
        f"accept the conditions on https://huggingface.co/{REPOSITORY}",
    ),
    "wrong name": Refusal(
        "hf://org/nope", TOKEN, "", "there is no such repository", "can open https://huggingface.co/"
    ),
    "wrong revision": Refusal(f"{GIVEN}:nope", TOKEN, "", "no such revision", "/commits"),
    "no network": Refusal(
        GIVEN, TOKEN, "http://127.0.0.1:9", "no answer of the Hub", "doctor --hub --check egress"
    ),
    "no proxy": Refusal(GIVEN, TOKEN, "https://hub.invalid", "cannot be reached", "doctor --check egress"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=list(REFUSALS))
def test_the_storage_initializers_last_words_are_understood(
    refusal: Refusal, downloads: Team, doctor: Doctor, hub: Hub, tmp_path: Path
) -> None:
    """Whose Pod has our entry, so that a 401 is the token's fault."""
    environ = {} if refusal.token is None else {"HF_TOKEN": refusal.token}
    endpoint = refusal.endpoint or hub.url
    ended = storage_initializer.run(
        [refusal.uri, str(tmp_path / "models")], environ, tmp_path, endpoint=endpoint
    )
    assert ended.returncode == 1
    create(downloads)
    end(downloads, ended.stdout)
    found = doctor("-n", downloads.namespace, "--check=failed-downloads")
    (said,) = found.said("failed-downloads")
    assert found.code == 1
    assert said.startswith(f"fail Pod predictor could not download {REPOSITORY} (storage-initializer ended")
    assert refusal.sentence in said
    assert refusal.fix in said


def test_a_pod_without_a_token_is_told_why(downloads: Team, doctor: Doctor) -> None:
    """The Hub's answer is the same as to a wrong token; what the Pod was given is not."""

    def opt_out(pod: dict[str, Any]) -> None:
        pod["metadata"]["labels"]["hf-token-injector.io/inject"] = "disabled"

    create(downloads, opt_out)
    end(downloads, "401 Client Error.\n\nCannot access gated repo for url https://huggingface.co/x.")
    (said,) = doctor("-n", downloads.namespace, "--check=failed-downloads").said("failed-downloads")
    assert "it has none: label hf-token-injector.io/inject=disabled opts it out" in said
    assert f"hf-token-injector explain pod/predictor -n {downloads.namespace}" in said


def test_a_secret_that_is_missing_is_the_reason(downloads: Team, doctor: Doctor) -> None:
    create(downloads)
    end(downloads, "401 Client Error.\n\nCannot access gated repo for url https://huggingface.co/x.")
    downloads.api.delete("Secret", "hf-secret", downloads.namespace)
    (said,) = doctor("-n", downloads.namespace, "--read-only").said("failed-downloads")
    assert "Secret hf-secret does not exist" in said
    assert "kubectl create secret generic hf-secret" in said


def test_a_policy_that_shuts_the_hub_out_is_told_and_the_rendered_one_mends_it(
    downloads: Team, doctor: Doctor, kubectl: Kubectl
) -> None:
    """The command of the finding is run as it stands."""
    create(downloads)
    ask = ("-n", downloads.namespace, "--check=egress")
    assert doctor(*ask).code == 0
    spec = {"podSelector": {}, "policyTypes": ["Egress"]}
    meta = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny"},
    }
    downloads.apply({**meta, "spec": spec})
    (said,) = doctor(*ask).said("egress")
    assert (
        "isolates Pod predictor by NetworkPolicy default-deny: no rule leads to DNS nor to port 443" in said
    )
    command, _, apply = said.partition(" => ")[2].partition(" | ")
    assert apply == "kubectl apply -f -"
    kubectl("apply", "-f", "-", stdin=doctor.text(command=command.split()[1:]).stdout)
    assert doctor(*ask).code == 0


def with_volume(pod: dict[str, Any]) -> None:
    """Give the model a volume that is smaller than it."""
    pod["spec"]["volumes"] = [{"name": "models", "emptyDir": {"sizeLimit": "1Ki"}}]
    pod["spec"]["initContainers"][0]["volumeMounts"] = [{"name": "models", "mountPath": "/mnt/models"}]


def test_the_hub_is_asked_whether_the_token_may_read_the_model_and_whether_it_fits(
    downloads: Team, doctor: Doctor, hub: Hub
) -> None:
    def mirrored(pod: dict[str, Any]) -> None:
        with_volume(pod)
        env = [{"name": "HF_ENDPOINT", "value": hub.url}]
        pod["spec"]["initContainers"][0] |= {"env": env, "args": [GIVEN, "/mnt/models"]}

    create(downloads, mirrored)
    ask = ("-n", downloads.namespace, "--hub", "--check=hub-access", "--check=model-storage")
    found = doctor(*ask)
    assert found.statuses == {"hub-access": "ok", "model-storage": "fail"}
    (said,) = found.said("model-storage")
    assert "has too little room" in said
    assert "raise sizeLimit of emptyDir models" in said
    for token, expected in (STRANGER, "has not been given access"), (WRONG, "the token is refused"):
        secret = {"stringData": {"token": token}}
        downloads.api.patch("Secret", "hf-secret", secret, downloads.namespace)
        done = doctor.text(*ask)
        assert done.returncode == 1
        assert expected in done.stdout
        assert not any(one in done.stdout + done.stderr for one in (TOKEN, STRANGER, WRONG))


def test_a_pod_that_was_evicted_for_its_storage_is_told_without_the_hub(
    downloads: Team, doctor: Doctor
) -> None:
    create(downloads, with_volume)
    message = 'Usage of EmptyDir volume "models" exceeds the limit "1Ki".'
    patch_status(downloads, {"phase": "Failed", "reason": "Evicted", "message": message})
    (said,) = doctor("-n", downloads.namespace, "--check=model-storage").said("model-storage")
    assert f"{message.removesuffix('.')}; raise that limit" in said
