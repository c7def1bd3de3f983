"""A release whose policy is in force, on a control plane with KServe and its LLMInferenceServices."""

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.release import Release
from tests.e2e.harness.waiting import until
from tests.e2e.policy import offences


@pytest.fixture(scope="module")
def judging(release: Release, kserve: KServe) -> Release:
    """The release, once the API server asks it about a Pod with a token in clear text."""
    kserve.install_llm()
    await_judging(release)
    return release


@pytest.fixture
def away(judging: Release, make_namespace: MakeNamespace) -> Iterator[Release]:
    """The release without a replica; one is there again after the test."""
    judging.stop()
    namespace = make_namespace("all")
    until(
        lambda: judging.api.post(offences.pod(), namespace, dryRun="All").status >= 400,
        "the API server calls the webhooks, which are away",
    )
    yield judging
    judging.start_replica()
    await_judging(judging)


def await_judging(release: Release) -> None:
    """Wait until the API server, which follows configurations by a watch, has Pods judged."""
    labels = {"hf-token-injector.io/inject": "enabled"}
    metadata = {"generateName": "judged-", "labels": labels}
    made = release.api.post({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    name = release.api.ok(made)["metadata"]["name"]

    def judged() -> bool:
        answer = release.api.post(offences.pod(), name, dryRun="All")
        return "clear text" in f"{answer.message} {answer.warnings}"

    until(judged, "Pods are judged")
    release.api.delete("Namespace", name)
