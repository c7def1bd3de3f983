"""`hf-token-injector certs issue`: a CA and a serving certificate as files, without a cluster."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from certs.authority import issue_authority, issue_leaf, service_names
from certs.verify import is_address
from webhook.cli.connect import fail
from webhook.cli.terminal import write
from webhook.settings import CertificateSettings

_DEFAULT: Final = CertificateSettings()
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*\Z")
"""A DNS name, also for all hosts of a domain; an IPv4 address has this form as well."""


@click.command(short_help="Make a CA and a serving certificate, as files.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where; made if missing.",
)
@click.option("--service", default=_DEFAULT.service, show_default=True, help="Name of the Service.")
@click.option("--namespace", "-n", default="hf-token-injector", show_default=True, help="Its namespace.")
@click.option("--cluster-domain", default=_DEFAULT.cluster_domain, show_default=True)
@click.option("--name", "names", multiple=True, help="Another DNS name or address; may be given often.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Days it is valid."
)
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def issue(  # noqa: PLR0913 - one argument an option
    *,
    folder: Path,
    service: str,
    namespace: str,
    cluster_domain: str,
    names: tuple[str, ...],
    days: int,
    force: bool,
) -> None:
    """Make a CA and a serving certificate for certificates.mode provided.

    Writes ca.crt (the caBundle), ca.key, tls.crt and tls.key; the keys can be read by you alone. Nobody
    renews what this makes: the days are all it has.

    \b
    Exit codes:
      0    written
      2    a file exists and --force was not given, it cannot be written, or a name is none
    """  # noqa: D301 - \b keeps click from filling the lines below it
    wanted = (*service_names(service, namespace, cluster_domain), *names)
    for name in wanted:
        if not _NAME.match(name) and not is_address(name):
            raise click.UsageError(f"{name!r} is neither a DNS name nor an address.")
    now = datetime.now(UTC)
    authority = issue_authority("hf-token-injector", now=now, lifetime=timedelta(days=days))
    leaf = issue_leaf(authority, tuple(dict.fromkeys(wanted)), now=now, lifetime=timedelta(days=days))
    files = {"ca.crt": authority.certificate, "ca.key": authority.key}
    files |= {"tls.crt": leaf.certificate, "tls.key": leaf.key}
    taken = [name for name in files if (folder / name).exists()]
    if taken and not force:
        fail(f"{folder / taken[0]} exists; --force overwrites.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _write(folder / name, content, mode=0o600 if name.endswith(".key") else 0o644)
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror}.")
    write("".join(f"{folder / name}\n" for name in files))


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file by one that never had wider rights, and that is whole or not there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
