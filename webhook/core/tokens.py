"""Whether a container has a token of its own, wants none, or would send ours where it must not go."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import read
from webhook.core.hub import HUGGING_FACE, TRUE, Hub
from webhook.core.reasons import Reason
from webhook.core.variables import UNKNOWN, Environment


class Obstacle(NamedTuple):
    """Why a container that asks the Hub is not given our token."""

    reason: Reason
    subject: str


def own_token(
    container: Mapping[str, Any],
    environment: Environment,
    volumes: Sequence[Any],
    token_argument: str,
    hub: Hub = HUGGING_FACE,
) -> Obstacle | None:
    """Return what tells that the container has a token of its own, or wants none.

    Any form counts, also an empty value: the user's word wins.

    Args:
        container: Raw.
        environment: Its variables, those of its script included, ours left out.
        volumes: Of its Pod, raw.
        token_argument: What the reader of its command found.
        hub: Whose names to look for.
    """
    entries = environment.entries
    script = environment.script
    for name in hub.token_variables:
        if name in entries or name in script:
            return Obstacle(Reason.OWN_TOKEN, name)
    if hub.path_variable in entries or hub.path_variable in script:
        return Obstacle(Reason.OWN_TOKEN_FILE, hub.path_variable)
    if token_argument:
        return Obstacle(Reason.OWN_TOKEN_ARGUMENT, token_argument)
    for names, reason in (
        (hub.offline_variables, Reason.OFFLINE),
        (hub.disabling_variables, Reason.TOKEN_DISABLED),
    ):
        for name in names:
            if (name in entries or name in script) and (environment.get(name) or "").upper() in TRUE:
                return Obstacle(reason, name)
    if volumes and (mount := _token_mount(container, environment, volumes, hub)):
        return Obstacle(Reason.OWN_TOKEN_FILE, mount)
    return None


def possible_token(container: Mapping[str, Any], hub: Hub = HUGGING_FACE) -> Obstacle | None:
    """Return the `envFrom` Secret that may hold a token: its keys cannot be seen."""
    for _, source in read.objects(container, "envFrom"):
        if name := read.string(read.mapping(source, "secretRef"), "name"):
            prefix = read.string(source, "prefix")
            if any(variable.startswith(prefix) for variable in hub.token_variables):
                return Obstacle(Reason.MAY_HAVE_TOKEN, name)
    return None


def foreign_endpoint(
    environment: Environment, endpoints: frozenset[str], hub: Hub = HUGGING_FACE
) -> Obstacle | None:
    """Return the variable that would send the token elsewhere than the platform allows.

    An endpoint counts as allowed only when it is a literal and one of the platform's, so plain `http:` needs the
    platform's word as well. An empty value is no endpoint.
    """
    name = hub.endpoint_variable
    if name not in environment.entries and name not in environment.script:
        return None
    value = environment.get(name) or ""
    if not value or (UNKNOWN not in value and value.rstrip("/") in endpoints):
        return None
    return Obstacle(Reason.FOREIGN_ENDPOINT, name)


def _token_mount(
    container: Mapping[str, Any], environment: Environment, volumes: Sequence[Any], hub: Hub
) -> str | None:
    """Return the mount of a Secret that puts a file where the hub's client looks for its token."""
    secret_volumes = {
        volume.get("name"): keys
        for volume in volumes
        if type(volume) is dict
        and type(volume.get("name")) is str
        and (keys := _secret_paths(volume)) is not None
    }
    if not secret_volumes:
        return None
    home = environment.get(hub.home_variable)
    for _, mount in read.objects(container, "volumeMounts"):
        name = mount.get("name")
        paths = secret_volumes.get(name) if type(name) is str else None
        where = read.string(mount, "mountPath").rstrip("/")
        if paths is None or not where:
            continue
        folder = home.rstrip("/") if home else None
        if _is_token_path(where, folder, hub) or (
            _is_token_path(f"{where}/{hub.file_name}", folder, hub)
            and not read.string(mount, "subPath")
            and (not paths or hub.file_name in paths)
        ):
            return where
    return None


def _is_token_path(path: str, home: str | None, hub: Hub) -> bool:
    if home is not None:
        return path == f"{home}/{hub.file_name}"
    return path.endswith(f"{hub.default_home}/{hub.file_name}")


def _secret_paths(volume: Mapping[str, Any]) -> list[str] | None:
    """Return the file names that a volume's Secret is given, empty for all its keys; None for no Secret."""
    if type(volume.get("secret")) is dict:
        return [read.string(item, "path") for _, item in read.objects(volume["secret"], "items")]
    for _, source in read.objects(read.mapping(volume, "projected"), "sources"):
        if type(source.get("secret")) is dict:
            return [read.string(item, "path") for _, item in read.objects(source["secret"], "items")]
    driver = read.string(read.mapping(volume, "csi"), "driver")
    return [] if driver == "secrets-store.csi.k8s.io" else None
