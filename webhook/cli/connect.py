"""How commands reach a cluster: a kubeconfig, or the Pod's own ServiceAccount where there is none."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from webhook.cli import exits
from webhook.cli.terminal import tell
from webhook.cluster.access import Access
from webhook.cluster.in_cluster import in_cluster
from webhook.cluster.kubeconfig import from_kubeconfig, paths

_OPTIONS: Final = (
    click.option("--context", "kube_context", default="", help="Context of the kubeconfig."),
    click.option(
        "--kubeconfig", type=click.Path(dir_okay=False, path_type=Path), help="Instead of KUBECONFIG."
    ),
)


def access_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which cluster is meant."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def find_access(kubeconfig: Path | None, kube_context: str) -> Access:
    """Return the way to the cluster.

    Raises:
        AccessError: There is neither.
    """
    files = (kubeconfig,) if kubeconfig else paths(os.environ)
    inside = "KUBERNETES_SERVICE_HOST" in os.environ and not kube_context
    if inside and not any(file.exists() for file in files):
        return in_cluster(os.environ)
    return from_kubeconfig(files, kube_context)


def fail(sentence: str) -> NoReturn:
    """End with a sentence.

    Raises:
        SystemExit: Always.
    """
    tell(f"hf-token-injector: {sentence}")
    sys.exit(exits.ERROR)
