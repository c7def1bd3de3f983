"""One namespace and what is judged in it, with what may be known of its Secrets."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from webhook.cli.explain import answer
from webhook.cli.explain.answer import Subject
from webhook.cli.explain.explained import Explained, PodSeen
from webhook.cli.explain.facts import Held, Reference, Secrets
from webhook.cli.explain.judged import Holding, Judged, judge
from webhook.cli.explain.owners import WORKLOADS, Named
from webhook.cli.explain.reach import Obstacle, Reach
from webhook.cluster.owners import Owners
from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import INFERENCE_SERVICE, LLM_INFERENCE_SERVICE, POD, Resource
from webhook.core import names, read
from webhook.core.kinds import KINDS, places
from webhook.core.knowledge import Knowledge
from webhook.core.owners import belongs_to
from webhook.core.remedies import Target
from webhook.core.spelt import spelt_right

_ENDED: Final = frozenset({"Succeeded", "Failed"})


class Examined(NamedTuple):
    """An object that makes Pods, judged.

    Attributes:
        named: Which one.
        api_version: Of the object.
        judged: What would be decided, and what there is.
        held: What is known of the Secrets.
        obstacle: What stands between it, or its Pods, and the webhook now.
    """

    named: Named
    api_version: str
    judged: Judged
    held: Mapping[Reference, Held]
    obstacle: Obstacle | None


class Surroundings:
    """Judges the objects of one namespace."""

    def __init__(self, reader: Reader, reach: Reach) -> None:
        self.reach = reach
        self._secrets = Secrets(reader, reach.namespace)
        self._owners = Owners(reader)

    @property
    def name(self) -> str:
        """The namespace's."""
        return self.reach.namespace.name

    @property
    def unseen(self) -> list[str]:
        """What of the namespace cannot be seen."""
        seen = [self.reach.namespace.unseen] if self.reach.namespace.unseen else []
        return [*seen, *self.reach.unevaluated, *self._secrets.unseen]

    async def examined(self, resource: Resource, found: Object) -> Examined:
        """Judge an object that makes Pods."""
        name = read.string(read.mapping(found, "metadata"), "name")
        labels = _labels(resource, found)
        named = Named(resource, name, self.name)
        judged = (await self._judge(resource, found))._replace(of_kserve=self._of_kserve(labels))
        if judged.decision.warnings:
            judged = judged._replace(mending=spelt_right(named.target, found))
        entry = resource if resource is INFERENCE_SERVICE else POD
        obstacle = self.reach.to_object(entry.group, entry.plural, labels, of_kserve=judged.of_kserve)
        return Examined(named, found["apiVersion"], judged, self._held(judged), obstacle)

    async def pod(self, found: Object, owner: Target | None = None) -> PodSeen:
        """Judge a Pod of an object; without one, of that which people would edit."""
        name = read.string(read.mapping(found, "metadata"), "name")
        judged = await self._judge(POD, found)
        held = self._held(judged)
        anew = any(one.holding is Holding.MISSING or one.other for one in judged.containers)
        owners = await self._owners.readable(found) if anew or owner is None else ()
        subject = Subject(owner or belongs_to(found, owners), judged, held, self.reach)
        said = answer.of_pod(subject, found, owners)
        ended = read.string(read.mapping(found, "status"), "phase") in _ENDED
        return PodSeen(name, said, judged, held, ended)

    def workload(self, examined: Examined, pods: Sequence[PodSeen], unseen: Sequence[str]) -> Explained:
        """Put together an object and its Pods; those that have ended count where there are no others."""
        running = [pod for pod in pods if not pod.ended] or list(pods)
        named, api_version, judged, held, obstacle = examined
        subject = Subject(named.target, judged, held, self.reach)
        without = "there are no Pods yet" if not unseen else "its Pods cannot be seen"
        said = answer.of_workload(
            subject,
            obstacle,
            [pod.answer for pod in running],
            without=without if named.resource in WORKLOADS else "",
        )
        return Explained(named, api_version, said, judged, held, tuple(running), (*self.unseen, *unseen))

    def bare(self, pod: PodSeen) -> Explained:
        """Put together a Pod that is asked about, or that stands for itself."""
        named = Named(POD, pod.name, self.name)
        return Explained(named, "v1", pod.answer, pod.judged, pod.held, unseen=tuple(self.unseen))

    async def _judge(self, resource: Resource, found: Object) -> Judged:
        """Judge an object, and then again with what may be known of the Secrets that it chooses."""
        settings = self.reach.platform.settings
        kind = resource.group, resource.kind
        before = Knowledge(self._secrets.knowledge.namespaces)
        judged = judge(found, kind, self.name, before, settings)
        await self._secrets.learn(judged.references)
        known = judge(found, kind, self.name, self._secrets.knowledge, settings)
        if known.decision.denial is not None:
            # A refusal ends the look into containers.
            return known._replace(containers=judged.containers)
        return known

    def _held(self, judged: Judged) -> dict[Reference, Held]:
        return {reference: self._secrets.held(reference) for reference in judged.references}

    def _of_kserve(self, labels: Mapping[str, Any]) -> bool:
        """Whether a Pod with these labels is one of a KServe workload, as the core sees it."""
        pod = {"metadata": {"labels": labels}, "spec": {}}
        return judge(
            pod, (POD.group, POD.kind), self.name, Knowledge(), self.reach.platform.settings
        ).of_kserve


def _labels(resource: Resource, found: Object) -> dict[str, Any]:
    """Return the labels that selectors see: an InferenceService's own, else those of the Pods."""
    if resource is INFERENCE_SERVICE:
        return {names.INFERENCE_SERVICE_LABEL: "", **read.mapping(read.mapping(found, "metadata"), "labels")}
    labels: dict[str, Any] = {}
    for place in places(found, KINDS[resource.group, resource.kind])[:1]:
        labels |= place.labels
    if resource is LLM_INFERENCE_SERVICE:
        key, value = names.LLM_PART_OF
        labels[key] = value
    elif resource.group == names.KSERVE_GROUP:
        labels[names.INFERENCE_SERVICE_LABEL] = ""
    return labels
