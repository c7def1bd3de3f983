"""When a container took its variables from Secrets: kubelet reads them at each start of it."""

from collections.abc import Mapping
from typing import Any

from webhook.core import read


def started(pod: Mapping[str, Any], container: str) -> str:
    """Return when a container last started, as the API writes it; empty where its start is yet to come.

    So is that of one which waits to be started again. Where nobody tells when it was, the time at which the
    Pod was made is returned: too early, never too late.

    Args:
        pod: The Pod, with its status.
        container: The name of one of its containers.
    """
    made = read.string(read.mapping(pod, "metadata"), "creationTimestamp")
    status = read.mapping(pod, "status")
    for field in ("initContainerStatuses", "containerStatuses"):
        for _, told in read.objects(status, field):
            if told.get("name") == container:
                return _start(read.mapping(told, "state"), made)
    # Kubelet tells of all containers of a Pod once it has the Pod.
    return "" if status.get("phase") == "Pending" else made


def _start(state: Mapping[str, Any], made: str) -> str:
    for word in ("running", "terminated"):
        if word in state:
            # One that could not be started has 1970.
            return max(read.string(read.mapping(state, word), "startedAt"), made)
    return ""
