"""`hf-token-injector serve`: the admission webhook itself."""

import sys
from pathlib import Path
from typing import Any

import click


def _overrides(options: dict[str, Any]) -> dict[str, Any]:
    """Return the given options as settings: `server.port` and its value become `{"server": {"port": …}}`."""
    settings: dict[str, Any] = {}
    for path, value in options.items():
        if value is not None:
            section, _, name = path.partition(".")
            settings.setdefault(section, {})[name] = value
    return settings


@click.command()
@click.option(
    "--config",
    envvar="HF_TOKEN_INJECTOR_CONFIG",
    type=click.Path(dir_okay=False, path_type=Path),
    help="YAML file with settings; environment variables beat it, options beat both.",
)
@click.option("--host", help="Address of the HTTPS port.")
@click.option("--port", type=int, help="HTTPS port; 0 takes a free one.")
@click.option("--ops-host", help="Address of the plain-HTTP port for probes and metrics.")
@click.option("--ops-port", type=int, help="Port for /livez, /readyz and /metrics; 0 takes a free one.")
@click.option("--tls-cert-file", type=click.Path(), help="PEM certificate chain, the leaf first.")
@click.option("--tls-key-file", type=click.Path(), help="PEM private key of the leaf.")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--log-format", help="json or console.")
def serve(config: Path | None, **options: Any) -> None:  # noqa: ANN401
    """Answer the API server's admission reviews.

    Stops on SIGTERM or SIGINT: not ready at once, answering for `server.drainSeconds`, then exit code 0.
    A wrong setting ends the start with exit code 2 and a message that names it.
    """
    # Imported here, so that commands which serve nothing do not pay for the web framework.
    from webhook.server.run import StartError, run  # noqa: PLC0415
    from webhook.settings import SettingsError, load_settings  # noqa: PLC0415

    names = {
        "host": "server.host",
        "port": "server.port",
        "ops_host": "server.opsHost",
        "ops_port": "server.opsPort",
        "tls_cert_file": "tls.certFile",
        "tls_key_file": "tls.keyFile",
        "log_level": "log.level",
        "log_format": "log.format",
    }
    try:
        run(
            load_settings(config, overrides=_overrides({names[key]: value for key, value in options.items()}))
        )
    except (SettingsError, StartError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
