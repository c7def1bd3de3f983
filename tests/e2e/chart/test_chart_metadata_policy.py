"""`metadataPolicy`: misspelt labels and annotations are refused where they are written."""

from typing import Any

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.manifests import hugging_face_model
from tests.e2e.harness.release import Release
from tests.e2e.harness.waiting import until

PREFIX = "hf-token-injector.io/"


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """The policy is off unless it is asked for."""
    return {"metadataPolicy": {"enabled": True}}


@pytest.fixture
def namespace(make_namespace: MakeNamespace, release: Release, kubectl: Kubectl) -> str:
    """A namespace where the policy is in force, which takes a moment after the installation."""
    name = make_namespace()
    until(
        lambda: kubectl.try_("label", "namespace", name, f"{PREFIX}probe=x", "--dry-run=server").code,
        "the policy is in force",
    )
    return name


@pytest.mark.parametrize(
    ("command", "written", "sentence"),
    [
        ("label", "inject=enable", "is enable; here it may be enabled, all, audit."),
        ("label", "injekt=enabled", "Not a label of hf-token-injector: hf-token-injector.io/injekt."),
        ("label", "secret=hub", "all other keys are annotations."),
        ("annotate", "inject=enabled", "inject is a label."),
        ("annotate", "secert=hub", "may come secret, secret-key, method, missing-secret;"),
        ("annotate", "containers=main", "Not an annotation of hf-token-injector here:"),
        ("annotate", "method=files", "is files; it may be env or file."),
        ("annotate", "missing-secret=Deny", "is Deny; it may be optional, require, skip or deny."),
        ("annotate", "secret=A_b", "it must be the name of a Secret:"),
        ("annotate", "secret-key=a b", "it must be a key in a Secret:"),
    ],
)
def test_a_mistake_on_a_namespace_is_told(
    kubectl: Kubectl, namespace: str, command: str, written: str, sentence: str
) -> None:
    """With what is allowed there."""
    said = kubectl.try_(command, "namespace", namespace, f"{PREFIX}{written}", "--overwrite")
    assert said.code != 0
    assert sentence in said.err


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("label", ["inject=all"]),
        ("label", ["inject-"]),
        ("annotate", ["secret=hub.token", "secret-key=HF_TOKEN", "method=file", "missing-secret=skip"]),
    ],
)
def test_what_is_right_is_let_through(
    kubectl: Kubectl, namespace: str, command: str, written: list[str]
) -> None:
    """Every word of the reference page."""
    kubectl(command, "namespace", namespace, *(PREFIX + part for part in written), "--overwrite")


def test_a_mistake_of_long_ago_blocks_nobody(release: Release, kubectl: Kubectl, namespace: str) -> None:
    """Whoever writes something else, a controller for example, is not told of it."""
    mistake = ("label", "namespace", namespace, f"{PREFIX}inject=enable", "--overwrite")
    release.install({"metadataPolicy": {"enabled": False}})
    until(lambda: kubectl.try_(*mistake).code == 0, "the policy is off")
    release.install({"metadataPolicy": {"enabled": True}})
    probe = ("label", "namespace", namespace, f"{PREFIX}probe=x", "--dry-run=server")
    until(lambda: kubectl.try_(*probe).code, "the policy is in force again")
    kubectl("label", "namespace", namespace, "example.com/other=yes")
    assert kubectl.try_("annotate", "namespace", namespace, f"{PREFIX}secret=hub").code, "now it is told"


@pytest.mark.parametrize(
    ("labels", "annotations", "sentence"),
    [
        ({"inject": "enabled"}, {}, "is enabled; here it may be disabled."),
        ({}, {"missing-secret": "skip"}, "Not an annotation of hf-token-injector here:"),
        ({}, {"exclude-container": "a"}, "containers, exclude-containers, injected, restarted-at;"),
    ],
)
@pytest.mark.usefixtures("kserve")
def test_a_mistake_on_an_inference_service_is_told(
    kubectl: Kubectl,
    namespace: str,
    labels: dict[str, str],
    annotations: dict[str, str],
    sentence: str,
) -> None:
    """Where other words are allowed than on a Namespace."""
    manifest = hugging_face_model(
        "llama",
        labels={PREFIX + key: value for key, value in labels.items()},
        annotations={PREFIX + key: value for key, value in annotations.items()},
    )
    said = kubectl.try_apply(manifest, namespace)
    assert said.code != 0
    assert sentence in said.err


@pytest.mark.usefixtures("kserve")
def test_a_right_inference_service_is_let_through(kubectl: Kubectl, namespace: str) -> None:
    """Also with what the webhook itself writes."""
    annotations = {"secret": "hub", "containers": "main", "exclude-containers": "sidecar", "method": "env"}
    manifest = hugging_face_model("llama", annotations={PREFIX + k: v for k, v in annotations.items()})
    kubectl.apply(manifest, namespace)
