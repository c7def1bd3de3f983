"""CiliumNetworkPolicies, which know names."""

from ipaddress import ip_address
from typing import Any, Final

from webhook.egress.hosts import NAMES, PATTERNS, Mirror
from webhook.egress.rendering import Wanted, block, comment, head
from webhook.egress.workloads import Selection

_DNS: Final = {
    "toEndpoints": [
        {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}}
    ],
    "toPorts": [
        {"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}},
    ],
}


def cilium_network_policy(selection: Selection, wanted: Wanted) -> list[str]:
    """Return one policy's lines."""
    lines = head(selection, wanted, "cilium.io/v2", "CiliumNetworkPolicy")
    lines += block({"endpointSelector": selection.selector or {}}, 2)
    lines.append("  egress:")
    lines += comment(
        "DNS through Cilium's proxy, from whose answers it learns the addresses of the names below. "
        "Clusters whose DNS is elsewhere (OpenShift: namespace openshift-dns, port 5353) change this rule.",
        2,
    )
    lines += block([_DNS], 2)
    lines += comment(
        "The Hub, and the storage and edges that it sends downloads to: "
        "https://huggingface.co/.well-known/meta.json lists them. A * stands for one label.",
        2,
    )
    names: list[dict[str, str]] = [{"matchName": name} for name in NAMES]
    names += [{"matchPattern": pattern} for pattern in PATTERNS]
    lines += block([{"toFQDNs": names, "toPorts": _ports(wanted.ports)}], 2)
    if wanted.cidrs:
        lines += comment("The addresses that were asked for with --cidr.", 2)
        lines += block([{"toCIDR": list(wanted.cidrs), "toPorts": _ports(wanted.ports)}], 2)
    for mirror in wanted.mirrors:
        lines += _mirror(mirror)
    return lines


def _ports(numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    return [{"ports": [{"port": str(number), "protocol": "TCP"} for number in numbers]}]


def _mirror(mirror: Mirror) -> list[str]:
    """Return the rule for another endpoint."""
    if mirror.namespace:
        lines = comment(
            f"{mirror.url} is a Service of the cluster: the Pods of its namespace, wherever they listen.",
            2,
        )
        labels = {"k8s:io.kubernetes.pod.namespace": mirror.namespace}
        return lines + block([{"toEndpoints": [{"matchLabels": labels}]}], 2)
    lines = comment(f"{mirror.url}.", 2)
    ports = _ports((mirror.port,))
    try:
        address = ip_address(mirror.host)
    except ValueError:
        return lines + block([{"toFQDNs": [{"matchName": mirror.host}], "toPorts": ports}], 2)
    return lines + block([{"toCIDR": [f"{address}/{address.max_prefixlen}"], "toPorts": ports}], 2)
