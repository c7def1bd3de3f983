"""What the NetworkPolicies of a namespace let a Pod reach, as far as the Hub is concerned.

Kubernetes' own rules (networking.k8s.io/v1): a Pod that no policy of type Egress selects reaches everything;
one that is selected reaches what any of those policies allows, and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from ipaddress import ip_network
from typing import Any, Final, NamedTuple

from webhook.core import read
from webhook.core.matching import unmet

_DNS_PORTS: Final = (53, 5353)
"""5353 is where the Pods of OpenShift's DNS listen."""


class Way(IntEnum):
    """How far a Pod gets."""

    SHUT = 0
    SOME = 1
    """To some addresses or Pods: a proxy or a mirror, maybe."""
    OPEN = 2


class Isolation(NamedTuple):
    """What policies do to a Pod.

    Attributes:
        policies: Names of those that select it for Egress; none: it is not isolated.
        hub: The way to the Hub's port on addresses outside.
        dns: Whether it can ask for names.
    """

    policies: tuple[str, ...]
    hub: Way
    dns: bool


def isolation(policies: Iterable[Mapping[str, Any]], labels: Mapping[str, str], port: int = 443) -> Isolation:
    """Return what the policies of a Pod's namespace do to it.

    Args:
        policies: NetworkPolicies, raw.
        labels: Of the Pod.
        port: Where the Hub or its mirror listens.
    """
    isolating = [policy for policy in policies if _isolates(policy, labels)]
    if not isolating:
        return Isolation((), Way.OPEN, dns=True)
    rules = [rule for policy in isolating for _, rule in read.objects(read.mapping(policy, "spec"), "egress")]
    hub = max((_way(rule) for rule in rules if _allows(rule, "TCP", (port,))), default=Way.SHUT)
    dns = any(_allows(rule, "UDP", _DNS_PORTS) for rule in rules)
    return Isolation(
        tuple(sorted(read.string(read.mapping(one, "metadata"), "name") for one in isolating)), hub, dns
    )


def _isolates(policy: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    spec = read.mapping(policy, "spec")
    types = read.strings(spec, "policyTypes")
    egress = "Egress" in types if types else bool(read.items(spec, "egress"))
    return egress and selects(read.mapping(spec, "podSelector"), labels)


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a `LabelSelector` selects; an empty one selects everything."""
    return not unmet(selector, labels)


def _allows(rule: Mapping[str, Any], protocol: str, wanted: Sequence[int]) -> bool:
    """Tell whether a rule is about one of the ports; one that names no ports is about all."""
    ports = read.objects(rule, "ports")
    return not ports or any(_covers(port, protocol, wanted) for _, port in ports)


def _covers(port: Mapping[str, Any], protocol: str, wanted: Sequence[int]) -> bool:
    if (read.string(port, "protocol") or "TCP") != protocol:
        return False
    number, end = port.get("port"), port.get("endPort")
    if isinstance(number, int):
        return any(number <= one <= (end if isinstance(end, int) else number) for one in wanted)
    # A name is resolved against the Pods that are reached; `https` and `dns` are what people mean.
    return number is None or number in {"https", "dns", "domain", "dns-udp"}


def _way(rule: Mapping[str, Any]) -> Way:
    """Return how far a rule lets a Pod get on the ports that it is about."""
    peers = read.objects(rule, "to")
    if not peers:
        return Way.OPEN
    blocks = [read.mapping(peer, "ipBlock") for _, peer in peers if "ipBlock" in peer]
    return Way.OPEN if any(_is_everywhere(block) for block in blocks) else Way.SOME


def _is_everywhere(block: Mapping[str, Any]) -> bool:
    """Tell whether a block is all of IPv4 or IPv6, but for addresses that are private."""
    try:
        length = ip_network(read.string(block, "cidr"), strict=False).prefixlen
        private = all(not ip_network(one).is_global for one in read.strings(block, "except"))
    except ValueError:
        return False
    return length == 0 and private
