"""Namespaces that Pods can be created in at once."""

from collections.abc import Mapping

import httpx

from tests.e2e.harness.api import Api


def create_namespace(
    api: Api, name: str, labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None
) -> None:
    """Create a namespace and the ServiceAccount that Pods run as where they name none.

    A controller makes it as well, but later: much later where the API server has just come back. Until it is
    there, the API server refuses Pods before any webhook is asked.
    """
    metadata = {"name": name, "labels": dict(labels or {}), "annotations": dict(annotations or {})}
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    made = api.post({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}, name)
    assert made.status in {httpx.codes.CREATED, httpx.codes.CONFLICT}, made
