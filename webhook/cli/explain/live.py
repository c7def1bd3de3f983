"""`explain` about a cluster: objects read with the rights of whoever asks, judged as the webhook would."""

from collections.abc import AsyncIterator
from contextlib import suppress

from webhook.cli.explain import answer
from webhook.cli.explain.explained import Explained, PodSeen
from webhook.cli.explain.facts import NamespaceSeen, namespace_seen, see_namespace
from webhook.cli.explain.owners import WORKLOADS, Family, Named, pods_of
from webhook.cli.explain.reach import Reach
from webhook.cli.explain.surroundings import Examined, Surroundings
from webhook.cli.platform import Platform
from webhook.cluster.client import StatusError
from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import NAMESPACE, POD, REPLICA_SET, Resource
from webhook.core import names, read


class NotFoundError(Exception):
    """What is asked about is not there; the text is a sentence."""


class Explorer:
    """Explains objects of one cluster."""

    def __init__(self, reader: Reader, platform: Platform, configuration_name: str) -> None:
        self._reader = reader
        self._platform = platform
        self._configuration_name = configuration_name
        self._around: Surroundings | None = None
        self._installed: dict[Resource, bool] = {}

    async def one(self, resource: Resource, name: str, namespace: str) -> AsyncIterator[Explained]:
        """Explain one object.

        Raises:
            NotFoundError: There is no such object, namespace or kind.
            StatusError: It may not be read.
            NoAnswerError: The API server does not answer.
        """
        around = await self._surroundings(namespace)
        await self._check(resource)
        found = await self._reader.get(resource, name, namespace)
        if found is None:
            place = f" in namespace {namespace}" if resource.namespaced else ""
            raise NotFoundError(f"There is no {resource.kind} {name}{place}.")
        if resource is POD:
            yield around.bare(await around.pod(found))
            return
        owner = Named(resource, name, namespace).target
        pods: list[PodSeen] = []
        unseen: list[str] = []
        try:
            async for each in pods_of(self._reader, resource, found):
                pods.append(await around.pod(each, owner))  # noqa: PERF401 - those read before a refusal stay
        except StatusError as error:
            unseen.append(str(error))
        yield around.workload(await around.examined(resource, found), pods, unseen)

    async def every(self, resource: Resource, namespace: str) -> AsyncIterator[Explained]:
        """Explain all objects of a kind in a namespace.

        Raises:
            NotFoundError: There is no such namespace or kind.
            StatusError: They may not be read.
            NoAnswerError: The API server does not answer.
        """
        await self._surroundings(namespace)
        await self._check(resource)
        found = await self._reader.list_all(resource, namespace, metadata_only=True)
        for name in sorted(map(_name, found)):
            with suppress(NotFoundError):  # It was deleted meanwhile.
                async for explained in self.one(resource, name, namespace):
                    yield explained

    async def namespace(self, name: str) -> AsyncIterator[Explained]:
        """Explain a namespace and all of its workloads that nothing else made.

        Raises:
            NotFoundError: There is no such namespace.
            NoAnswerError: The API server does not answer.
        """
        around = await self._surroundings(name)
        family = Family()
        tops: dict[Named, Examined] = {}
        pods: dict[Named, list[PodSeen]] = {}
        unseen: list[str] = []
        for resource in WORKLOADS:
            if await self._knows(resource):
                await self._read(around, resource, family, tops, unseen)
        pods_unseen: list[str] = []
        bare = await self._read_pods(around, family, pods, pods_unseen)
        said = answer.of_namespace(around.reach)
        yield Explained(
            Named(NAMESPACE, name, ""), "v1", said, unseen=(*around.unseen, *unseen, *pods_unseen)
        )
        for named, examined in tops.items():
            mine = sorted(pods.get(named, []), key=lambda pod: pod.name)
            yield around.workload(examined, mine, pods_unseen)
        for pod in sorted(bare, key=lambda pod: pod.name):
            yield around.bare(pod)

    async def everywhere(self, resource: Resource | None) -> AsyncIterator[Explained]:
        """Explain all workloads of the namespaces that have opted in; the others are not asked.

        Namespaces whose label has an unknown value are told of; those that are being deleted are left out, as
        nothing is created there any more.

        Args:
            resource: Only objects of this kind; None for all.

        Raises:
            StatusError: Namespaces may not be listed.
            NoAnswerError: The API server does not answer.
        """
        pages = self._reader.pages(NAMESPACE, label_selector=names.INJECT, metadata_only=True)
        seen = [
            namespace_seen(found)
            async for page in pages
            for found in page
            if "deletionTimestamp" not in read.mapping(found, "metadata")
        ]
        for each in sorted(seen, key=lambda one: one.name):
            around = self._around = Surroundings(self._reader, self._reach(each))
            if around.reach.to_namespace() is None:
                if resource is None or resource is NAMESPACE:
                    all_of_it = self.namespace(each.name)
                else:
                    all_of_it = self.every(resource, each.name)
                async for explained in all_of_it:
                    yield explained
            else:
                yield Explained(Named(NAMESPACE, each.name, ""), "v1", answer.of_namespace(around.reach))

    async def _surroundings(self, namespace: str) -> Surroundings:
        """Return what is known around the objects of a namespace; that of the last one is kept.

        Raises:
            NotFoundError: There is no such namespace.
            NoAnswerError: The API server does not answer.
        """
        if self._around is None or self._around.name != namespace:
            seen = await see_namespace(self._reader, namespace)
            if seen is None:
                raise NotFoundError(f"There is no namespace {namespace}.")
            self._around = Surroundings(self._reader, self._reach(seen))
        return self._around

    def _reach(self, namespace: NamespaceSeen) -> Reach:
        return Reach(self._platform, self._configuration_name, namespace)

    async def _check(self, resource: Resource) -> None:
        if not await self._knows(resource):
            project = "KServe is" if resource.group == names.KSERVE_GROUP else f"{resource.group} is"
            raise NotFoundError(f"The cluster knows no {resource.plural}: {project} not installed.")

    async def _knows(self, resource: Resource) -> bool:
        if resource not in self._installed:
            self._installed[resource] = await self._reader.installed(resource)
        return self._installed[resource]

    async def _read(
        self,
        around: Surroundings,
        resource: Resource,
        family: Family,
        tops: dict[Named, Examined],
        unseen: list[str],
    ) -> None:
        """Judge the objects of a kind page by page; of each only what was found out is kept."""
        only_owners = resource is REPLICA_SET
        try:
            async for page in self._reader.pages(resource, around.name, metadata_only=only_owners):
                for found in page:
                    named = family.add(resource, found)
                    if named is None:
                        continue
                    whole = await self._reader.get(*named) if only_owners else found
                    if whole is not None:
                        tops[named] = await around.examined(resource, whole)
        except StatusError as error:
            unseen.append(str(error))

    async def _read_pods(
        self,
        around: Surroundings,
        family: Family,
        pods: dict[Named, list[PodSeen]],
        unseen: list[str],
    ) -> list[PodSeen]:
        """Judge the Pods page by page; return those that stand for themselves."""
        bare: list[PodSeen] = []
        try:
            async for page in self._reader.pages(POD, around.name):
                for found in page:
                    if "deletionTimestamp" in read.mapping(found, "metadata"):
                        continue
                    top = family.top_of(found)
                    pod = await around.pod(found, (top or Named(POD, _name(found), around.name)).target)
                    (bare if top is None else pods.setdefault(top, [])).append(pod)
        except StatusError as error:
            unseen.append(str(error))
        return bare


def _name(found: Object) -> str:
    return read.string(read.mapping(found, "metadata"), "name")
