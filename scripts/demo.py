"""`make demo`: what the webhook does, shown with the real server.

Starts `hf-token-injector serve` on a free loopback port with certificates of its own making. What it needs
of a cluster, a Secret, two webhook configurations and Namespaces, is in a stand-in of the API server, in
memory and on the loopback too. Then it does what the real one does: it trusts the published `caBundle`,
verifies TLS, and sends the AdmissionReviews for the manifests in `examples/`. It shows what was asked, what
was decided and why, what changed, and how long it took. Exit code 0 only when every answer is the expected
one.
"""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
import jsonpatch

from certs import bundle
from tests.kubernetes_api import MUTATING, NAMESPACE, SECRET, VALIDATING, KubernetesApi
from webhook.cli.diff import unified
from webhook.cli.manifests.documents import Document, read
from webhook.cli.manifests.splice import splice
from webhook.core.admit import admit
from webhook.core.decision import Operation, Request, Verdict

EXAMPLES = Path(__file__).parent.parent / "examples"
SERVICE = f"hf-token-injector.{NAMESPACE}.svc"
"""What an API server asks the certificate for: `<service>.<namespace>.svc`."""
PATIENCE = 20.0
"""Seconds to wait for the server, which is ready in one or two."""


class Expected(NamedTuple):
    """A manifest and the answer that it must get.

    Attributes:
        file: In `examples/`.
        story: One line for the reader.
        allowed: Whether it is admitted.
        outcome: The answer's audit annotation of that name.
        containers: The answer's audit annotation of that name: container=Reason.
        token: JSON pointers to the containers that have `HF_TOKEN` afterwards.
        says: A part of the refusal.
        namespace: Where the manifest is applied, if not where it says.
    """

    file: str
    story: str
    allowed: bool
    outcome: str
    containers: str
    token: tuple[str, ...] = ()
    says: str = ""
    namespace: str = ""


CASES = (
    Expected(
        "hf-uri.yaml",
        "an InferenceService with a gated hf:// model",
        allowed=True,
        outcome="Injected",
        containers="predictor=HubUri",
        token=("/spec/predictor/model",),
    ),
    Expected(
        "vllm-flag.yaml",
        "a gated model behind vLLM's --model",
        allowed=True,
        outcome="Injected",
        containers="predictor=ModelFlag",
        token=("/spec/predictor/model",),
    ),
    Expected(
        "pod-of-kserve.yaml",
        "the Pod that KServe makes of the first: only the container that downloads gets the token",
        allowed=True,
        outcome="Injected",
        containers="storage-initializer=HubUri,kserve-container=NoHubReference",
        token=("/spec/initContainers/0",),
    ),
    Expected(
        "own-token.yaml",
        "somebody wired a token already: it stays theirs",
        allowed=True,
        outcome="NotNeeded",
        containers="predictor=OwnToken",
        token=("/spec/predictor/model",),
    ),
    Expected(
        "no-hub-model.yaml",
        "no model from the Hub: no token",
        allowed=True,
        outcome="NotNeeded",
        containers="predictor=NoHubReference",
    ),
    Expected(
        "malformed-annotation.yaml",
        "an annotation that cannot be meant",
        allowed=False,
        outcome="Denied",
        containers="",
        says="hf-token-injector.io/secret must be the name of a Secret",
    ),
    Expected(
        "hf-uri.yaml",
        "the first again, where the Namespace is labelled audit: decided and told, and nothing changed",
        allowed=True,
        outcome="Audited",
        containers="predictor=HubUri",
        namespace="team-b",
    ),
)


