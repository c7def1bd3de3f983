"""One request while it is being decided: what applies to all containers, what has been found so far."""

from collections.abc import Mapping, Sequence
from typing import Any

from webhook.core import caps, names, patch, read, record
from webhook.core.asked import Asked, NamespaceAsked, RefusedError, of_namespace
from webhook.core.decision import Action, Choice, PatchOperation, Request, Verdict
from webhook.core.evidence import Budget
from webhook.core.judge import Surroundings
from webhook.core.kinds import Place
from webhook.core.knowledge import Knowledge, Presence
from webhook.core.names import InjectMode, Method, MissingSecret
from webhook.core.reasons import Reason, Source
from webhook.core.remedies import create_secret
from webhook.core.secrets import Neighbour, choose
from webhook.core.settings import Settings

_INJECTED = patch.escape(names.INJECTED)
_ACTS = frozenset({MissingSecret.SKIP, MissingSecret.DENY})
"""Where it matters to the decision whether the Secret exists."""


class Case:
    """Collects verdicts, operations and warnings.

    Attributes:
        missing_secret: What applies in this namespace.
        optional: Whether references of ours are `optional`; constant for a setting, so that the same object
            always gets the same entry.
        audit: The namespace is in audit mode.
        presence: Secrets that are absent, and those of which it would matter and is not known.
        echoes: Those of `warnings` that repeat what a verdict or `presence` says.
    """

    def __init__(self, request: Request, knowledge: Knowledge, settings: Settings) -> None:
        self.request = request
        self.knowledge = knowledge
        self.settings = settings
        self.verdicts: list[Verdict] = []
        self.operations: list[PatchOperation] = []
        self.warnings: list[str] = []
        self.echoes: list[str] = []
        self.budget = Budget()
        namespace = knowledge.namespaces.get(request.namespace)
        if namespace is None:
            self.namespace_asked = NamespaceAsked()
            self.audit = False
        else:
            self.namespace_asked = of_namespace(namespace.annotations, self.warnings)
            self.audit = namespace.labels.get(names.INJECT) == InjectMode.AUDIT
        self.missing_secret = self.namespace_asked.missing_secret or settings.missing_secret
        self.optional = self.missing_secret is not MissingSecret.REQUIRE
        self.presence: dict[str, Presence] = {}
        self._acts = self.missing_secret in _ACTS

    def too_many(self, pointer: str) -> None:
        """Say that what begins at a pointer is not looked at any more."""
        subject = f"the object has more than {caps.CONTAINERS} containers"
        self.verdicts.append(Verdict("…", pointer, Action.NONE, Reason.TOO_LARGE, subject))

    def around(self, place: Place, asked: Asked) -> Surroundings:
        """Return what the containers of one Pod share."""
        return Surroundings(
            asked,
            read.items(place.spec, "volumes"),
            names.LOCAL_MODEL_LABEL in place.labels,
            self.settings.endpoints,
            self.budget,
        )

    def method(self, asked: Asked) -> Method:
        """Return the method that a workload asks for, or its Namespace, or the platform."""
        return asked.method or self.namespace_asked.method or self.settings.method

    def choose(self, repositories: Sequence[str], asked: Asked, near: Neighbour | None) -> Choice | None:
        """Return the Secret for a container; None where the rule for its repository gives no token."""
        return choose(
            repositories,
            asked=asked,
            near=near,
            namespace=self.request.namespace,
            namespace_asked=self.namespace_asked,
            settings=self.settings,
            warnings=self.warnings,
        )

    def env_entry(self, variable: str, choice: Choice, near: Neighbour | None) -> dict[str, Any]:
        """Return our `env` entry: a reference, never a value; a neighbour's as it was written."""
        if near is not None:
            return {"name": variable, "valueFrom": near.value_from}
        reference: dict[str, Any] = {"name": choice.secret, "key": choice.key}
        if self.optional:
            reference["optional"] = True
        return {"name": variable, "valueFrom": {"secretKeyRef": reference}}

    def warn_of_env_from(self, container: str, secret: str) -> None:
        """Tell the way out where nothing is injected because of what an `envFrom` may hold."""
        self._echo(
            f"{container}: Secret {secret} in envFrom may hold a token; annotation {names.SECRET} decides"
        )

    def missing(self, choice: Choice) -> bool:
        """Deal with a Secret that is known not to exist; return whether nothing is injected because of it.

        Nothing is skipped or refused where it is unknown, or where somebody else wrote the reference.

        Raises:
            RefusedError: The platform or the Namespace wants such objects refused.
        """
        if not (self.knowledge.secrets or self._acts) or choice.source is Source.NEIGHBOUR:
            return False
        namespace, name = self.request.namespace, choice.secret
        presence = self.knowledge.secret(namespace, name)
        if presence is Presence.PRESENT:
            return False
        if presence is Presence.UNKNOWN:
            if self._acts:
                self.presence[name] = presence
            return False
        command = create_secret(namespace, name, choice.key)
        told, self.presence[name] = name in self.presence, presence
        if self.missing_secret is MissingSecret.DENY:
            raise RefusedError(f"Secret {name} does not exist in namespace {namespace}: {command}")
        if not told:
            warning = f"Secret {name} is missing: {command}"
            # A command that is cut mends nothing.
            whole = len(warning) <= caps.WARNING
            self._echo(*([warning] if whole else [f"Secret {name} is missing:"[: caps.WARNING], command]))
        return self.missing_secret is MissingSecret.SKIP

    def _echo(self, *warnings: str) -> None:
        self.warnings += warnings
        self.echoes += warnings

    def remember(
        self, keys: Sequence[str], entries: Mapping[str, Mapping[str, str]], *, forget: bool = False
    ) -> None:
        """Write the record of what is ours, where it is not there already.

        Args:
            keys: Down to what has the annotations (`metadata`, or a template's).
            entries: The record; empty where nothing is ours.
            forget: Take a record away that says nothing any more. A Pod's stays: it came with its
                InferenceService.
        """
        document = self.request.object
        holder = read.at(document, keys)
        annotations = read.mapping(holder, "annotations")
        is_there = type(holder.get("annotations")) is dict
        present = annotations.get(names.INJECTED)
        pointer = f"/{'/'.join(keys)}/annotations/{_INJECTED}"
        if entries:
            text = record.render(entries)
            if is_there and text != present:
                self.operations.append(patch.add(pointer, text))
            elif not is_there and (
                operation := patch.put(document, [*keys, "annotations", names.INJECTED], text)
            ):
                self.operations.append(operation)
        elif forget and present is not None:
            self.operations.append(patch.remove(pointer))
