"""What was read of a cluster, and what could not be read and why. Nothing in it is a token."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.decision import Action, Decision, Verdict
from webhook.core.knowledge import Namespace
from webhook.core.matching import matches, unmet_by_namespace
from webhook.core.names import InjectMode
from webhook.core.owners import Owner
from webhook.core.renewal import Renewal, renewal
from webhook.core.settings import Settings
from webhook.doctor.finding import Finding, Subject, unseen
from webhook.doctor.hub import Answer, Question
from webhook.doctor.token_shape import Flaw

_NAME: Final = "kubernetes.io/metadata.name"
"""Label that the API server gives every Namespace."""

Object = Mapping[str, Any]
"""An object of the API, raw."""


class Topic(StrEnum):
    """What can be read; a check says which of it it needs, and nothing else is asked for."""

    CONFIGURATION = "the webhook's MutatingWebhookConfiguration"
    OTHERS = "all MutatingWebhookConfigurations"
    SERVER = "the webhook's Deployment and Pods"
    CERTIFICATE = "the certificate that is served"
    TRIAL = "a Pod's dry run"
    NAMESPACES = "Namespaces"
    PODS = "Pods"
    WORKLOADS = "InferenceServices and other workloads"
    JUDGED = "what only the policy is about"
    SECRETS = "Secrets"
    NETWORK_POLICIES = "NetworkPolicies"
    HUB = "the Hub"


_OF_THE_WEBHOOK: Final = frozenset({Topic.CONFIGURATION, Topic.OTHERS, Topic.SERVER, Topic.CERTIFICATE})
"""What is found by the configuration: where that was not seen, nor was the rest."""


class Unread(NamedTuple):
    """Something that could not be read.

    Attributes:
        topic: What it is about.
        what: What exactly, for people: "Pods of namespace team-a".
        why: What the API server says.
        forbidden: Whether a right is what it takes.
    """

    topic: Topic
    what: str
    why: str
    forbidden: bool = False


@dataclass(frozen=True, kw_only=True)
class SeenNamespace:
    """A Namespace that has something to do with us, or that was asked for.

    Attributes:
        known: Whether it could be read; if not, its labels are taken for those of one that opted in.
        exists: Whether there is one.
        ending: Whether it is being deleted: the API server creates nothing in it any more.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    known: bool = True
    exists: bool = True
    ending: bool = False

    @property
    def mode(self) -> InjectMode | None:
        """What its label asks for; None where it asks for nothing that we know."""
        value = self.labels.get(names.INJECT)
        return InjectMode(value) if value in set(InjectMode) else None

    @property
    def subject(self) -> Subject:
        """Of findings about it."""
        return Subject("Namespace", self.name)

    @property
    def as_knowledge(self) -> Namespace:
        """What a decision is made with."""
        return Namespace(labels=self.labels, annotations=self.annotations)


