"""What the platform has installed, as a command finds it: the settings that the webhook runs with.

Whoever asks may not be allowed to read them; then the defaults are assumed, and a sentence says so.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from webhook.cli.refusals import short
from webhook.cli.settings_file import load
from webhook.cli.terminal import tell
from webhook.cluster.client import StatusError
from webhook.cluster.reader import Reader
from webhook.cluster.resources import CONFIG_MAP, MUTATING_CONFIGURATION
from webhook.core.settings import Settings

if TYPE_CHECKING:
    from webhook.settings.loaded import Loaded, ServerSettings

CONFIG: Final = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The platform's settings; unless given those of the webhook that is installed.",
)
MUTATING: Final = click.option(
    "--mutating-configuration",
    default="mutating-hf-token-injector",
    show_default=True,
    help="Name of the MutatingWebhookConfiguration, by which the webhook is found.",
)
_KEY: Final = "config.yaml"
"""Of the chart's ConfigMap."""


class Platform(NamedTuple):
    """The webhook of a cluster.

    Attributes:
        settings: Those it runs with, or the defaults.
        configuration: The MutatingWebhookConfiguration; None where there is none or it may not be read.
        namespace, service: Of its Service; empty where they are not known.
        assumed: Why `settings` are the defaults; empty where they are the platform's.
        server: The rest of them; None where `settings` are the defaults.
        installed: Whether there is that configuration; None where it may not be read.
    """

    settings: Settings
    configuration: dict[str, Any] | None = None
    namespace: str = ""
    service: str = ""
    assumed: str = ""
    server: "ServerSettings | None" = None
    installed: bool | None = None


async def find_platform(reader: Reader, config: Path | None, mutating_configuration: str) -> Platform:
    """Return what is installed.

    Raises:
        click.UsageError: `config` is wrong.
        NoAnswerError: The API server does not answer.
    """
    try:
        configuration = await reader.get(MUTATING_CONFIGURATION, mutating_configuration)
        installed: bool | None = configuration is not None
        assumed = (
            "" if configuration else f"there is no MutatingWebhookConfiguration {mutating_configuration}"
        )
    except StatusError as error:
        configuration, installed, assumed = None, None, str(error)
    service = service_of(configuration or {})
    namespace, name = str(service.get("namespace", "")), str(service.get("name", ""))
    if config is not None:
        loaded = load(config)
        return Platform(
            loaded.settings, configuration, namespace, name, server=loaded.server, installed=installed
        )
    text: str | None = None
    if configuration is not None and name:
        try:
            found = await reader.get(CONFIG_MAP, name, namespace) or {}
            text = (found.get("data") or {}).get(_KEY)
            assumed = "" if text else f"there is no ConfigMap {namespace}/{name} with {_KEY}"
        except StatusError as error:
            assumed = str(error)
    if text is None:
        return Platform(Settings(), configuration, namespace, name, assumed, installed=installed)
    loaded = _parse(text)
    return Platform(loaded.settings, configuration, namespace, name, assumed, loaded.server, installed)


def tell_if_assumed(platform: Platform) -> None:
    """Say on standard error that the defaults are assumed, and what to do about it."""
    if platform.assumed:
        tell(
            f"The platform's settings cannot be read ({short(platform.assumed)}); "
            "defaults are assumed, or --config."
        )


def _parse(text: str) -> "Loaded":
    with TemporaryDirectory() as folder:
        path = Path(folder) / _KEY
        path.write_text(text)
        return load(path)


def service_of(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Service that a configuration calls; empty where it calls none."""
    for entry in configuration.get("webhooks") or []:
        service = (entry.get("clientConfig") or {}).get("service")
        if service:
            return dict(service)
    return {}
