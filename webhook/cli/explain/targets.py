"""What is asked about: `TYPE/NAME …` or `TYPE NAME …`, as kubectl takes it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import click
from click.shell_completion import CompletionItem

from webhook.cli.choices import did_you_mean
from webhook.cluster.resources import INFERENCE_SERVICE, NAMESPACE, RESOURCES, Resource
from webhook.core.kinds import KINDS

EXPLAINED: Final = tuple(
    resource for resource in RESOURCES if resource is NAMESPACE or (resource.group, resource.kind) in KINDS
)
"""The kinds that can be asked about: those that have Pods, and namespaces."""
_SHORT: Final = 3
"""Letters of a word that is near too much: of svc, neither isvc nor ksvc is meant."""


class Target(NamedTuple):
    """One object, or all of a kind.

    Attributes:
        resource: Its kind.
        name: Of the object; empty for all of the kind.
    """

    resource: Resource
    name: str = ""


def parse(words: Sequence[str]) -> list[Target]:
    """Read the arguments.

    Raises:
        click.UsageError: They name no kind that has Pods, or mix both forms.
    """
    if any("/" in word for word in words):
        return [_with_slash(word) for word in words]
    if not words:
        return []
    alone = len(words) == 1 and "," not in words[0]
    resources = [_resource(word, perhaps_a_name=alone) for word in words[0].split(",")]
    return [Target(resource, name) for resource in resources for name in words[1:] or [""]]


def _with_slash(word: str) -> Target:
    kind, slash, name = word.partition("/")
    if not slash or not name or "/" in name:
        raise click.UsageError(f"{word} is not TYPE/NAME, as the other arguments are.")
    return Target(_resource(kind), name)


def _resource(word: str, *, perhaps_a_name: bool = False) -> Resource:
    """Return the kind that people call so; `deployments.apps` is a name as well.

    Raises:
        click.UsageError: There is none; it may be an object's name, and then a way to say that is shown.
    """
    short, _, group = word.lower().partition(".")
    for resource in EXPLAINED:
        if short in resource.called and f"{resource.group}.".startswith(f"{group}." if group else ""):
            return resource
    known = ", ".join(resource.word for resource in EXPLAINED)
    meant = ""
    if perhaps_a_name:
        meant = f" Is {INFERENCE_SERVICE.word}/{word} meant?"
    elif len(short) > _SHORT:
        meant = did_you_mean(short, [name for resource in EXPLAINED for name in resource.called])
    raise click.UsageError(f"{word} is no kind that can be explained.{meant} Those are {known}.")


class Words(click.ParamType[str, str]):
    """The arguments; shells complete the kinds."""

    name = "text"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the kinds that begin with what was typed."""
        words = (f"{resource.word}/" for resource in EXPLAINED)
        return [CompletionItem(word) for word in words if word.startswith(incomplete.lower())]
