"""`hf-token-injector certs release`: give `caBundle` back."""

from typing import Any

import click

from certs.release import Released
from certs.release import release as give_back
from webhook.cli.certs.cluster import Target, cluster_options
from webhook.cli.terminal import write
from webhook.cluster.certificate_store import CertificateStore, Names


@click.command(short_help="Give caBundle back to another owner.")
@cluster_options
@click.option(
    "--foreign", is_flag=True, help="Also where it holds no CA of ours: for when the Secret is gone."
)
def release(*, foreign: bool, **options: Any) -> None:  # noqa: ANN401 - those of cluster_options
    """Remove our CAs from caBundle of every entry, before cert-manager or a person fills it.

    Run it after the replicas have left certificates.mode self-managed: those that have not fill it again at
    once. Doing it twice is harmless.

    \b
    Exit codes:
      0    every entry was given back, or was somebody else's already
      2    the cluster cannot be reached, or refuses
    """  # noqa: D301 - \b keeps click from filling the lines below it

    async def work(store: CertificateStore, _names: Names) -> Released:
        return await give_back(store, foreign=foreign)

    released = Target(**options).run(work)
    lines = [f"{name}: caBundle removed" for name in released.removed]
    lines += [f"{name}: kept, it holds no CA of ours" for name in released.kept]
    write("".join(f"{line}\n" for line in lines) or "No entry has a caBundle.\n")
