"""When a container took its variables."""

from typing import Any

import pytest

from webhook.core.started import started

MADE, LATER = "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z"


def pod(status: dict[str, Any]) -> dict[str, Any]:
    """Return a Pod of which kubelet says that."""
    return {"metadata": {"creationTimestamp": MADE}, "status": status}


def container(state: dict[str, Any], field: str = "containerStatuses") -> dict[str, Any]:
    """Return a status with a container in that state, and another one that runs."""
    other = {"name": "other", "state": {"running": {"startedAt": "2026-03-09T08:00:00Z"}}}
    return {"phase": "Running", field: [other, {"name": "main", "state": state}]}


@pytest.mark.parametrize("field", ["initContainerStatuses", "containerStatuses"])
@pytest.mark.parametrize("word", ["running", "terminated"])
def test_a_container_has_what_there_was_at_its_last_start(word: str, field: str) -> None:
    assert started(pod(container({word: {"startedAt": LATER}}, field)), "main") == LATER


@pytest.mark.parametrize("reason", ["ContainerCreating", "CreateContainerConfigError", "CrashLoopBackOff"])
def test_one_that_waits_takes_it_at_its_next_start(reason: str) -> None:
    before = {"lastState": {"terminated": {"startedAt": LATER}}}
    waiting = container({"waiting": {"reason": reason}})
    waiting["containerStatuses"][1] |= before
    assert started(pod(waiting), "main") == ""


def test_a_pod_that_waits_for_a_node_has_taken_nothing() -> None:
    assert started(pod({"phase": "Pending"}), "main") == ""


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Running"},
        container({"running": {}}),
        container({"terminated": {"startedAt": None}}),
        container({"terminated": {"startedAt": "1970-01-01T00:00:00Z"}}),
    ],
)
def test_where_no_start_is_told_it_is_that_of_the_pod(status: dict[str, Any]) -> None:
    assert started(pod(status), "main") == MADE
