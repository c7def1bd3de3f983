"""`hf-token-injector certs inspect`: what there is, and whether clients would trust it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from certs import bundle
from certs.authority import Pair, service_names
from certs.published import slots
from certs.state import PAIR_KEYS
from certs.store import Kind
from certs.verify import leaf_names
from webhook.cli import exits
from webhook.cli.certs import examined
from webhook.cli.certs.cluster import Target, cluster_options
from webhook.cli.certs.examined import Examined
from webhook.cli.certs.served import served
from webhook.cli.choices import Choice
from webhook.cli.connect import fail
from webhook.cli.terminal import tell, write
from webhook.cluster.certificate_store import CertificateStore, Names

_VERSION: Final = 1
"""Of the shape that `--output json` prints."""
_COLUMNS: Final = ("WHAT", "SUBJECT", "NAMES", "ISSUER", "DAYS", "KEY", "VERIFIED")
_WORDS: Final = {True: "yes", False: "NO", None: "-"}
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Show certificates, and whether caBundle verifies them.")
@cluster_options
@click.option("--cert-file", type=_FILE, help="Look at this PEM file, not at a cluster.")
@click.option("--key-file", type=_FILE, help="Its private key.")
@click.option("--ca-file", type=_FILE, help="The caBundle that should verify it, or the server of --connect.")
@click.option("--connect", metavar="HOST:PORT", help="Look at what a running server serves.")
@click.option("--server-name", help="Name to ask it for; that of the Service unless given.")
@click.option("--output", "-o", type=Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def inspect(  # noqa: PLR0913 - one argument an option
    context: click.Context,
    /,
    *,
    cert_file: Path | None,
    key_file: Path | None,
    ca_file: Path | None,
    connect: str | None,
    server_name: str | None,
    output: str,
    **options: Any,  # noqa: ANN401 - those of cluster_options
) -> None:
    """Show subject, names, issuer, days of validity, whether the key fits and whether caBundle verifies it.

    Looks at the Secret and the webhook configurations of a cluster, at files, or at a running server.

    \b
    Exit codes:
      0    everything is in order
      2    it cannot be read or reached
      4    something is wrong with a certificate; standard error says what
    """  # noqa: D301 - \b keeps click from filling the lines below it
    now = datetime.now(UTC)
    trusted = bundle.parse(_read(ca_file)).certificates if ca_file else None
    target = Target(**options)
    if connect:
        name = server_name or service_names(target.service, target.namespace or "hf-token-injector")[0]
        pair = Pair(_served(connect, name), b"")
        found = [examined.leaf(connect, pair, trusted=trusted, names=[name], now=now)]
    elif cert_file:
        pair = Pair(_read(cert_file), _read(key_file) if key_file else b"")
        found = [examined.leaf(str(cert_file), pair, trusted=trusted, now=now)]
    else:
        found = target.run(lambda store, names: _in_cluster(store, names, target, now), writes=False)
    if output == "json":
        described = [one.described(now) for one in found]
        write(json.dumps({"version": _VERSION, "certificates": described}, indent=2) + "\n")
    else:
        write(_table([_COLUMNS, *(_row(one, now) for one in found)]))
    for one in found:
        for problem in one.problems:
            tell(f"{one.what}: {problem}")
    context.exit(exits.UNFIT if any(one.problems for one in found) else 0)


async def _in_cluster(store: CertificateStore, names: Names, target: Target, now: datetime) -> list[Examined]:
    """Look at the Secret and at every entry."""
    secret = await store.read_secret()
    if secret is None:
        fail(f"There is no Secret {names.namespace}/{names.secret}; a replica makes it when it starts.")
    pair = Pair(*(secret.data.get(key, b"") for key in PAIR_KEYS["leaf"]))
    found = [slot for kind in Kind for slot in slots(kind, await store.read_entries(kind) or ())]
    shared = list(found[0].bundle if found else ())
    for slot in found:
        shared = [certificate for certificate in shared if certificate in slot.bundle]
    everywhere = tuple(shared) if found else None
    asked = target.identity(names.namespace).names[:1]
    return [
        *examined.secret(secret.data, trusted=everywhere, names=asked, now=now),
        *(examined.published(slot, pair, now=now) for slot in found),
    ]


def _served(connect: str, name: str) -> bytes:
    """Return the certificate that a server shows, as PEM."""
    try:
        return served(connect, name)
    except (OSError, OverflowError, ValueError) as error:
        fail(f"{connect} cannot be asked: {error}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.")


def _row(one: Examined, now: datetime) -> tuple[str, ...]:
    certificate, days = one.certificate, one.days(now)
    if certificate is None:
        return (one.what, "-", "-", "-", "-", _WORDS[one.key_matches], _WORDS[one.verified])
    return (
        one.what,
        certificate.subject.rfc4514_string() or "-",
        ",".join(leaf_names(certificate)) or "-",
        "itself" if certificate.issuer == certificate.subject else certificate.issuer.rfc4514_string(),
        str(days),
        _WORDS[one.key_matches],
        _WORDS[one.verified],
    )


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )
