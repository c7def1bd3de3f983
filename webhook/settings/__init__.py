"""What a platform team sets: one YAML file and environment variables, read into frozen dataclasses.

This module is light on purpose: pydantic is imported by the call that reads, so that a command which needs
only the dataclasses does not pay for it (0.4 s).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
from webhook.settings.problems import SettingsError

__all__ = [
    "CertificateMode",
    "CertificateSettings",
    "ClusterSettings",
    "EventSettings",
    "Loaded",
    "LogSettings",
    "ServerSettings",
    "SettingsError",
    "TlsSettings",
    "describe_settings",
    "load_settings",
]


def load_settings(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """Read the settings: `overrides` beat the environment, which beats the file, which beats the defaults.

    Args:
        path: A YAML file, or None for no file.
        environ: The environment, `os.environ` unless given.
        overrides: Settings by their YAML names, nested as in the file.

    Raises:
        SettingsError: Something is wrong; its text names every wrong setting and what is allowed.
    """
    from webhook.settings.loading import load  # noqa: PLC0415

    return load(path, environ=environ, overrides=overrides or {})


def describe_settings() -> list[dict[str, str]]:
    """Return one row a setting for the reference page: `name`, `env`, `type`, `default`, `description`."""
    from webhook.settings.loading import describe  # noqa: PLC0415

    return describe()