@dataclass(frozen=True, kw_only=True)
class SeenObject:
    """A Pod or workload of a namespace that opted in, and what we decide about it as it stands.

    Attributes:
        word: What commands call its kind (`isvc`).
        owners: Those above a Pod that lacks a token or has an old one, as far as they could be read, the
            nearest first.
    """

    object: Object
    namespace: str
    decision: Decision
    word: str = "pod"
    owners: tuple[Owner, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return read.string(read.mapping(self.object, "metadata"), "name")

    @property
    def subject(self) -> Subject:
        """Of findings about it."""
        return Subject(read.string(self.object, "kind"), self.name, self.namespace)

    @property
    def labels(self) -> Mapping[str, Any]:
        """Its labels."""
        return read.mapping(read.mapping(self.object, "metadata"), "labels")

    @property
    def annotations(self) -> Mapping[str, Any]:
        """Its annotations."""
        return read.mapping(read.mapping(self.object, "metadata"), "annotations")

    @property
    def phase(self) -> str:
        """Of a Pod."""
        return read.string(read.mapping(self.object, "status"), "phase")

    @property
    def made(self) -> datetime | None:
        """When it was created."""
        return moment(read.mapping(self.object, "metadata").get("creationTimestamp"))

    @property
    def lacking(self) -> list[Verdict]:
        """What would be given a token if it were created now."""
        return [verdict for verdict in self.decision.verdicts if verdict.action is Action.ADD]

    @property
    def renewal(self) -> Renewal:
        """How a Pod comes to be made anew."""
        return renewal(self.object, self.owners)

    @property
    def ended(self) -> bool:
        """Whether it is a Pod that ran to its end, or is being deleted."""
        deleted = read.mapping(self.object, "metadata").get("deletionTimestamp")
        return bool(deleted) or self.phase in {"Succeeded", "Failed"}


class SeenKey(NamedTuple):
    """A key of a Secret.

    Attributes:
        flaw: What is wrong with its value; None where nothing is.
        changed: When that was last written, as far as the Secret's metadata tell.
    """

    flaw: Flaw | None = None
    changed: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SeenSecret:
    """A Secret that a decision chose, without its values.

    Attributes:
        name, namespace: As they are.
        keys: What is known of each key.
        copied: An annotation repeats its values.
        made: When it was created.
    """

    name: str
    namespace: str
    keys: Mapping[str, SeenKey] = field(default_factory=dict)
    copied: bool = False
    made: datetime | None = None

    @property
    def subject(self) -> Subject:
        """Of findings about it."""
        return Subject("Secret", self.name, self.namespace)


class Leaf(NamedTuple):
    """The certificate that is served.

    Attributes:
        pem: It, and intermediates after it.
        source: Where it was seen.
    """

    pem: bytes
    source: str


class Trial(NamedTuple):
    """What became of a Pod that was created with `dryRun`.

    Attributes:
        namespace: Where.
        status: Of the answer.
        message: What the API server said; empty where it took the Pod.
        injected: Whether the Pod came back with our entry.
    """

    namespace: str
    status: int
    message: str = ""
    injected: bool = False


@dataclass(frozen=True, kw_only=True)
class Installed:
    """The webhook of the cluster.

    Attributes:
        settings: Those it runs with, or the defaults.
        assumed: Why `settings` are the defaults; empty where they are the platform's.
        name: Of its MutatingWebhookConfiguration.
        configuration: That; None where there is none or it may not be read.
        others: All other MutatingWebhookConfigurations; None where they may not be listed.
        namespace, service: Of its Service; empty where they are not known.
        certificates: Who makes its certificate (`certificates.mode`); empty where that is not known.
        validating: Its ValidatingWebhookConfiguration; None where there is none or it may not be read.
        deployment: None where it was not found.
        pods: Its own.
        leaf: The certificate that it serves; None where it could not be seen.
        trial: None where none was made.
    """

    settings: Settings = field(default_factory=Settings)
    assumed: str = ""
    name: str = "mutating-hf-token-injector"
    configuration: Object | None = None
    others: tuple[Object, ...] | None = None
    namespace: str = ""
    service: str = ""
    certificates: str = ""
    validating: Object | None = None
    deployment: Object | None = None
    pods: tuple[Object, ...] = ()
    leaf: Leaf | None = None
    trial: Trial | None = None

    @property
    def subject(self) -> Subject:
        """Of findings about the mutating configuration."""
        return Subject("MutatingWebhookConfiguration", self.name)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Of the mutating configuration."""
        return entries_of(self.configuration)


@dataclass(frozen=True, kw_only=True)
class Collected:
    """All that checks judge.

    Attributes:
        now: The time, with a zone.
        version: Of this program.
        installed: The webhook.
        namespaces: By name: those with a key that looks like ours, but for those that are being deleted, and
            those that were asked for.
        pods, workloads: Of namespaces that opted in.
        holding: Other Pods there, and runtimes, of those that hold a token in clear text.
        secrets: By namespace and name; None is one that does not exist, what is missing here was not read.
        network_policies: By namespace; what is missing here was not read.
        hub: What the Hub answered; None where nobody wanted it asked.
        unread: What could not be read.
    """

    now: datetime
    version: str = ""
    installed: Installed = field(default_factory=Installed)
    namespaces: Mapping[str, SeenNamespace] = field(default_factory=dict)
    pods: tuple[SeenObject, ...] = ()
    workloads: tuple[SeenObject, ...] = ()
    holding: tuple[Object, ...] = ()
    secrets: Mapping[tuple[str, str], SeenSecret | None] = field(default_factory=dict)
    network_policies: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)
    hub: Mapping[Question, Answer] | None = None
    unread: tuple[Unread, ...] = ()

    @property
    def opted_in(self) -> list[SeenNamespace]:
        """Namespaces that opted in, and those of which nobody could tell; none that is being deleted."""
        return [
            seen for seen in self.namespaces.values() if not seen.ending and (seen.mode or not seen.known)
        ]

    def injects(self, namespace: str) -> bool:
        """Whether objects of a namespace are given tokens: it opted in, is no audit's and not left out."""
        seen = self.namespaces.get(namespace)
        if seen is None or not seen.known:
            return seen is not None
        return seen.mode not in {None, InjectMode.AUDIT} and self.reaches(seen)

    def reaches(self, seen: SeenNamespace) -> bool:
        """Whether the configuration selects a namespace at all; where nobody may read it, it does."""
        if self.installed.configuration is None:
            return True
        labels = {_NAME: seen.name, **seen.labels}
        return not all(unmet_by_namespace(self.installed.configuration, labels))

    def conditions(self, pod: SeenObject) -> tuple[str, ...]:
        """Return the conditions that may have kept a Pod away, and that are not evaluated here."""
        seen = self.namespaces.get(pod.namespace)
        labels = {_NAME: pod.namespace, **(seen.labels if seen else {})}
        found = matches(self.installed.configuration or {}, "", "pods", labels, pod.labels)
        return tuple(name for match in found if match.matches for name in match.conditions)

    def missed(self, topic: Topic) -> bool:
        """Whether something could not be read of what a topic is about."""
        return any(one.topic is topic for one in self.unread)

    @property
    def nothing_installed(self) -> bool:
        """Whether there is no configuration; where nobody may read it, that is not known."""
        return self.installed.configuration is None and not self.missed(Topic.CONFIGURATION)

    def unseen(self, needs: AbstractSet[Topic]) -> Iterator[Finding]:
        """Yield what could not be read of what a check needs.

        Namespaces tell where to look, and one that may not be read is looked at: only a check that is about
        nothing else is blind without them.
        """
        topics = needs - {Topic.NAMESPACES} or needs
        if topics & _OF_THE_WEBHOOK:
            topics |= {Topic.CONFIGURATION}
        for one in self.unread:
            if one.topic in topics:
                yield unseen(one.what, one.why)

    def absent(self, needs: AbstractSet[Topic]) -> Iterator[Finding]:
        """Yield what does not exist of what a check needs, so that it has looked at nothing."""
        if needs & _OF_THE_WEBHOOK and self.nothing_installed:
            yield unseen("the webhook", f"nothing is installed: there is no {self.installed.subject}")
        if Topic.NAMESPACES in needs:
            for seen in self.namespaces.values():
                if not seen.exists:
                    yield unseen(f"{seen.subject}", "it does not exist")
                elif seen.ending:
                    yield unseen(f"{seen.subject}", "it is being deleted")


def entries_of(configuration: Object | None) -> list[dict[str, Any]]:
    """Return the entries of a webhook configuration."""
    return [entry for _, entry in read.objects(configuration or {}, "webhooks")]


def moment(value: object) -> datetime | None:
    """Read a time as the API writes it; None where it is none."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
