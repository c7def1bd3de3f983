"""`seccompProfile: RuntimeDefault`, as the container engines of this machine have it.

Their file (`seccomp.json`) has one list for all processors and capabilities; a runtime wants the part that
holds for one container: https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
"""

import json
from pathlib import Path
from typing import Any

from tests.image.platforms import HERE

_FILE = Path("/usr/share/containers/seccomp.json")


def runtime_default() -> dict[str, Any]:
    """Return the profile of a container without a capability."""
    profile = json.loads(_FILE.read_text())
    # An emulator makes the system calls of this machine.
    rules = [rule for rule in profile["syscalls"] if _holds(rule.get("includes") or {}, HERE)]
    return {
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile.get("defaultErrnoRet", 1),
        "architectures": _architectures(profile, HERE),
        "syscalls": [_rule(rule) for rule in rules],
    }


def _holds(condition: dict[str, Any], processor: str) -> bool:
    """Tell whether a rule is for this processor, and for who has no capability."""
    return not condition.get("caps") and processor in condition.get("arches", [processor])


def _architectures(profile: dict[str, Any], processor: str) -> list[str]:
    name = {"amd64": "SCMP_ARCH_X86_64", "arm64": "SCMP_ARCH_AARCH64"}[processor]
    entry = next(entry for entry in profile["archMap"] if entry["architecture"] == name)
    return [name, *(entry["subArchitectures"] or [])]


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    known = ("names", "action", "errnoRet", "args")
    return {key: rule[key] for key in known if rule.get(key) not in (None, [])}
