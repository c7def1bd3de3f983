"""What the cluster tells about a namespace and its Secrets: metadata, as far as whoever asks may see it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from webhook.cluster.client import StatusError
from webhook.cluster.reader import Object, Reader
from webhook.cluster.resources import CONFIG_MAP, NAMESPACE, SECRET
from webhook.core import names, read
from webhook.core.knowledge import Knowledge, Namespace, Presence

_DATA: Final = ("f:data", "f:stringData", "f:binaryData")
"""Where `managedFields` name the keys of a Secret or ConfigMap."""


class Reference(NamedTuple):
    """Where a token comes from: a key of a Secret, or of a ConfigMap."""

    name: str
    key: str
    config_map: bool = False


class Held(NamedTuple):
    """A Secret (or ConfigMap) that a token comes from.

    Attributes:
        presence: Whether it exists.
        key: Whether the key is in it, as its `managedFields` tell; they may tell nothing.
    """

    presence: Presence
    key: Presence


@dataclass(frozen=True, slots=True)
class NamespaceSeen:
    """A namespace.

    Attributes:
        name: Its name.
        labels, annotations: Its own; empty where it cannot be seen.
        labelled: When our label was set, or later (RFC 3339); empty where that cannot be told.
        unseen: Why it cannot be seen; empty where it can.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    labelled: str = ""
    unseen: str = ""

    @property
    def mode(self) -> str | None:
        """The value of our label."""
        return self.labels.get(names.INJECT)


async def see_namespace(reader: Reader, name: str) -> NamespaceSeen | None:
    """Return what is seen of a namespace; None where there is none.

    Raises:
        NoAnswerError: The API server does not answer.
    """
    try:
        found = await reader.get(NAMESPACE, name, metadata_only=True)
    except StatusError as error:
        return NamespaceSeen(name, unseen=str(error))
    return None if found is None else namespace_seen(found)


def namespace_seen(found: Object) -> NamespaceSeen:
    """Return what the metadata of a namespace tells."""
    metadata = read.mapping(found, "metadata")
    return NamespaceSeen(
        read.string(metadata, "name"),
        _texts(metadata, "labels"),
        _texts(metadata, "annotations"),
        max(_set_at(metadata), default=""),
    )


class Secrets:
    """The Secrets of one namespace, each asked for once."""

    def __init__(self, reader: Reader, namespace: NamespaceSeen) -> None:
        self._reader = reader
        self._namespace = namespace
        self._seen: dict[tuple[str, bool], tuple[Presence, frozenset[str] | None]] = {}
        self.unseen: list[str] = []
        """Why some of them cannot be seen."""

    async def learn(self, references: Iterable[Reference]) -> bool:
        """Ask for those that were not asked for; return whether there were any.

        Raises:
            NoAnswerError: The API server does not answer.
        """
        wanted = {(one.name, one.config_map) for one in references} - self._seen.keys()
        for name, config_map in sorted(wanted):
            resource = CONFIG_MAP if config_map else SECRET
            try:
                found = await self._reader.get(resource, name, self._namespace.name, metadata_only=True)
            except StatusError as error:
                self._seen[name, config_map] = Presence.UNKNOWN, None
                self.unseen.append(str(error))
                continue
            if found is None:
                self._seen[name, config_map] = Presence.ABSENT, None
            else:
                self._seen[name, config_map] = Presence.PRESENT, _keys(read.mapping(found, "metadata"))
        return bool(wanted)

    def held(self, reference: Reference) -> Held:
        """Return what is known of a Secret and a key of it."""
        presence, keys = self._seen.get((reference.name, reference.config_map), (Presence.UNKNOWN, None))
        if presence is not Presence.PRESENT or keys is None:
            return Held(presence, presence if presence is Presence.ABSENT else Presence.UNKNOWN)
        return Held(presence, Presence.PRESENT if reference.key in keys else Presence.ABSENT)

    @property
    def knowledge(self) -> Knowledge:
        """What is known, as the core wants it."""
        namespace = self._namespace
        seen = (
            {} if namespace.unseen else {namespace.name: Namespace(namespace.labels, namespace.annotations)}
        )
        here = {Presence.PRESENT: frozenset({namespace.name}), Presence.ABSENT: frozenset[str]()}
        return Knowledge(
            seen,
            {
                name: here[presence]
                for (name, config_map), (presence, _) in self._seen.items()
                if presence in here and not config_map
            },
        )


def _keys(metadata: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the keys that `managedFields` name; None where they name none, as somebody may have cut them."""
    found = {
        key.removeprefix("f:")
        for _, managed in read.objects(metadata, "managedFields")
        for part in _DATA
        for key in read.mapping(read.mapping(managed, "fieldsV1"), part)
        if key != "."
    }
    return frozenset(found) or None


def _set_at(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield when those who set our label last changed something; it was set then or before."""
    for _, managed in read.objects(metadata, "managedFields"):
        if f"f:{names.INJECT}" in read.at(managed, ("fieldsV1", "f:metadata", "f:labels")):
            yield read.string(managed, "time")


def _texts(metadata: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: value for name, value in read.mapping(metadata, key).items() if isinstance(value, str)}
