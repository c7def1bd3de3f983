"""A Pod of the chart as kubelet hands it to a runtime: one container's `config.json` of OCI.

https://github.com/opencontainers/runtime-spec/blob/main/config.md
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.image.seccomp import runtime_default

_UNITS: Final = {"Mi": 2**20, "Gi": 2**30}
_MOUNTS: Final[tuple[tuple[str, str, list[str]], ...]] = (
    ("/proc", "proc", []),
    ("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    ("/dev/shm", "tmpfs", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),  # noqa: S108
    ("/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
)
"""What engines give every container."""


def oci(
    pod: Mapping[str, Any],
    root: Path,
    image: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    volumes: Mapping[str, Path],
) -> dict[str, Any]:
    """Return the configuration of a Pod's only container.

    It is in the machine's network, as with `hostNetwork`: no network plugin runs here.

    Args:
        pod: A PodSpec.
        root: The image's root file system.
        image: The image's configuration.
        environ: What kubelet adds to the environment, and the fields that it is asked for, by path.
        volumes: Folder of each mounted path that kubelet makes itself, on top of the Pod's `volumeMounts`.
    """
    (container,) = pod["containers"]
    identity, limits = pod["securityContext"], container["securityContext"]
    assert limits["capabilities"] == {"drop": ["ALL"]}
    assert identity["seccompProfile"] == {"type": "RuntimeDefault"}
    assert identity["runAsNonRoot"] is True
    return {
        "ociVersion": "1.0.0",
        "root": {"path": str(root), "readonly": limits["readOnlyRootFilesystem"]},
        "process": {
            "user": {
                "uid": identity["runAsUser"],
                "gid": identity["runAsGroup"],
                "additionalGids": [identity["fsGroup"]],
            },
            "cwd": image.get("WorkingDir") or "/",
            "args": [*container["command"], *container["args"]],
            "env": [*image["Env"], *_variables(container.get("env", []), environ)],
            "noNewPrivileges": not limits["allowPrivilegeEscalation"],
            "capabilities": {
                kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")
            },
        },
        "mounts": [*_engine_mounts(), *_mounts(container, volumes)],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
            "resources": {
                "memory": {"limit": _bytes(container["resources"]["limits"]["memory"])},
                "devices": [{"allow": False, "access": "rwm"}],
            },
            "seccomp": runtime_default(),
            "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def _variables(entries: list[dict[str, Any]], environ: Mapping[str, str]) -> list[str]:
    """Return `NAME=value` of a container's variables, and of those that kubelet adds."""
    fields = {
        entry["name"]: entry["valueFrom"]["fieldRef"]["fieldPath"]
        for entry in entries
        if "valueFrom" in entry
    }
    literal = {entry["name"]: entry["value"] for entry in entries if "value" in entry}
    asked = {name: environ[path] for name, path in fields.items()}
    added = {name: value for name, value in environ.items() if name.isupper()}
    return [f"{name}={value}" for name, value in (added | literal | asked).items()]


def _engine_mounts() -> list[dict[str, Any]]:
    return [
        {"destination": path, "type": kind, "source": kind, "options": options}
        for path, kind, options in _MOUNTS
    ]


def _mounts(container: Mapping[str, Any], volumes: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Return the volumes, none of which the container may write to."""
    wanted = {mount["mountPath"] for mount in container.get("volumeMounts", [])}
    assert wanted <= volumes.keys()
    return [
        {"destination": path, "type": "bind", "source": str(folder), "options": ["rbind", "ro"]}
        for path, folder in volumes.items()
    ]


def _bytes(quantity: str) -> int:
    return int(quantity[:-2]) * _UNITS[quantity[-2:]]
