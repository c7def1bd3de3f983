"""Whether a container has a token of its own, wants none, or would send ours where it must not go."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import read
from webhook.core.hub import HUGGING_FACE, TRUE, Hub
from webhook.core.reasons import Reason
from webhook.core.variables import UNKNOWN, Environment

TOKENS = frozenset(HUGGING_FACE.token_variables)


class Obstacle(NamedTuple):
    """Why a container that asks the Hub is not given our token."""

    reason: Reason
    subject: str


def own_token(environment: Environment, token_argument: str, hub: Hub = HUGGING_FACE) -> Obstacle | None:
    """Return what a container says of a token of its own, or that it wants none.

    Any form counts, also an empty value: the user's word wins.

    Args:
        environment: Its variables, those of its script included, ours left out.
        token_argument: What the reader of its command found.
        hub: Whose names to look for.
    """
    obstacle = _said(environment, hub)
    if obstacle is None and token_argument:
        obstacle = Obstacle(Reason.OWN_TOKEN_ARGUMENT, token_argument)
    return obstacle


def _said(environment: Environment, hub: Hub) -> Obstacle | None:
    """Return the variable that tells of a token, or that none is wanted."""
    entries, script = environment.entries, environment.script
    if not script and hub.speaking.isdisjoint(entries):
        return None
    for name in hub.token_variables:
        # `export HUGGING_FACE_HUB_TOKEN=$HF_TOKEN` hands on what we inject.
        if name in entries or (name in script and not _is_ours(script[name], hub)):
            return Obstacle(Reason.OWN_TOKEN, name)
    if hub.path_variable in entries or hub.path_variable in script:
        return Obstacle(Reason.OWN_TOKEN_FILE, hub.path_variable)
    for reason, names in (
        (Reason.OFFLINE, hub.offline_variables),
        (Reason.TOKEN_DISABLED, hub.disabling_variables),
    ):
        for name in names:
            if (environment.get(name) or "").upper() in TRUE:
                return Obstacle(reason, name)
    return None


def _is_ours(value: str, hub: Hub) -> bool:
    """Whether a script's value is the variable that we inject, which nobody else sets."""
    return UNKNOWN in value and hub.token_variable in value


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

    An endpoint counts as allowed only when it is a literal and one of the platform's, so plain `http:` needs
    the platform's word as well. An empty value is no endpoint.
    """
    name = hub.endpoint_variable
    if name not in environment.entries and name not in environment.script:
        return None
    value = environment.get(name) or ""
    if not value or (UNKNOWN not in value and value.rstrip("/") in endpoints):
        return None
    return Obstacle(Reason.FOREIGN_ENDPOINT, name)


def token_mount(
    container: Mapping[str, Any], home: str, volumes: Sequence[Any], hub: Hub = HUGGING_FACE
) -> Obstacle | None:
    """Return the mount of a Secret that puts a file where the hub's client looks for its token.

    Args:
        container: Raw.
        home: The folder of the client, "" for its default.
        volumes: Of the Pod, raw.
        hub: Whose client.
    """
    for mount in read.items(container, "volumeMounts"):
        where = mount.get("mountPath") if type(mount) is dict else None
        if type(where) is not str or (not home and hub.default_home not in where):
            continue
        where = where.rstrip("/")
        as_file = _is_token_path(where, home, hub)
        in_folder = (
            not as_file and "subPath" not in mount and _is_token_path(f"{where}/{hub.file_name}", home, hub)
        )
        if not as_file and not in_folder:
            continue
        wanted = "" if as_file else hub.file_name
        if any(
            volume.get("name") == mount.get("name") and _holds_secret(volume, wanted)
            for volume in volumes
            if type(volume) is dict
        ):
            return Obstacle(Reason.OWN_TOKEN_FILE, where)
    return None


def _is_token_path(path: str, home: str, hub: Hub) -> bool:
    if home:
        return path == f"{home}/{hub.file_name}"
    return path.endswith(f"{hub.default_home}/{hub.file_name}")


def _holds_secret(volume: Mapping[str, Any], file_name: str) -> bool:
    """Whether a volume holds a Secret with a file of that name, or any Secret where no name is asked for."""
    sources = [volume, *(source for _, source in read.objects(read.mapping(volume, "projected"), "sources"))]
    for source in sources:
        secret = source.get("secret")
        if type(secret) is dict:
            paths = [read.string(item, "path") for _, item in read.objects(secret, "items")]
            if not file_name or not paths or file_name in paths:
                return True
    return read.string(read.mapping(volume, "csi"), "driver") == "secrets-store.csi.k8s.io"
