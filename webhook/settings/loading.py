"""Reads settings through the model, turns pydantic's errors into sentences, and describes the model."""

import difflib
import enum
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import MissingSecret
from webhook.core.settings import Policy, RepositoryPolicy, Rule, SecretRef, Settings
from webhook.settings.loaded import (
    CertificateMode,
    CertificateSettings,
    ClusterSettings,
    EventSettings,
    Loaded,
    LogSettings,
    ServerSettings,
    TlsSettings,
)
from webhook.settings.model import Allowed, SettingsModel
from webhook.settings.model import Policy as PolicyModel
from webhook.settings.problems import SettingsError, show
from webhook.settings.sources import File, environment_name, from_environment, from_file, leaves

_NOTHING: Final = "none"
"""What a rule says in place of a Secret's name for repositories that get no token."""


def load(path: Path | None, *, environ: Mapping[str, str] | None, overrides: Mapping[str, Any]) -> Loaded:
    """Read the settings (see `webhook.settings.load_settings`).

    Raises:
        SettingsError: Something is wrong.
    """
    file = from_file(path) if path else None
    environment = from_environment(SettingsModel, os.environ if environ is None else environ)

    class Bound(SettingsModel):
        """The model with this call's sources, the strongest first, in place of pydantic-settings' own."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            *_sources: PydanticBaseSettingsSource,
            **_named: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            """Return what was read above."""
            return (
                init_settings,
                _Read(settings_cls, environment),
                _Read(settings_cls, file.values if file else {}),
            )

    try:
        model = Bound(**overrides)
    except ValidationError as error:
        stronger = (overrides, environment)
        raise SettingsError([_problem(details, file, stronger) for details in error.errors()]) from None
    return Loaded(_core(model), _knowledge(model), _server(model))


class _Read(PydanticBaseSettingsSource):
    """Settings that were read already, by exactly their YAML names."""

    def __init__(self, settings_cls: type[BaseSettings], values: dict[str, Any]) -> None:
        super().__init__(settings_cls)
        self._values = values

    def __call__(self) -> dict[str, Any]:
        """Return them all."""
        return self._values

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Return one; pydantic-settings wants it to exist and does not call it."""
        return self._values.get(field_name), field_name, False


def _core(model: SettingsModel) -> Settings:
    return Settings(
        secret=SecretRef(model.secret.name, model.secret.key),
        method=model.method,
        missing_secret=model.missing_secret,
        rules=tuple(
            Rule(
                repository=rule.repository,
                secret=None
                if rule.secret == _NOTHING
                else SecretRef(rule.secret, rule.key or model.secret.key),
                namespaces=tuple(rule.namespaces),
            )
            for rule in model.rules
        ),
        endpoints=frozenset(model.hub.endpoints),
        mutate_inference_services=model.inference_service.mutate,
        local_model_namespaces=frozenset(model.local_model_cache.namespaces),
        policy=_policy(model.policy),
    )


def _policy(model: PolicyModel) -> Policy:
    repositories = model.repositories
    return Policy(
        literal_tokens=model.literal_tokens,
        repositories=RepositoryPolicy(
            allow=tuple(repositories.allow), deny=tuple(repositories.deny), action=repositories.action
        ),
        require_revision=model.require_revision,
        require_token=model.require_token,
        trust_remote_code=model.trust_remote_code,
        pods=model.pods,
    )


def _knowledge(model: SettingsModel) -> Knowledge:
    return Knowledge(
        namespaces={
            name: Namespace(labels=namespace.labels, annotations=namespace.annotations)
            for name, namespace in model.namespaces.items()
        }
    )


def _server(model: SettingsModel) -> ServerSettings:
    return ServerSettings(
        **model.server.model_dump(),
        tls=TlsSettings(**model.tls.model_dump()),
        certificates=_certificates(model),
        cluster=_cluster(model),
        events=EventSettings(**model.events.model_dump()),
        log=LogSettings(**model.log.model_dump()),
    )


def _cluster(model: SettingsModel) -> ClusterSettings:
    """Return the settings of the cluster.

    Raises:
        SettingsError: What is missing is to be skipped or refused, and nobody looks whether it is missing.
    """
    cluster = model.cluster
    if model.missing_secret in {MissingSecret.SKIP, MissingSecret.DENY} and not cluster.watch_secrets:
        name = environment_name(("missingSecret",))
        must = "must be optional or require as long as cluster.watchSecrets is false"
        raise SettingsError([f"  missingSecret ({name})\n    is {model.missing_secret}\n    {must}"])
    return ClusterSettings(**{**cluster.model_dump(), "secret_names": tuple(cluster.secret_names)})