class Server(NamedTuple):
    """A running server: its ports, and the API server that it found."""

    https: int
    ops: int
    api: KubernetesApi


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Start the stand-in and the real server; stop both, the server as kubelet would."""
    api = KubernetesApi()
    api.namespaces.put("team-a", inject="enabled")
    api.namespaces.put("team-b", inject="audit")
    api.configure(f"workloads.{NAMESPACE}.example", f"pods.{NAMESPACE}.example")
    api.start(folder)
    command = [sys.executable, "-m", "webhook", "serve", "--host", "127.0.0.1", "--port", "0"]
    command += ["--ops-host", "127.0.0.1", "--ops-port", "0"]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_TOKEN_INJECTOR_")},
        "HF_TOKEN_INJECTOR_CERTIFICATES__MODE": "self-managed",
        "HF_TOKEN_INJECTOR_CLUSTER__KUBECONFIG": str(api.kubeconfig(folder)),
        "HF_TOKEN_INJECTOR_SERVER__DRAIN_SECONDS": "0.1",
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            yield _ready(process, log, api)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            finally:
                api.stop()
    if code != 0:
        raise SystemExit(f"the server ended with exit code {code}:\n{log.read_text()}")


def _connected(port: int) -> socket.socket:
    """Return a connection to the server that sends at once what it is given, as an API server's does."""
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _ready(process: subprocess.Popen[bytes], log: Path, api: KubernetesApi) -> Server:
    """Wait until the server says that it listens, and then that it is ready."""
    until = time.monotonic() + PATIENCE
    server = None
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"listening"' in line:
                ports = json.loads(line)
                server = Server(_port(ports["https"]), _port(ports["ops"]), api)
        if server and _says_ready(server.ops):
            return server
        time.sleep(0.02)
    raise SystemExit(f"the server did not become ready:\n{log.read_text()}")


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _says_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    finally:
        connection.close()


def trusting(api: KubernetesApi) -> ssl.SSLContext:
    """Return what verifies the server as the real API server does: with the published `caBundle` alone."""
    published = set(api.bundles())
    if len(published) != 1:
        raise SystemExit("the entries do not all publish the same caBundle")
    pem = published.pop()
    authority = bundle.parse(pem).certificates[0]
    entries = sum(map(len, api.cluster.configurations.values()))
    click.echo(
        f"It found no certificate, made a CA and a leaf, keeps them in Secret {NAMESPACE}/{SECRET} and filled"
        f"\ncaBundle of {entries} entries in {MUTATING} and {VALIDATING}"
        f" (CA valid until {authority.not_valid_after_utc:%Y-%m-%d})."
    )
    click.secho(
        "Both live in a stand-in of the API server, since a real one needs more than Python.", dim=True
    )
    return ssl.create_default_context(cadata=pem.decode())


def review_of(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the AdmissionReview that an API server sends when a manifest is created."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": manifest["kind"]}
    resource = {"group": group, "version": version, "resource": manifest["kind"].lower() + "s"}
    metadata = manifest["metadata"]
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": str(uuid.uuid4()),
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": metadata.get("name", ""),
            "namespace": metadata["namespace"],
            "operation": "CREATE",
            "userInfo": {"username": "jane@example.com", "groups": ["team-a", "system:authenticated"]},
            "object": manifest,
            "oldObject": None,
            "dryRun": False,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
        },
    }


