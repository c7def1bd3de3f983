"""The Secrets of one name in all namespaces, as they are followed: whether they are there, and nothing else.

Only metadata is asked for, so no value comes. What may come is a copy of one: `kubectl apply` without
`--server-side` writes the whole Secret into an annotation. It is dropped as it is read, and told of.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from certs.store import Permission
from webhook.cluster.collection import Collection
from webhook.core.names import LAST_APPLIED


class FollowedSecret(NamedTuple):
    """What is kept of a Secret.

    Attributes:
        copied: Its metadata hold a copy of its values.
    """

    copied: bool = False


_PLAIN: Final = FollowedSecret()
_COPIED: Final = FollowedSecret(copied=True)


def secret_permissions(name: str) -> tuple[Permission, ...]:
    """Return the rights for one name.

    A `list` right on a named Secret is a right to its value: RBAC knows no metadata.
    """
    return (Permission("list", "", "secrets", name), Permission("watch", "", "secrets", name))


def secrets_named(name: str) -> Collection[FollowedSecret]:
    """Return the Secrets of a name; each is told by its namespace.

    The field selector is what lets `resourceNames` limit a list over all namespaces.
    """
    return Collection("/api/v1/secrets", "namespace", _secret, f"metadata.name={name}")


def _secret(metadata: Mapping[str, Any]) -> FollowedSecret:
    annotations = metadata.get("annotations")
    return _COPIED if annotations and LAST_APPLIED in annotations else _PLAIN
