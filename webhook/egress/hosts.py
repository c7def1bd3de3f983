"""The names behind which the Hub is: for policies that know names.

Downloads are sent on from the Hub to its storage and its edges. The names are those of
https://huggingface.co/.well-known/meta.json (hubDomains, lfsDomains, cdnDomains), which Hugging Face's page
on downloads behind a proxy or firewall points at (https://huggingface.co/docs/hub/models-downloading), and
the `cas-server` of that page. They change; so these are patterns over them.
"""

from typing import Final, NamedTuple
from urllib.parse import urlsplit

HUB: Final = "https://huggingface.co"
"""What is asked where no `HF_ENDPOINT` says otherwise."""

NAMES: Final = ("huggingface.co", "hf.co")
PATTERNS: Final = (
    "*.huggingface.co",  # its storage until 2024
    "*.hf.co",  # its storage for LFS
    "*.xethub.hf.co",  # its storage today
    "*.xethub-eu.hf.co",
    "*.cdn.hf.co",  # its edges, by cloud and by region
    "*.aws.cdn.hf.co",
    "*.gcp.cdn.hf.co",
    "*.us.gcp.cdn.hf.co",
)
"""A `*` stands for one label, as in Cilium before 1.19; later ones know `**.` for several."""

_CLUSTER: Final = ("svc", "svc.cluster.local")
_PORTS: Final = {"https": 443, "http": 80}


class Mirror(NamedTuple):
    """Another endpoint than the Hub.

    Attributes:
        url: As it was written, without a user, a password or a path.
        host: Its name or address; empty where the URL has none.
        port: Where it listens.
        namespace: Of its Service, where the name is one of the cluster's.
    """

    url: str
    host: str
    port: int
    namespace: str = ""


def mirror(url: str, namespace: str) -> Mirror:
    """Return what an endpoint's URL says.

    Args:
        url: Value of `HF_ENDPOINT`.
        namespace: Of the container that has it: a name of one label is a Service there.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname or "", split.port
    except ValueError:
        return Mirror("", "", 0)
    labels = host.rstrip(".").split(".")
    where = ""
    if len(labels) == 1 and host and ":" not in host:
        where = namespace
    elif ".".join(labels[2:]) in _CLUSTER:
        where = labels[1]
    shown = f"[{host}]" if ":" in host else host
    shown += f":{port}" if port else ""
    return Mirror(f"{split.scheme}://{shown}", host, port or _PORTS.get(split.scheme, 0), where)