def ask(connection: http.client.HTTPSConnection, review: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Return the response part of the answer, and the seconds that it took."""
    body = json.dumps(review).encode()
    started = time.perf_counter()
    connection.request("POST", "/mutate?timeout=3s", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    seconds = time.perf_counter() - started
    if answer.status != http.HTTPStatus.OK:
        raise SystemExit(f"HTTP {answer.status}: {text.decode(errors='replace')}")
    response: dict[str, Any] = json.loads(text)["response"]
    if response["uid"] != review["request"]["uid"]:
        raise SystemExit("the answer belongs to another review")
    return response, seconds


def surprises(
    expected: Expected, document: dict[str, Any], response: dict[str, Any], changed: dict[str, Any]
) -> list[str]:
    """Return what in an answer is not as expected."""
    audit = response["auditAnnotations"]
    found = [
        f"{name} is {actual!r}, expected {wanted!r}"
        for name, actual, wanted in (
            ("allowed", response["allowed"], expected.allowed),
            ("outcome", audit["outcome"], expected.outcome),
            ("containers", audit.get("containers", ""), expected.containers),
            ("namespace", audit.get("namespace", "known"), "known"),
        )
        if actual != wanted
    ]
    if expected.says not in response.get("status", {}).get("message", ""):
        found.append(f"the refusal does not say {expected.says!r}")
    said = ",".join(f"{verdict.container}={verdict.reason}" for verdict in explained(document))
    if audit.get("containers", "") != said:
        found.append(f"the server says {audit.get('containers')!r}, the core {said!r}")
    holders = tuple(pointer for pointer, node in _nodes(changed, "") if _has_token(node))
    if holders != expected.token:
        found.append(f"HF_TOKEN is in {holders}, expected {expected.token}")
    return found


def _nodes(value: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        yield pointer, value
        for name, child in value.items():
            yield from _nodes(child, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _nodes(child, f"{pointer}/{index}")


def _has_token(node: dict[str, Any]) -> bool:
    env = node.get("env")
    return isinstance(env, list) and any(entry["name"] == "HF_TOKEN" for entry in env)


def explained(manifest: dict[str, Any]) -> list[Verdict]:
    """Return the same decision, made here: the wire has the reasons' words, this has their sentences."""
    group = manifest["apiVersion"].rpartition("/")[0]
    namespace = manifest["metadata"]["namespace"]
    return admit(Request(group, manifest["kind"], Operation.CREATE, namespace, manifest)).verdicts


def show(
    number: int, expected: Expected, document: Document, response: dict[str, Any], seconds: float
) -> list[str]:
    """Print one question and its answer; return what was not expected."""
    manifest: dict[str, Any] = document.value
    metadata = manifest["metadata"]
    name = metadata.get("name") or metadata["generateName"] + "…"
    click.echo()
    click.secho(f"{number}. {expected.story}", bold=True)
    click.echo(f"   CREATE {manifest['kind']} {metadata['namespace']}/{name}   (examples/{expected.file})")
    audit = response["auditAnnotations"]
    colour = {"Injected": "green", "Denied": "red"}.get(audit["outcome"], "yellow")
    took = f"{seconds * 1000:.1f} ms"
    click.echo(f"   {click.style(audit['outcome'], fg=colour, bold=True)} in {took}")
    for verdict in explained(manifest):
        click.echo(f"   {verdict.container}: {verdict.sentence} ({verdict.reason})")
    changed = manifest
    if "patch" in response:
        operations = json.loads(b64decode(response["patch"]))
        changed = jsonpatch.apply_patch(manifest, operations)
        diff = unified(expected.file, document.text, splice(document, changed), color=True)
        for line in diff.splitlines()[2:]:
            click.echo(f"   {line}")
    if "status" in response:
        click.echo(f"   {response['status']['message']}")
    for warning in response.get("warnings", ()):
        click.echo(f"   Warning: {warning}")
    wrong = surprises(expected, manifest, response, changed)
    for sentence in wrong:
        click.secho(f"   not as expected: {sentence}", fg="red")
    return wrong


def main() -> int:
    """Run the demo; return the exit code."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        click.echo(f"A real server on 127.0.0.1:{server.https}, certificates self-managed.")
        context = trusting(server.api)
        connection = http.client.HTTPSConnection("127.0.0.1", server.https, context=context, timeout=PATIENCE)
        # An API server connects to an address and verifies the Service's name.
        connection.sock = context.wrap_socket(_connected(server.https), server_hostname=SERVICE)
        click.echo(f"TLS verified as {SERVICE} with the published caBundle.")
        for number, expected in enumerate(CASES, 1):
            document = read((EXAMPLES / expected.file).read_text())[0]
            document.value["metadata"]["namespace"] = (
                expected.namespace or document.value["metadata"]["namespace"]
            )
            response, seconds = ask(connection, review_of(document.value))
            wrong += bool(show(number, expected, document, response, seconds))
        connection.close()
    click.echo()
    if wrong:
        click.secho(f"{wrong} of {len(CASES)} answers are not as expected.", fg="red", bold=True)
        return 1
    click.secho(
        f"All {len(CASES)} answers are as expected; no token was in any of them.", fg="green", bold=True
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
