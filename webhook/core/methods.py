"""How a container of a Pod is given its token: `env`, or `file` where that works."""

import zlib
from collections.abc import Mapping
from typing import Any

from webhook.core import patch, read
from webhook.core.decision import Choice, PatchOperation
from webhook.core.hub import HUGGING_FACE, Hub
from webhook.core.servers import Server

_READABLE = 0o444
"""Mode of the token's file: a server that does not run as root reads it too. Only its container mounts it."""


class PodVolumes:
    """The volumes of one Pod while mounts are being added to its containers."""

    def __init__(self, pointer: str, spec: Mapping[str, Any]) -> None:
        self._pointer = pointer
        self._spec = spec
        self._present: dict[str, Mapping[str, Any]] = {
            read.string(volume, "name"): volume for _, volume in read.objects(spec, "volumes")
        }
        """By name, those that were added included."""
        self._made = False

    def collision(self, choice: Choice) -> str:
        """Return why the Secret's volume cannot be added, or ""."""
        present = self._present.get(volume_name(choice))
        if present is not None:
            secret = read.mapping(present, "secret")
            if secret.get("secretName") != choice.secret or secret.get("items") != self._items(choice):
                return f"the Pod has another volume {volume_name(choice)}"
        volumes = self._spec.get("volumes")
        return "" if volumes is None or type(volumes) is list else "the Pod's volumes are no list"

    def add(self, choice: Choice, *, optional: bool, hub: Hub = HUGGING_FACE) -> list[PatchOperation]:
        """Return the operation that adds the Secret's volume; none where the Pod has it."""
        name = volume_name(choice)
        if name in self._present:
            return []
        secret: dict[str, Any] = {
            "secretName": choice.secret,
            "items": self._items(choice, hub),
            "defaultMode": _READABLE,
        }
        if optional:
            secret["optional"] = True
        volume = {"name": name, "secret": secret}
        self._present[name] = volume
        first = not self._made and type(self._spec.get("volumes")) is not list
        self._made = True
        if first:
            return [patch.add(f"{self._pointer}/volumes", [volume])]
        return [patch.add(f"{self._pointer}/volumes/-", volume)]

    @staticmethod
    def _items(choice: Choice, hub: Hub = HUGGING_FACE) -> list[dict[str, str]]:
        return [{"key": choice.key, "path": hub.file_name}]


def volume_name(choice: Choice) -> str:
    """Return the name of a Secret's volume: a function of Secret and key alone.

    So two Secrets in one Pod do not collide, and whichever container is seen first, the names are the same.
    """
    return f"hf-token-{zlib.crc32(f'{choice.secret}/{choice.key}'.encode()):08x}"


def file_obstacle(
    container: Mapping[str, Any],
    server: Server | None,
    volumes: PodVolumes,
    choice: Choice,
    hub: Hub = HUGGING_FACE,
) -> str:
    """Return why a container cannot be given its token as a file, or ""."""
    if server is not None and not server.reads_token_path:
        return f"{server.name} does not read {hub.path_variable}"
    mounts = container.get("volumeMounts")
    if mounts is not None and type(mounts) is not list:
        return "its volumeMounts are no list"
    for _, mount in read.objects(container, "volumeMounts"):
        path = read.string(mount, "mountPath").rstrip("/")
        # A mount above may be read-only, and the container runtime cannot make our folder in it.
        if path and (f"{path}/".startswith(f"{hub.mount_path}/") or hub.mount_path.startswith(f"{path}/")):
            return f"something else is mounted at {path}"
    return volumes.collision(choice)


def file_operations(
    pointer: str, container: Mapping[str, Any], choice: Choice, hub: Hub = HUGGING_FACE
) -> list[PatchOperation]:
    """Return the operations that mount the Secret's volume and name the file."""
    mount = {"name": volume_name(choice), "mountPath": hub.mount_path, "readOnly": True}
    entry = {"name": hub.path_variable, "value": f"{hub.mount_path}/{hub.file_name}"}
    return [
        patch.append(container, pointer, "volumeMounts", mount),
        patch.append(container, pointer, "env", entry),
    ]
