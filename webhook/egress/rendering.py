"""Policies as YAML with comments that say for whom they are, and what they cannot do."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from webhook.core.hub import redact
from webhook.egress.hosts import Mirror
from webhook.egress.workloads import Selection

_WIDTH: Final = 110
_LONGEST: Final = 253
"""Characters of a name (RFC 1123, as Kubernetes takes it)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people ask for.

    Attributes:
        namespace: Of the policies.
        cidrs: Addresses instead of, or beside, what a form would allow by itself.
        ports: Of the Hub, or of a proxy.
        mirrors: Endpoints beside the Hub.
        isolating: Selection's slug to the policies that isolate its Pods today; a slug that is missing is
            not known of.
    """

    namespace: str
    cidrs: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443,)
    mirrors: tuple[Mirror, ...] = ()
    isolating: dict[str, tuple[str, ...]] = field(default_factory=dict)


def comment(text: str, indent: int = 0) -> list[str]:
    """Return a comment's lines."""
    prefix = " " * indent + "# "
    return textwrap.wrap(
        text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False
    )


def block(value: Any, indent: int = 0) -> list[str]:  # noqa: ANN401 - what YAML can hold
    """Return a value's lines."""
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=_WIDTH)
    return [" " * indent + line for line in text.splitlines()]


def head(selection: Selection, wanted: Wanted, api_version: str, kind: str) -> list[str]:
    """Return the beginning of a policy, down to what stands before its rules."""
    lines = comment(
        f"Egress to DNS and the Hugging Face Hub for {selection.of} of namespace {wanted.namespace}."
    )
    name = f"hub-egress-{selection.slug}"[:_LONGEST]
    # What is applied takes the place of the one of its name; a CiliumNetworkPolicy stands beside it.
    lines += comment(_today(selection, wanted, own=name if kind == "NetworkPolicy" else ""))
    lines += block({"apiVersion": api_version, "kind": kind})
    lines += block({"metadata": {"name": name, "namespace": wanted.namespace}})
    lines.append("spec:")
    for asker in selection.askers:
        lines += comment(asker.sentence, 2)
    if selection.others:
        others = ", ".join(selection.others)
        lines += comment(
            f"Selects these as well, in which nothing names a model on the Hub: {others}. "
            "With --select named it does not.",
            2,
        )
    return lines


def _today(selection: Selection, wanted: Wanted, *, own: str) -> str:
    """Return what applying the policy will change.

    Args:
        selection: Its Pods.
        wanted: What people ask for.
        own: The NetworkPolicy that it takes the place of, where there is one of that name; else empty.
    """
    policies = wanted.isolating.get(selection.slug)
    others = [name for name in policies or () if name != own]
    if others:
        return f"These Pods are isolated by {', '.join(others)} already; this adds to what they may reach."
    if policies is None:
        first = "Whether another policy isolates these Pods already is not known."
    elif policies:
        first = "This policy is there already, and no other NetworkPolicy isolates these Pods."
    else:
        first = "No NetworkPolicy isolates these Pods so far."
    return (
        f"{first} A Pod that any policy selects for egress reaches what its policies allow and nothing else: "
        "other storage, other services and a transformer's predictor need rules of their own."
    )


def finished(policies: Iterable[Sequence[str]]) -> str:
    """Return the text of several policies; whatever a name in it may hold, no token."""
    return redact("---\n".join("\n".join(policy) + "\n" for policy in policies))


def unselectable(selection: Selection, namespace: str) -> str:
    """Return the sentence about a workload whose Pods nothing tells from others."""
    return (
        f"{selection.of} in namespace {namespace} asks the Hub, but its Pods have no label to select them "
        "by: give its Pod template one."
    )
