"""The NetworkPolicies of Kubernetes, which know addresses and no names."""

from ipaddress import ip_address
from typing import Any, Final

from webhook.egress.hosts import Mirror
from webhook.egress.rendering import Wanted, block, comment, head
from webhook.egress.workloads import Selection

_PRIVATE: Final = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
"""RFC 1918, carriers' NAT (RFC 6598, where some clouds put Pods), link-local (a cloud's metadata service)."""

_PRIVATE_6: Final = ("fc00::/7", "fe80::/10")
_EVERYWHERE: Final = (
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(_PRIVATE)}},
    {"ipBlock": {"cidr": "::/0", "except": list(_PRIVATE_6)}},
)
_DNS: Final = [{"protocol": protocol, "port": port} for port in (53, 5353) for protocol in ("UDP", "TCP")]


def network_policy(selection: Selection, wanted: Wanted) -> list[str]:
    """Return one policy's lines."""
    lines = head(selection, wanted, "networking.k8s.io/v1", "NetworkPolicy")
    lines += block({"podSelector": selection.selector or {}, "policyTypes": ["Egress"]}, 2)
    lines.append("  egress:")
    lines += comment("DNS, wherever it is served; the Pods of OpenShift's listen on 5353.", 2)
    lines += block([{"ports": _DNS}], 2)
    if wanted.cidrs:
        lines += comment("The addresses that were asked for with --cidr.", 2)
        peers: list[dict[str, Any]] = [{"ipBlock": {"cidr": cidr}} for cidr in wanted.cidrs]
    else:
        lines += comment(
            "The Hub. A NetworkPolicy cannot name hosts, and those of the Hub and its storage move; "
            "so every public address, and no private one. Narrower: --format cilium, or --cidr and a proxy.",
            2,
        )
        peers = [dict(peer) for peer in _EVERYWHERE]
    lines += block([{"to": peers, "ports": _ports(wanted.ports)}], 2)
    for mirror in wanted.mirrors:
        lines += _mirror(mirror, wanted)
    return lines


def _ports(numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": number} for number in numbers]


def _mirror(mirror: Mirror, wanted: Wanted) -> list[str]:
    """Return the rule for another endpoint, or the comment that says why there is none."""
    if mirror.namespace:
        lines = comment(
            f"{mirror.url} is a Service of the cluster: the Pods of its namespace, wherever they listen.",
            2,
        )
        labels = {"kubernetes.io/metadata.name": mirror.namespace}
        return lines + block([{"to": [{"namespaceSelector": {"matchLabels": labels}}]}], 2)
    try:
        address = ip_address(mirror.host)
    except ValueError:
        if mirror.port and mirror.port not in wanted.ports and not wanted.cidrs:
            lines = comment(f"{mirror.url}: its port, on every public address.", 2)
            return lines + block(
                [{"to": [dict(peer) for peer in _EVERYWHERE], "ports": _ports((mirror.port,))}], 2
            )
        return comment(
            f"{mirror.url}: reached where its name stands for an address that is allowed above; "
            "for a private address add --cidr.",
            2,
        )
    lines = comment(f"{mirror.url}.", 2)
    cidr = f"{address}/{address.max_prefixlen}"
    return lines + block([{"to": [{"ipBlock": {"cidr": cidr}}], "ports": _ports((mirror.port,))}], 2)
