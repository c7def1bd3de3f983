"""The Secret and the webhook configurations that certificates live in, over the Kubernetes API.

Each method is one request. A status becomes one of the errors of `certs.store` and nothing is tried twice;
how statuses and errors belong together is said there, and where one status has two meanings, it is told apart
here by what kube-apiserver puts into `details.causes`.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from certs.store import (
    FIELD_MANAGER,
    ConflictError,
    Entry,
    ForbiddenError,
    Kind,
    NotFoundError,
    Operation,
    RefusedError,
    Secret,
    StoreError,
    UnavailableError,
)
from webhook.cluster.client import Answer, Client, NoAnswerError

_APPLY: Final = "application/apply-patch+yaml"
_JSON_PATCH: Final = "application/json-patch+json"
_ADMISSION: Final = "/apis/admissionregistration.k8s.io/v1"
_LONGEST: Final = 300
"""Characters of an API server's message that go into a sentence."""
_MATERIAL: Final = re.compile(r"[A-Za-z0-9+/=]{40,}")
"""What might be base64 of a certificate or a key; no word of a message is as long."""


class Names(NamedTuple):
    """Which objects are meant."""

    namespace: str
    secret: str
    mutating: str
    validating: str


class CertificateStore:
    """The implementation of `certs.store.Store`."""

    def __init__(self, client: Client, names: Names) -> None:
        self._client = client
        self._names = names

    async def read_secret(self) -> Secret | None:
        """Return the Secret, or None where there is none."""
        answer = await self._ask("GET", self._secret_path, None, {})
        if _missing(answer):
            return None
        return _secret(self._accepted("get", self._secret_path, answer))

    async def create_secret(self, data: Mapping[str, bytes], *, manager: str) -> Secret:
        """Create the Secret by a server-side apply that conflicts where it exists."""
        answer = await self._apply({}, data, {"fieldManager": manager, "force": "false"})
        if answer.status == 404:  # noqa: PLR2004 - nothing was there before, so it is the namespace
            raise RefusedError(f"The namespace {self._names.namespace} does not exist.")
        return _secret(self._accepted("create", self._secret_path, answer))

    async def update_secret(self, data: Mapping[str, bytes], *, version: str) -> Secret:
        """Replace the values of the Secret by a server-side apply that names what was read."""
        uid, _, resource_version = version.partition("/")
        metadata = {"uid": uid, "resourceVersion": resource_version}
        answer = await self._apply(metadata, data, {"fieldManager": FIELD_MANAGER, "force": "true"})
        if answer.status == 422 and "metadata.uid" in _fields(answer):  # noqa: PLR2004
            raise ConflictError("The Secret was deleted and made again.")
        return _secret(self._accepted("update", self._secret_path, answer))

    async def read_entries(self, kind: Kind) -> Sequence[Entry] | None:
        """Return the entries of a configuration, or None where it is missing."""
        path = self._configuration_path(kind)
        answer = await self._ask("GET", path, None, {})
        if _missing(answer):
            return None
        body = self._accepted("get", path, answer)
        try:
            return [
                Entry(str(entry["name"]), dict(entry.get("clientConfig") or {}))
                for entry in body.get("webhooks") or ()
            ]
        except (TypeError, KeyError, ValueError, AttributeError):
            raise UnavailableError(f"What {path} answered is no webhook configuration.") from None

    async def patch_entries(self, kind: Kind, operations: Sequence[Operation]) -> None:
        """Apply one JSON patch to a configuration.

        A `test` that fails is a 422 whose details are empty (kube-apiserver, `handlers/patch.go`,
        `applyJSPatch`, and `NewGenericServerResponse`); validation and a ValidatingAdmissionPolicy answer 422
        too, with details of the object and causes.
        """
        path = self._configuration_path(kind)
        answer = await self._ask("PATCH", path, list(operations), {}, _JSON_PATCH)
        if answer.status == 422 and not any(_details(answer).values()):  # noqa: PLR2004
            raise ConflictError(f"{kind}/{self._name(kind)} is not as it was read.")
        self._accepted("patch", path, answer)

    @property
    def _secret_path(self) -> str:
        return f"/api/v1/namespaces/{self._names.namespace}/secrets/{self._names.secret}"

    def _name(self, kind: Kind) -> str:
        return self._names.mutating if kind is Kind.MUTATING else self._names.validating

    def _configuration_path(self, kind: Kind) -> str:
        return f"{_ADMISSION}/{kind}/{self._name(kind)}"

    async def _apply(
        self, metadata: Mapping[str, str], data: Mapping[str, bytes], parameters: Mapping[str, str]
    ) -> Answer:
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self._names.secret, "namespace": self._names.namespace, **metadata},
            "data": {key: b64encode(value).decode() for key, value in data.items()},
        }
        return await self._ask("PATCH", self._secret_path, manifest, parameters, _APPLY)

    async def _ask(
        self,
        method: str,
        path: str,
        document: Any,  # noqa: ANN401 - any JSON
        parameters: Mapping[str, str],
        content_type: str = "application/json",
    ) -> Answer:
        content = None if document is None else json.dumps(document).encode()
        try:
            return await self._client.request(
                method, path, parameters=parameters, content=content, content_type=content_type
            )
        except NoAnswerError as error:
            raise UnavailableError(f"{error}.") from None

    def _accepted(self, verb: str, path: str, answer: Answer) -> Mapping[str, Any]:
        """Return the body of a good answer.

        Raises:
            StoreError: It is another one.
        """
        if answer.status in {200, 201} and answer.body:
            return answer.body
        what = "/".join(path.split("/")[-2:])
        said = _MATERIAL.sub("…", " ".join(str(answer.body.get("message") or "no message").split()))
        raise _error(answer)(f"The API server answers {verb} {what} with {answer.status}: {said[:_LONGEST]}")


def _error(answer: Answer) -> type[StoreError]:
    """Return the error of a status; a 404 that is no API server's own says nothing about the object."""
    status = answer.status
    if status in {401, 403}:
        return ForbiddenError
    if status == 404:  # noqa: PLR2004
        return NotFoundError if _missing(answer) else UnavailableError
    if status == 409:  # noqa: PLR2004
        return ConflictError
    if 400 <= status < 500 and status not in {408, 429}:  # noqa: PLR2004
        return RefusedError
    return UnavailableError


def _missing(answer: Answer) -> bool:
    """Tell whether the API server itself says that there is no such object, and not a proxy in between."""
    return answer.status == 404 and answer.body.get("kind") == "Status"  # noqa: PLR2004


def _fields(answer: Answer) -> frozenset[str]:
    """Return the fields that a Status complains about."""
    causes = _details(answer).get("causes") or ()
    return frozenset(
        str(cause["field"]) for cause in causes if isinstance(cause, dict) and cause.get("field")
    )


def _details(answer: Answer) -> Mapping[str, Any]:
    details = answer.body.get("details")
    return details if isinstance(details, dict) else {}


def _secret(body: Mapping[str, Any]) -> Secret:
    """Return a Secret as rotation reads it; values that are not base64 cannot come from an API server.

    Raises:
        UnavailableError: The answer is no Secret.
    """
    try:
        data = {str(key): b64decode(value or "") for key, value in (body.get("data") or {}).items()}
        metadata = body["metadata"]
        return Secret(data, f"{metadata['uid']}/{metadata['resourceVersion']}")
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UnavailableError("What the API server answered is no Secret.") from None
