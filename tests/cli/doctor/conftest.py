"""An installation on the stand-in of an API server, and the command that looks at it."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from certs.authority import issue_authority, issue_leaf, service_names
from tests.doctor.clusters import ENTRIES, INJECT, deployment, injected, kserve_pod
from tests.kubernetes_http import Response
from tests.kubernetes_objects import KubernetesObjects
from tests.pasted import hold_pasteable
from webhook import __version__
from webhook.cli.main import cli

NAME = "hf-token-injector"
TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz" + "01234567"

RunDoctor = Callable[..., Result]


def namespace(name: str, mode: str | None = "enabled") -> dict[str, Any]:
    """Return a Namespace."""
    labels = {} if mode is None else {INJECT: mode}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def secret(name: str, namespace: str, **data: bytes) -> dict[str, Any]:
    """Return a Secret."""
    encoded = {key.replace("_", "."): b64encode(value).decode() for key, value in data.items()}
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}


def pod(name: str = "llama", namespace: str = "team-a", *, with_token: bool = True) -> dict[str, Any]:
    """Return a Pod of KServe's."""
    made = kserve_pod(name)
    made = injected(made) if with_token else made
    return {**made, "metadata": {**made["metadata"], "namespace": namespace}}


def called(created: dict[str, Any]) -> Response:
    """Answer a Pod that is created as an API server does that calls the webhook."""
    return Response(201, injected(created))


@pytest.fixture
def installed(objects: KubernetesObjects) -> KubernetesObjects:
    """A cluster in which all is well: the webhook, a team, its Secret, its Pod."""
    now = datetime.now(UTC)
    authority = issue_authority("here", now=now)
    leaf = issue_leaf(authority, service_names(NAME, NAME), now=now, lifetime=timedelta(days=90))
    config = {
        "service": {"name": NAME, "namespace": NAME},
        "caBundle": b64encode(authority.certificate).decode(),
    }
    objects.groups |= {"admissionregistration.k8s.io"}
    objects.add(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": f"mutating-{NAME}"},
            "webhooks": [{**entry, "clientConfig": config} for entry in ENTRIES],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": NAME},
            "data": {"config.yaml": "certificates:\n  mode: self-managed\n"},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            **deployment(version=__version__),
            "metadata": {
                "name": NAME,
                "namespace": NAME,
                "labels": {
                    "app.kubernetes.io/part-of": NAME,
                    "app.kubernetes.io/component": "webhook",
                    "app.kubernetes.io/version": __version__,
                },
            },
        },
        secret(f"{NAME}-tls", NAME, tls_crt=leaf.certificate, tls_key=leaf.key),
        namespace("team-a"),
        secret("hf-secret", "team-a", token=TOKEN.encode()),
        pod(),
    )
    objects.admit = called
    return objects


@pytest.fixture
def doctor(installed: KubernetesObjects, tmp_path: Path) -> RunDoctor:
    """Call the command about the stand-in."""
    kubeconfig = installed.kubeconfig(tmp_path)

    def run(*arguments: str, charset: str = "utf-8") -> Result:
        result = CliRunner(charset=charset).invoke(cli, ["doctor", f"--kubeconfig={kubeconfig}", *arguments])
        hold_pasteable(result.output)
        return result

    return run


def found(doctor: RunDoctor, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """Return what each check has to say that is not well."""
    document = json.loads(doctor("--output=json", *arguments).stdout)
    return {
        check["name"]: left
        for check in document["checks"]
        if (left := [one for one in check["findings"] if one["status"] != "ok"])
    }
