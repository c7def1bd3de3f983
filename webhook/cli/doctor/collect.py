"""Reads what the checks judge, with the caller's rights, and no more than the chosen checks need."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from webhook import __version__
from webhook.cli.doctor.aim import Aim
from webhook.cli.doctor.asking import FEW, Asking
from webhook.cli.doctor.hub import ask_hub
from webhook.cli.doctor.installation import find_installed
from webhook.cli.doctor.trial import try_one
from webhook.cli.doctor.values import seen_secret
from webhook.cluster import resources
from webhook.cluster.client import Client, StatusError
from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import Resource
from webhook.core import names
from webhook.core.admit import admit
from webhook.core.asked import looks_like_ours
from webhook.core.decision import Operation, Request, Scope
from webhook.core.knowledge import Knowledge
from webhook.core.names import InjectMode
from webhook.core.policy.literal_tokens import literal_tokens
from webhook.doctor.collected import Collected, SeenNamespace, SeenObject, SeenSecret, Topic
from webhook.doctor.hub import Answer, Question
from webhook.doctor.models import models
from webhook.doctor.outdated import outdated
from webhook.doctor.wanted import followed, wanted
from webhook.egress.hosts import HUB

_PART_OF: Final = "=".join(names.LLM_PART_OF)
_KSERVE_PODS: Final = (names.INFERENCE_SERVICE_LABEL, _PART_OF)
"""Label selectors of the Pods that namespaces labelled `enabled` are about."""
_OTHER_PODS: Final = f"!{names.INFERENCE_SERVICE_LABEL},{_PART_OF.replace('=', '!=')}"
"""Label selector of all others there, which the policy judges as well."""
_KSERVE_WORKLOADS: Final = (resources.INFERENCE_SERVICE, resources.LLM_INFERENCE_SERVICE)
_OTHER_WORKLOADS: Final = (
    resources.DEPLOYMENT,
    resources.STATEFUL_SET,
    resources.DAEMON_SET,
    resources.JOB,
    resources.CRON_JOB,
    resources.LEADER_WORKER_SET,
)


async def collect(client: Client, aim: Aim, progress: Callable[[str], None]) -> Collected:
    """Read everything.

    Raises:
        NoAnswerError: The API server does not answer, or does not know the caller.
    """
    return await _Survey(client, aim, progress).collected()


class _Survey:
    """One run."""

    def __init__(self, client: Client, aim: Aim, progress: Callable[[str], None]) -> None:
        self.client = client
        self.aim = aim
        self.progress = progress
        self.asking = Asking(Reader(client))
        self.seen = Collected(now=datetime.now(UTC), version=__version__)

    async def collected(self) -> Collected:
        topics = self.aim.topics
        self.progress("the webhook")
        installed = await find_installed(self.asking, self.aim)
        self.seen = replace(self.seen, installed=installed)
        if topics - {Topic.CONFIGURATION, Topic.OTHERS, Topic.SERVER, Topic.CERTIFICATE}:
            self.progress("Namespaces")
            self.seen = replace(self.seen, namespaces=await self._namespaces())
        if topics & {Topic.WORKLOADS, Topic.SECRETS}:
            self.progress("workloads")
            self.seen = replace(self.seen, workloads=await self._workloads())
        if topics & {Topic.PODS, Topic.SECRETS}:
            self.progress("Pods")
            self.seen = replace(self.seen, pods=await self._pods())
        if Topic.JUDGED in topics:
            self.progress("tokens in clear text")
            self.seen = replace(self.seen, holding=await self._holding())
        if Topic.NETWORK_POLICIES in topics:
            self.progress("NetworkPolicies")
            self.seen = replace(self.seen, network_policies=await self._network_policies())
        if Topic.SECRETS in topics:
            self.progress("Secrets")
            self.seen = replace(self.seen, secrets=await self._secrets())
            pods = await self._with_owners(self.seen.pods, lambda pod: outdated(self.seen, pod) is not None)
            self.seen = replace(self.seen, pods=pods)
        if self.aim.hub and Topic.PODS in topics:
            self.progress("the Hub")
            self.seen = replace(self.seen, hub=await self._hub())
        if Topic.TRIAL in topics and not self.aim.read_only:
            self.progress("a Pod's dry run")
            trial = await try_one(self.client, self.asking, self.seen)
            self.seen = replace(self.seen, installed=replace(self.seen.installed, trial=trial))
        return replace(self.seen, unread=tuple(self.asking.unread))

    async def _namespaces(self) -> Mapping[str, SeenNamespace]:
        if self.aim.namespaces:
            return await self._named(self.aim.namespaces)
        try:
            listed = await self.asking.reader.list_all(resources.NAMESPACE, metadata_only=True)
        except StatusError as error:
            self.asking.missed(
                Topic.NAMESPACES, f"all Namespaces but {self.aim.home}, which your kubeconfig names", error
            )
            return await self._named([self.aim.home])
        seen = map(_namespace, listed)
        return {one.name: one for one in seen if _mentions_us(one) and not one.ending}

    async def _named(self, asked: Sequence[str]) -> Mapping[str, SeenNamespace]:
        async def one(name: str) -> SeenNamespace:
            before = len(self.asking.unread)
            found = await self.asking.one(Topic.NAMESPACES, resources.NAMESPACE, name, metadata_only=True)
            if found:
                return _namespace(found)
            refused = len(self.asking.unread) > before
            return SeenNamespace(name=name, known=not refused, exists=refused)

        return {name: await one(name) for name in dict.fromkeys(asked)}

    async def _pods(self) -> tuple[SeenObject, ...]:
        wide = {one.name for one in self.seen.opted_in if self._takes_all(one)}
        narrow = {one.name for one in self.seen.opted_in} - wide
        ask = self.asking.within
        answers = await asyncio.gather(
            *(
                ask(Topic.PODS, resources.POD, narrow, label_selector=selector)
                for selector in _KSERVE_PODS
                if narrow
            ),
            *(ask(Topic.PODS, resources.POD, {name}) for name in wide),
        )
        found = {
            (pod["metadata"]["namespace"], pod["metadata"]["name"]): pod for a in answers for pod in a.objects
        }
        judged = [self._judged(resources.POD, pod) for _, pod in sorted(found.items())]
        return await self._with_owners(judged, self._mistaken)

    def _mistaken(self, pod: SeenObject) -> bool:
        """Whether a Pod lacks a token, or has one that its successor would not have."""
        return not pod.ended and bool(pod.lacking or followed(self.seen, pod))

    async def _with_owners(
        self, pods: Sequence[SeenObject], wanted_of: Callable[[SeenObject], bool]
    ) -> tuple[SeenObject, ...]:
        """Read who has made some of the Pods: they tell how a Pod comes to be made anew."""

        async def one(pod: SeenObject) -> SeenObject:
            if pod.owners or not wanted_of(pod):
                return pod
            return replace(pod, owners=await self.asking.owners(pod.object))

        return tuple(await asyncio.gather(*map(one, pods)))

    async def _workloads(self) -> tuple[SeenObject, ...]:
        opted_in = {one.name for one in self.seen.opted_in}
        wide = {one.name for one in self.seen.opted_in if one.mode is InjectMode.ALL}
        ask = self.asking.within
        wanted_of = [
            *((resource, opted_in) for resource in _KSERVE_WORKLOADS if opted_in),
            *((resource, wide) for resource in _OTHER_WORKLOADS if wide),
        ]
        answers = await asyncio.gather(*(ask(Topic.WORKLOADS, *wanted) for wanted in wanted_of))
        return tuple(
            self._judged(resource, found)
            for (resource, _), answer in zip(wanted_of, answers, strict=True)
            for found in answer.objects
        )

    async def _holding(self) -> tuple[Object, ...]:
        """Search what the policy judges beside the workloads and Pods that were read; keep what was found.

        Pods are asked for by namespace, however many there are: all others of a cluster are too many.
        """
        opted_in = {one.name for one in self.seen.opted_in}
        narrow = sorted(one.name for one in self.seen.opted_in if not self._takes_all(one))
        few = [narrow[start : start + FEW] for start in range(0, len(narrow), FEW)]
        ask = self.asking.within
        answers = await asyncio.gather(
            *(
                ask(Topic.JUDGED, resources.POD, some, label_selector=_OTHER_PODS, keep=_holds_a_token)
                for some in few
            ),
            ask(Topic.JUDGED, resources.SERVING_RUNTIME, opted_in, keep=_holds_a_token),
        )
        found = [one for answer in answers for one in answer.objects]
        if not self.aim.namespaces:
            cluster_wide = resources.CLUSTER_SERVING_RUNTIME
            found += await self.asking.all_of(Topic.JUDGED, cluster_wide, keep=_holds_a_token)
        return tuple(found)

    async def _secrets(self) -> Mapping[tuple[str, str], SeenSecret | None]:
        """Read the Secrets that are needed by name: no list of all of a namespace's."""
        places: dict[str, set[str]] = {}
        for need in wanted(self.seen):
            places.setdefault(need.secret, set()).add(need.namespace)
        known: dict[tuple[str, str], SeenSecret | None] = {}
        for name, namespaces in sorted(places.items()):
            answer = await self.asking.within(Topic.SECRETS, resources.SECRET, namespaces, name=name)
            known |= {(namespace, name): None for namespace in namespaces - answer.refused}
            for found in answer.objects:
                secret = seen_secret(found)
                known[secret.namespace, secret.name] = secret
        return known

    async def _network_policies(self) -> Mapping[str, tuple[Object, ...]]:
        """Read those of the namespaces whose Pods were read."""
        namespaces = {pod.namespace for pod in self.seen.pods}
        answer = await self.asking.within(Topic.NETWORK_POLICIES, resources.NETWORK_POLICY, namespaces)
        found: dict[str, tuple[Object, ...]] = dict.fromkeys(namespaces - answer.refused, ())
        for policy in answer.objects:
            found[policy["metadata"]["namespace"]] += (policy,)
        return found

    async def _hub(self) -> Mapping[Question, Answer]:
        questions = {model.question for model in models(self.seen)}
        allowed = self.seen.installed.settings.endpoints | {HUB}
        return await ask_hub(self.asking, questions, allowed, self.progress)

    def _takes_all(self, seen: SeenNamespace) -> bool:
        """Whether all Pods of a namespace matter, and not KServe's alone."""
        local = self.seen.installed.settings.local_model_namespaces
        return seen.mode is InjectMode.ALL or seen.name in local

    def _judged(self, resource: Resource, found: Object) -> SeenObject:
        """Decide about an object as if it were created now."""
        namespace = str(found["metadata"].get("namespace", ""))
        seen = self.seen.namespaces[namespace]
        scope = Scope.ALL if seen.mode is InjectMode.ALL else Scope.KSERVE
        request = Request(resource.group, resource.kind, Operation.CREATE, namespace, found, scope=scope)
        decision = admit(request, Knowledge({namespace: seen.as_knowledge}), self.seen.installed.settings)
        return SeenObject(object=found, namespace=namespace, decision=decision, word=resource.word)


def _namespace(found: Object) -> SeenNamespace:
    metadata = found["metadata"]
    return SeenNamespace(
        name=metadata["name"],
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        ending="deletionTimestamp" in metadata,
    )


def _holds_a_token(found: Object) -> bool:
    return any(True for _ in literal_tokens(found))


def _mentions_us(seen: SeenNamespace) -> bool:
    """Tell whether a Namespace has a key that is ours, or was meant to be."""
    return any(looks_like_ours(key) for key in (*seen.labels, *seen.annotations))
