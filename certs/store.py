"""The seam to Kubernetes: what rotation reads and writes, which errors it knows, and which rights it needs.

`certs` does no I/O but through `Store`. Whoever implements it over the Kubernetes API translates HTTP
statuses into these errors and does nothing else: no retry, no cache, no merge.

    StoreError
    ├── ConflictError      somebody else was first, or the object is another one than was read (look again)
    ├── ForbiddenError     401 and 403: RBAC, or an admission policy
    ├── NotFoundError      404 of a write: the object went away between read and write
    ├── RefusedError       400, 413, 422 and other 4xx: the API server understood and will not do it
    └── UnavailableError   no answer, a timeout, 429, 5xx: it may or may not have happened
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

FIELD_MANAGER: Final = "hf-token-injector"
"""The field manager of every update of the Secret."""


class StoreError(Exception):
    """Something that the API did not do; the text is one sentence without key material."""


class ConflictError(StoreError):
    """Somebody else was first."""


class ForbiddenError(StoreError):
    """The ServiceAccount may not do this."""


class NotFoundError(StoreError):
    """The object of a write does not exist."""


class RefusedError(StoreError):
    """The API server will not do it, now or later, unless the object or the request changes."""


class UnavailableError(StoreError):
    """No answer that counts: whether a write happened is unknown."""


class Kind(StrEnum):
    """The two kinds of configuration whose entries carry a `caBundle`, by their resource name."""

    MUTATING = "mutatingwebhookconfigurations"
    VALIDATING = "validatingwebhookconfigurations"


class Secret(NamedTuple):
    """The Secret as read or written.

    Attributes:
        data: Decoded from base64.
        version: Opaque; names this object in this state. Over the API it must hold the `resourceVersion` and
            the `uid`, see `Store.update_secret`.
    """

    data: Mapping[str, bytes]
    version: str


@dataclass(frozen=True)
class Entry:
    """One element of `webhooks`.

    Attributes:
        name: Its `name`, unique in the configuration.
        client_config: Its `clientConfig` exactly as read, so that a patch can test all of it.
    """

    name: str
    client_config: Mapping[str, Any] = field(default_factory=dict)


Operation = Mapping[str, Any]
"""One operation of a JSON patch (RFC 6902)."""


class Store(Protocol):
    """One Secret and two webhook configurations; the implementation knows their names.

    Reads may be stale, writes are not: each carries its own precondition.
    """

    async def read_secret(self) -> Secret | None:
        """Return the Secret, or None where there is none.

        Raises:
            StoreError: ForbiddenError, RefusedError or UnavailableError.
        """

    async def create_secret(self, data: Mapping[str, bytes], *, manager: str) -> Secret:
        """Create the Secret, and only create it.

        A server-side-apply PATCH with `force=false`, the given field manager and no `resourceVersion`: RBAC
        can limit a PATCH to one name, but no POST. Where the Secret exists, a field manager that owns nothing
        of it conflicts (409); that is why each attempt brings a manager of its own. A manager that tried
        before would overwrite what it created when only the answer was lost.

        Raises:
            ConflictError: It exists.
            StoreError: ForbiddenError, RefusedError or UnavailableError.
        """

    async def update_secret(self, data: Mapping[str, bytes], *, version: str) -> Secret:
        """Replace the values of the Secret if it is still the one that was read.

        A server-side-apply PATCH with `force=true`, `FIELD_MANAGER`, and in `metadata` both the
        `resourceVersion` and the `uid` of `version`. The `uid` matters: an apply whose `resourceVersion` is
        set creates a Secret that was deleted meanwhile, one with a `uid` is a 409 (kube-apiserver,
        `handlers/patch.go`, `applyPatch`). On a Secret that was deleted and made again, the API server
        answers 409 or, as `uid` is immutable, 422: both are a ConflictError.

        `data` has every key every time, empty where there is nothing: apply does not remove a key that
        another manager owns as well.

        Raises:
            ConflictError: It changed, went away, or is another Secret of the same name.
            StoreError: ForbiddenError, NotFoundError, RefusedError (it is `immutable`, for example) or
            UnavailableError.
        """

    async def read_entries(self, kind: Kind) -> Sequence[Entry] | None:
        """Return the entries of a configuration in its order, or None where the configuration is missing.

        Raises:
            StoreError: ForbiddenError, RefusedError or UnavailableError.
        """

    async def patch_entries(self, kind: Kind, operations: Sequence[Operation]) -> None:
        """Apply one JSON patch (`application/json-patch+json`) to a configuration, all of it or nothing.

        Raises:
            ConflictError: 409, or a `test` operation failed, which the API server answers with 422.
            StoreError: ForbiddenError, NotFoundError, RefusedError or UnavailableError.
        """


class Permission(NamedTuple):
    """One right: an RBAC rule with one verb.

    Attributes:
        verb: Of RBAC.
        group: API group; empty for the core.
        resource: Plural.
        name: Placeholder for the one `resourceNames` element: `secret`, `mutating` or `validating`.
    """

    verb: str
    group: str
    resource: str
    name: str


_ADMISSION: Final = "admissionregistration.k8s.io"

PERMISSIONS: Final = (
    Permission("get", "", "secrets", "secret"),
    Permission("patch", "", "secrets", "secret"),
    # An apply that creates is authorised as `create` too, with the name, so `resourceNames` holds for it
    # (kube-apiserver, handlers/patch.go, createAuthorizerAttributes).
    Permission("create", "", "secrets", "secret"),
    Permission("get", _ADMISSION, Kind.MUTATING, "mutating"),
    Permission("patch", _ADMISSION, Kind.MUTATING, "mutating"),
    Permission("get", _ADMISSION, Kind.VALIDATING, "validating"),
    Permission("patch", _ADMISSION, Kind.VALIDATING, "validating"),
)
"""Every call that rotation, `rotate` and `release` make, and no other. A watch is its implementer's to
add."""
