"""NetworkPolicies that shut Pods out from the Hub, or from the DNS that they need to find it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import read
from webhook.core.downloads import Download, downloads
from webhook.core.reading import entries_of
from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, Status, Subject
from webhook.egress.hosts import HUB, Mirror, mirror
from webhook.egress.isolation import Way, isolation

ABOUT: Final = (
    "No NetworkPolicy shuts Pods that ask the Hub out from it (other kinds of policy are not read)."
)
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS, Topic.NETWORK_POLICIES})

_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_SHOWN: Final = 3


class _Obstacle(NamedTuple):
    """What stands in the way of some Pods of a namespace."""

    namespace: str
    status: Status
    policies: tuple[str, ...]
    what: str


def check(collected: Collected) -> Iterator[Finding]:
    """Look for Pods that policies isolate, and that no policy lets out to where they download from."""
    found: dict[_Obstacle, list[str]] = {}
    for pod in collected.pods:
        policies = collected.network_policies.get(pod.namespace)
        if policies and not pod.ended:
            for obstacle in _obstacles(collected, pod, policies):
                pods = found.setdefault(obstacle, [])
                if pod.name not in pods:
                    pods.append(pod.name)
    for obstacle, pods in found.items():
        yield _finding(obstacle, pods)


def _obstacles(
    collected: Collected, pod: SeenObject, policies: tuple[Mapping[str, Any], ...]
) -> Iterator[_Obstacle]:
    settings = collected.installed.settings
    for download in downloads("", "Pod", pod.namespace, pod.object, settings):
        target = _target(pod, download)
        if target is None:
            continue
        labels = {key: str(value) for key, value in pod.labels.items()}
        isolated = isolation(policies, labels, target.port)
        if isolated.hub is Way.SHUT or not isolated.dns:
            missing = [] if isolated.dns else ["DNS"]
            missing += [f"port {target.port} of {target.host}"] if isolated.hub is Way.SHUT else []
            yield _Obstacle(pod.namespace, Status.FAIL, isolated.policies, " nor to ".join(missing))
        elif isolated.hub is Way.SOME and not target.namespace and target.url:
            what = f"port {target.port} of {target.host}, but to some addresses"
            yield _Obstacle(pod.namespace, Status.WARN, isolated.policies, what)


def _target(pod: SeenObject, download: Download) -> Mirror | None:
    """Return where a container connects to: its proxy, its mirror or the Hub; None where that is not known.

    A proxy's `url` is empty: it is expected among some addresses only.
    """
    container = _container(pod, download.container)
    entries = entries_of(container) or {}
    for name in _PROXIES:
        if name in entries:
            proxy = mirror(read.string(entries[name], "value"), pod.namespace)
            return proxy._replace(url="") if proxy.host and proxy.port else None
    if download.endpoint is None:
        return None
    target = mirror(download.endpoint or HUB, pod.namespace)
    # Policies see the port of a Service's Pods, which its URL does not tell.
    return target if target.host and target.port and not target.namespace else None


def _container(pod: SeenObject, name: str) -> Mapping[str, Any]:
    spec = read.mapping(pod.object, "spec")
    every = [*read.objects(spec, "initContainers"), *read.objects(spec, "containers")]
    return next((one for _, one in every if one.get("name") == name), {})


def _finding(obstacle: _Obstacle, pods: list[str]) -> Finding:
    shown = ", ".join(pods[:_SHOWN]) + (f" and {len(pods) - _SHOWN} more" if len(pods) > _SHOWN else "")
    by = ", ".join(obstacle.policies)
    labelled = "Pods" if len(pods) > 1 else "Pod"
    return Finding(
        obstacle.status,
        Subject("Namespace", obstacle.namespace),
        f"isolates {labelled} {shown} by NetworkPolicy {by}: no rule leads to {obstacle.what}.",
        f"hf-token-injector render network-policy -n {obstacle.namespace} | kubectl apply -f -",
    )
