"""The webhook's own replicas: ready, and of one version."""

from collections.abc import Iterator
from typing import Final

from webhook.core import read
from webhook.core.hub import redact
from webhook.doctor.collected import Collected, Installed, Object, Topic
from webhook.doctor.finding import Finding, Subject, fail, ok, warn

ABOUT: Final = "The webhook's replicas are ready, and of one version."
NEEDS: Final = frozenset({Topic.SERVER})
_VERSION: Final = "app.kubernetes.io/version"
_ON_THE_WAY: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons of a container to wait that are no trouble."""


def check(collected: Collected) -> Iterator[Finding]:
    """Look at the Deployment, then at what its Pods run."""
    installed = collected.installed
    if installed.deployment is None:
        if installed.namespace and not collected.missed(Topic.SERVER):
            yield fail(
                Subject("Namespace", installed.namespace),
                "has no Deployment of the webhook, which the configuration calls.",
                f"helm status hf-token-injector -n {installed.namespace}",
            )
        return
    yield from _replicas(installed, installed.deployment)
    yield from _versions(collected, installed.deployment)


def _replicas(installed: Installed, deployment: Object) -> Iterator[Finding]:
    namespace = installed.namespace
    subject = _subject(deployment, namespace)
    wanted = read.mapping(deployment, "spec").get("replicas", 1)
    ready = read.mapping(deployment, "status").get("readyReplicas", 0)
    waits = "; ".join(sorted({why for pod in installed.pods if not _leaving(pod) for why in _waits(pod)}))
    why = f" ({waits})" if waits else ""
    mend = f"kubectl describe pods -n {namespace} -l app.kubernetes.io/component=webhook"
    if ready >= wanted > 0:
        yield ok(subject, f"has {ready} of {wanted} replicas ready.")
    elif wanted == 0:
        yield fail(
            subject,
            "is scaled to 0: nothing answers the API server.",
            f"kubectl scale deployment {subject.name} -n {namespace} --replicas=2",
        )
    elif ready == 0:
        yield fail(
            subject, f"has none of {wanted} replicas ready{why}: nothing answers the API server.", mend
        )
    else:
        yield warn(subject, f"has {ready} of {wanted} replicas ready{why}.", mend)


def _waits(pod: Object) -> Iterator[str]:
    """Yield why containers of a Pod do not run, with the image: `ImagePullBackOff: example.com/image:1`."""
    status = read.mapping(pod, "status")
    for field in ("initContainerStatuses", "containerStatuses"):
        for _, container in read.objects(status, field):
            reason = read.string(read.at(container, ("state", "waiting")), "reason")
            if reason not in _ON_THE_WAY:
                yield redact(f"{reason}: {read.string(container, 'image')}")


def _versions(collected: Collected, deployment: Object) -> Iterator[Finding]:
    subject = _subject(deployment, collected.installed.namespace)
    running = sorted({_version(pod) for pod in collected.installed.pods if not _leaving(pod)} - {""})
    if len(running) > 1:
        yield warn(
            subject,
            f"runs several versions at once ({', '.join(running)}): a rollout goes on, or is stuck.",
            f"kubectl rollout status deployment {subject.name} -n {subject.namespace}",
        )
    installed = _version(deployment)
    if installed and collected.version and installed != collected.version:
        yield warn(
            subject,
            f"is of version {installed} and this program of {collected.version}: they may differ.",
            f"kubectl exec deployment/{subject.name} -n {subject.namespace} -- hf-token-injector version",
        )


def _subject(deployment: Object, namespace: str) -> Subject:
    return Subject("Deployment", read.string(read.mapping(deployment, "metadata"), "name"), namespace)


def _version(found: Object) -> str:
    return read.string(read.mapping(read.mapping(found, "metadata"), "labels"), _VERSION)


def _leaving(pod: Object) -> bool:
    return bool(read.mapping(pod, "metadata").get("deletionTimestamp"))
