"""Whether a rollout is over, read of statuses as the API server has them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from webhook.cli.restart.rollout import StuckError, lacking
from webhook.cluster.resources import DAEMON_SET, DEPLOYMENT, LEADER_WORKER_SET, STATEFUL_SET, Resource

RESTARTED = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("resource", "status", "said"),
    [
        (DEPLOYMENT, {"observedGeneration": 1}, "its controller has not seen the change"),
        (DEPLOYMENT, {"replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}, "1 of 2 updated"),
        (DEPLOYMENT, {"replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}, "1 old to be ended"),
        (DEPLOYMENT, {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}, "1 of 2 available"),
        (DEPLOYMENT, {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}, ""),
        (
            STATEFUL_SET,
            {"updatedReplicas": 1, "updateRevision": "b", "currentRevision": "a"},
            "1 of 2 updated",
        ),
        (STATEFUL_SET, {"replicas": 2, "readyReplicas": 1}, "1 of 2 ready"),
        (STATEFUL_SET, {"replicas": 2, "readyReplicas": 2}, ""),
        (DAEMON_SET, {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}, "1 of 2 updated"),
        (DAEMON_SET, {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2}, "0 of 2 available"),
        (DAEMON_SET, {"desiredNumberScheduled": 0}, ""),
        (LEADER_WORKER_SET, {"replicas": 2, "updatedReplicas": 1, "readyReplicas": 2}, "1 of 2 updated"),
        (LEADER_WORKER_SET, {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}, ""),
    ],
)
def test_a_status_tells_what_a_rollout_lacks(resource: Resource, status: dict[str, Any], said: str) -> None:
    status = {"observedGeneration": 2, **status}
    found = {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}
    assert lacking(resource, found) == said


def test_only_a_rollout_that_came_of_the_restart_can_be_stuck() -> None:
    conditions = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
    annotations = {"hf-token-injector.io/restarted-at": "2026-03-01T00:00:01Z"}
    found = {"spec": {"template": {}}, "status": {"conditions": conditions}}
    assert lacking(DEPLOYMENT, found, since=RESTARTED) == "0 of 1 updated"
    found["spec"] = {"template": {"metadata": {"annotations": annotations}}}
    with pytest.raises(StuckError, match="makes no progress"):
        lacking(DEPLOYMENT, found, since=RESTARTED)
