"""The commands that mend what was found, ready to be pasted, in the one form in which we all print them."""

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import names
from webhook.core.kinds import KINDS

_OWN: Final = "hf-token-injector"
"""The namespace in which we say to install."""

_NOW: Final = '"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'


class Target(NamedTuple):
    """An object, as commands name it.

    Attributes:
        kind: Its group and kind.
        word: The shortest name that kubectl takes for the kind.
        name: Its own.
        namespace: Empty where it is in none.
    """

    kind: tuple[str, str]
    word: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        """`TYPE/NAME -n NAMESPACE`."""
        return f"{self.word}/{self.name}" + (f" -n {self.namespace}" if self.namespace else "")


def install() -> str:
    """Return what installs the webhook, or brings back a configuration that somebody deleted."""
    return (
        "helm upgrade --install hf-token-injector charts/hf-token-injector "
        "--namespace hf-token-injector --create-namespace"
    )


def upgrade(namespace: str, *flags: str) -> str:
    """Return what renders the installed chart again, with what is already set and these flags."""
    flagged = " ".join(["--reuse-values", *flags])
    return f"helm upgrade hf-token-injector charts/hf-token-injector -n {namespace or _OWN} {flagged}"


def create_secret(namespace: str, secret: str, key: str) -> str:
    """Return the command that creates a Secret; the token is the reader's to fill in."""
    return f"kubectl create secret generic {secret} -n {namespace} --from-literal={key}=hf_..."


def write_token(namespace: str, secret: str, key: str) -> str:
    """Return the command that writes a token into a Secret that is there."""
    value = f'{{"stringData":{{"{key}":"hf_..."}}}}'
    return f"kubectl patch secret {secret} -n {namespace} -p '{value}'"


def label_namespace(name: str, value: str, *, overwrite: bool) -> str:
    """Return what sets a namespace's label."""
    return f"kubectl label namespace {name} {names.INJECT}={value}" + " --overwrite" * overwrite


def opt_in_again(target: Target) -> str:
    """Return what takes the opt-out label away."""
    if _holder(target) == ("metadata",):
        return f"kubectl label {target} {names.INJECT}-"
    return _patch(target, _holder(target), "labels", {names.INJECT: None})


def annotate(target: Target, key: str, value: str | None) -> str:
    """Return what sets an annotation, or takes it away, where it reaches the object's Pods."""
    if _holder(target) == ("metadata",):
        change = f"{key}-" if value is None else f"{key}={value} --overwrite"
        return f"kubectl annotate {target} {change}"
    return _patch(target, _holder(target), "annotations", {key: value})


def rename_annotation(target: Target, place: tuple[str, ...], key: str, meant: str, value: str | None) -> str:
    """Return what takes an annotation away and writes its value under another key, where that reaches Pods.

    Args:
        target: The object.
        place: Keys down to what has the annotation.
        key: The annotation.
        meant: The one to have its value.
        value: What to write; None where nothing is to be written.
    """
    holder = _holder(target)
    if place == holder == ("metadata",):
        written = "" if value is None else f" {meant}={shlex.quote(value)}"
        return f"kubectl annotate {target} {key}-{written}"
    reaches = {path for template in KINDS[target.kind].templates for path in template.reach}
    return _merge(
        target,
        [
            (place, "annotations", {key: None}),
            (place if place in reaches else holder, "annotations", {} if value is None else {meant: value}),
        ],
    )


def stamp_now(target: Target, place: tuple[str, ...]) -> str:
    """Return what has a controller make Pods anew: the time, in an annotation that reaches them."""
    return _patch(target, place, "annotations", {names.RESTARTED_AT: "NOW"}).replace('"NOW"', f"\"'{_NOW}'\"")


def roll_out(target: Target) -> str:
    """Return what has a Deployment, StatefulSet or DaemonSet make its Pods anew."""
    return f"kubectl rollout restart {target}"


def delete_pod(name: str, namespace: str) -> str:
    """Return what has a Pod made anew by its controller."""
    return f"kubectl delete pod {name} -n {namespace}"


def replace_pod(name: str, namespace: str) -> str:
    """Return what makes a Pod anew that nothing controls."""
    return f"kubectl get pod {name} -n {namespace} -o yaml | kubectl replace --force -f -"


def _holder(target: Target) -> tuple[str, ...]:
    """Return the keys down to what holds the annotations and labels that reach the Pods."""
    return KINDS[target.kind].templates[0].reach[0]


def _patch(target: Target, place: tuple[str, ...], field: str, members: Mapping[str, str | None]) -> str:
    return _merge(target, [(place, field, members)])


def _merge(target: Target, changes: Iterable[tuple[tuple[str, ...], str, Mapping[str, str | None]]]) -> str:
    patch: dict[str, Any] = {}
    for place, field, members in changes:
        at = patch
        for key in (*place, field) if members else ():
            at = at.setdefault(key, {})
        at.update(members)
    return f"kubectl patch {target} --type merge -p {shlex.quote(json.dumps(patch))}"
