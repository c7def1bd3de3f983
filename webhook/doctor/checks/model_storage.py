"""Limits on local storage that are smaller than the model that is downloaded there."""

import re
from collections.abc import Iterator
from typing import Final

from webhook.core import names, read
from webhook.core.downloads import Download, downloads
from webhook.doctor.collected import Collected, SeenObject, Topic
from webhook.doctor.finding import Finding, fail, ok, warn
from webhook.doctor.hub import Sizes
from webhook.doctor.models import models
from webhook.doctor.quantities import shown
from webhook.doctor.storage import Limit, limits

ABOUT: Final = "No limit on local storage is known to be smaller than the model that is downloaded there."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.PODS})

_EVICTED: Final = re.compile(r"ephemeral[- ](?:local )?storage|EmptyDir volume", re.IGNORECASE)


def check(collected: Collected) -> Iterator[Finding]:
    """Compare what is limited with what the Hub said of its size, and look for Pods that were evicted."""
    sizes = _sizes(collected)
    settings = collected.installed.settings
    for pod in collected.pods:
        evicted = _evicted(pod)
        if pod.ended and not evicted:
            continue
        for download in downloads("", "Pod", pod.namespace, pod.object, settings):
            if evicted:
                yield fail(
                    pod.subject,
                    f"was evicted while it held what {download.sentence}: {evicted.rstrip(' .')}; raise that "
                    "limit, or take it away.",
                )
                break
            yield from _judged(pod, download, sizes)


def _sizes(collected: Collected) -> dict[tuple[str, str], Sizes]:
    """Return the sizes of repositories by namespace, as far as the Hub told them to anybody there."""
    answers = collected.hub or {}
    asked = {model.question for model in models(collected)} if answers else set()
    return {
        (question.namespace, question.repository): answer.sizes
        for question in asked
        if (answer := answers.get(question)) is not None and answer.sizes is not None
    }


def _judged(pod: SeenObject, download: Download, sizes: dict[tuple[str, str], Sizes]) -> Iterator[Finding]:
    """Compare the limits on one container's downloads with what they come to."""
    found: dict[Limit, list[str]] = {}
    for repository in download.repositories:
        for limit in limits(pod.object, download.container, repository):
            found.setdefault(limit, []).append(repository)
    for limit, repositories in found.items():
        known = [sizes[place] for one in repositories if (place := (pod.namespace, one)) in sizes]
        yield _finding(pod, download.container, limit, repositories, known)


def _finding(
    pod: SeenObject, container: str, limit: Limit, repositories: list[str], known: list[Sizes]
) -> Finding:
    what = f"{container} downloads {', '.join(repositories)}"
    allowed = f"{limit.what}, {shown(limit.size)}"
    if not known:
        return ok(pod.subject, f"has a limit on what {what} to ({allowed}); --hub tells whether that fits.")
    everything = sum(size.all for size in known)
    least = everything if container == names.STORAGE_INITIALIZER else sum(size.least for size in known)
    advice = f"raise {limit.what} above {shown(everything)}"
    if least > limit.size:
        return fail(pod.subject, f"has too little room: {what}, {shown(least)}, within {allowed}; {advice}.")
    if everything > limit.size:
        return warn(
            pod.subject,
            f"may have too little room: {what}, up to {shown(everything)}, within {allowed}; {advice}.",
        )
    return ok(pod.subject, f"has room: {what}, {shown(everything)}, within {allowed}.")


def _evicted(pod: SeenObject) -> str:
    """Return what kubelet says of a Pod that it evicted for what it keeps on its node."""
    status = read.mapping(pod.object, "status")
    message = read.string(status, "message")
    return message if read.string(status, "reason") == "Evicted" and _EVICTED.search(message) else ""
