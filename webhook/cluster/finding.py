"""Finds the way to the API server that a server has: what it is told, else what a Pod has."""

from collections.abc import Mapping
from pathlib import Path

from webhook.cluster.access import Access
from webhook.cluster.in_cluster import in_cluster
from webhook.cluster.kubeconfig import from_kubeconfig


def find_access(kubeconfig: str, environ: Mapping[str, str]) -> Access:
    """Return the way to the API server.

    Args:
        kubeconfig: Path of a kubeconfig; empty for a Pod's own way.
        environ: The environment.

    Raises:
        AccessError: There is none.
    """
    return from_kubeconfig([Path(kubeconfig)]) if kubeconfig else in_cluster(environ)