def _certificates(model: SettingsModel) -> CertificateSettings:
    """Return the settings of certificates with a mode; files that somebody named are meant to be served.

    Raises:
        SettingsError: Both are asked for, certificates of our own and files.
    """
    files = {"certFile": model.tls.cert_file, "keyFile": model.tls.key_file}
    given = [name for name, path in files.items() if path]
    mode = model.certificates.mode
    if given and "mode" not in model.certificates.model_fields_set:
        mode = CertificateMode.PROVIDED
    if mode is CertificateMode.SELF_MANAGED and given:
        name = environment_name(("certificates", "mode"))
        must = f"must be provided, as tls.{given[0]} is set, or that must go"
        raise SettingsError([f"  certificates.mode ({name})\n    is self-managed\n    {must}"])
    return CertificateSettings(**{**model.certificates.model_dump(), "mode": mode})


def _problem(details: ErrorDetails, file: File | None, stronger: Iterable[Mapping[str, Any]]) -> str:
    """Return one wrong setting as lines: its name, where it stands, what it is, what it must be."""
    location = tuple(part for part in details["loc"] if part != "[key]")
    model, field, named = _field(location)
    line = (
        file.lines.get(location) if file and not any(_says(source, location) for source in stronger) else None
    )
    at = f", {file.path} line {line}" if file and line else ""
    heading = f"  {_dotted(location)} ({environment_name(named)}){at}"
    if details["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in model.model_fields.items()]
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        hint = f"; {close[0]} is one" if close else ""
        return f"  {_dotted(location)}{at}\n    is not a setting{hint}\n    known here: {', '.join(known)}"
    if details["loc"][-1] == "[key]":
        wrong = show(details["input"])
        return f"{heading}\n    is {wrong}\n    must be a namespace: lower-case letters, digits and -"
    if details["type"] == "missing":
        return f"{heading}\n    is missing\n    must be {_allowed(field)}"
    if details["type"] == "value_error" and field is None:
        return f"{heading}\n    is wrong: {details['ctx']['error']}"
    return f"{heading}\n    is {show(details['input'])}\n    must be {_allowed(field)}"


def _says(source: Mapping[str, Any], location: tuple[str | int, ...]) -> bool:
    """Whether a source stronger than the file sets this setting or the list or map that it is in."""
    value: Any = source
    for part in location:
        if not isinstance(value, Mapping):
            return True
        if part not in value:
            return False
        value = value[part]
    return True


def _dotted(location: tuple[str | int, ...]) -> str:
    """Return a location as people write it: `rules[0].secret`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _field(
    location: tuple[str | int, ...],
) -> tuple[type[BaseModel], FieldInfo | None, tuple[str, ...]]:
    """Return the innermost model and field of a location, and the path of the environment variable."""
    model: type[BaseModel] = SettingsModel
    field: FieldInfo | None = None
    named: list[str] = []
    in_list = False
    for part in location:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part not in fields:
            if isinstance(part, str) and field is None:
                named.append(part)
            in_list = True
            if field is not None and (inner := _item_model(field)):
                model, field = inner, None
            continue
        field = fields[str(part)]
        if not in_list:
            named.append(str(part))
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model, field = field.annotation, None
    return model, field, tuple(named)


def _item_model(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a list's items or a map's values, if they have one."""
    inner = (get_args(field.annotation) or (None,))[-1]
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _allowed(field: FieldInfo | None) -> str:
    """Return what a field may be, to follow "must be"."""
    if field is None:
        return "a map"
    for marker in field.metadata:
        if isinstance(marker, Allowed):
            return marker.text
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "one of: " + ", ".join(member.value for member in annotation)
    if get_origin(annotation) is Literal:
        return "one of: " + ", ".join(get_args(annotation))
    return "text"


def describe() -> list[dict[str, str]]:
    """Return one row a setting (see `webhook.settings.describe_settings`)."""
    return [
        {
            "name": ".".join(leaf.path),
            "env": environment_name(leaf.path),
            "type": _allowed(leaf.field),
            "default": json.dumps(leaf.field.default, default=str),
            "description": leaf.field.description or "",
        }
        for leaf in leaves(SettingsModel)
    ]
