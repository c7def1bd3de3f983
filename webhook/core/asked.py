"""What people ask of us on a workload or a Namespace, by labels and annotations, and what they get wrong."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from webhook.core import caps, names, read
from webhook.core.hub import redact
from webhook.core.names import Method, MissingSecret

DNS_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)
"""A Secret's name (RFC 1123 subdomain)."""

SECRET_KEY = re.compile(r"(?!\.\.?\Z)[-._a-zA-Z0-9]{1,253}")
"""A key of a Secret's `data`."""

CONTAINER_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
"""A container's name (RFC 1123 label)."""

_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    names.SECRET: (DNS_NAME, "the name of a Secret, such as hf-secret"),
    names.SECRET_KEY: (SECRET_KEY, "a key of the Secret, such as token"),
    names.METHOD: (re.compile("|".join(Method)), "env or file"),
    names.MISSING_SECRET: (re.compile("|".join(MissingSecret)), "optional, require, skip or deny"),
}
_LISTS = frozenset({names.CONTAINERS, names.EXCLUDE_CONTAINERS})
ON_WORKLOADS = frozenset({names.SECRET, names.SECRET_KEY, names.METHOD, *_LISTS})
_IN_ORDER = sorted(ON_WORKLOADS)
_WRITTEN = frozenset({names.INJECTED, names.RESTARTED_AT})
ON_NAMESPACES = frozenset({names.SECRET, names.SECRET_KEY, names.METHOD, names.MISSING_SECRET})
_PLAIN = {
    "".join(filter(str.isalnum, key.removeprefix(names.PREFIX))): key
    for key in sorted(ON_WORKLOADS | ON_NAMESPACES)
}
"""Annotations that are read by their names in letters alone: of `secret-name`, `secret` is meant."""

_NAME = 63
"""Characters of the last part of a key, by the API's rules."""


class RefusedError(Exception):
    """The object is refused; the text says what to change."""


class Asked(NamedTuple):
    """What a workload asks for.

    Attributes:
        opted_out: Its label says `disabled`.
        secret, secret_key, method: None where the workload does not say.
        containers, excluded: Names of containers.
    """

    opted_out: bool = False
    secret: str | None = None
    secret_key: str | None = None
    method: Method | None = None
    containers: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


class NamespaceAsked(NamedTuple):
    """What a Namespace asks for; None where it does not say."""

    secret: str | None = None
    secret_key: str | None = None
    method: Method | None = None
    missing_secret: MissingSecret | None = None


NOTHING = Asked()
_NAMESPACE_NOTHING = NamespaceAsked()


def of_workload(labels: Mapping[str, Any], annotations: Mapping[str, Any]) -> Asked:
    """Return what a workload asks for, given what reaches its Pods.

    Raises:
        RefusedError: A value is malformed.
    """
    opted_out = labels.get(names.INJECT) == names.OPTED_OUT
    if ON_WORKLOADS.isdisjoint(annotations):
        return Asked(opted_out=True) if opted_out else NOTHING
    if opted_out:
        return Asked(opted_out=True)
    values: dict[str, str] = {}
    for key in _IN_ORDER:
        if key in annotations:
            value = annotations[key]
            if problem := _problem(key, value):
                raise RefusedError(f"annotation {key} {problem}")
            values[key] = value
    return Asked(
        secret=values.get(names.SECRET),
        secret_key=values.get(names.SECRET_KEY),
        method=Method(values[names.METHOD]) if names.METHOD in values else None,
        containers=_names(values.get(names.CONTAINERS, "")),
        excluded=_names(values.get(names.EXCLUDE_CONTAINERS, "")),
    )


def of_namespace(annotations: Mapping[str, str], warnings: list[str]) -> NamespaceAsked:
    """Return what a Namespace asks for.

    A malformed value is as if it were not there, and a warning says so: it must not stop a scale-up at night.
    """
    if ON_NAMESPACES.isdisjoint(annotations):
        return _NAMESPACE_NOTHING
    values: dict[str, str] = {}
    for key in sorted(ON_NAMESPACES):
        if key in annotations:
            if problem := _problem(key, annotations[key]):
                warnings.append(f"ignored on the Namespace: annotation {key} {problem}")
            else:
                values[key] = annotations[key]
    return NamespaceAsked(
        secret=values.get(names.SECRET),
        secret_key=values.get(names.SECRET_KEY),
        method=Method(values[names.METHOD]) if names.METHOD in values else None,
        missing_secret=MissingSecret(values[names.MISSING_SECRET])
        if names.MISSING_SECRET in values
        else None,
    )


def looks_like_ours(key: str) -> bool:
    """Tell whether somebody meant us by a key: `hf-token-injector/inject`, `HF-Token-Injector.io/…`."""
    return "hftokeninject" in "".join(character for character in key.lower() if character.isalnum())


def meant(key: str, known: frozenset[str]) -> str | None:
    """Return the annotation that somebody probably wanted; None where none is near, or it is not known there.

    It takes up to 0.3 ms.
    """
    name = key.rpartition("/")[2]
    if len(name) > _NAME:
        return None
    near = get_close_matches("".join(filter(str.isalnum, name.lower())), _PLAIN, 1)
    return _PLAIN[near[0]] if near and _PLAIN[near[0]] in known else None


def unknown(key: str, near: str | None) -> str:
    """Return what is said of an annotation on a workload that nobody reads."""
    if near is not None:
        return f"annotation {key} is unknown: did you mean {near}?"
    ours = ", ".join(one.removeprefix(names.PREFIX) for one in _IN_ORDER)
    return f"annotation {key} is none of {ours}"


def misplaced(
    metadata: Mapping[str, Any], *, reaches: bool, where: str, hints: int = caps.FINDINGS
) -> list[str]:
    """Return warnings about our keys that stand where they do nothing.

    Args:
        metadata: `metadata` of an object or what stands for it, raw.
        reaches: Whether its labels and annotations reach Pods.
        where: What has those that do, for the sentence.
        hints: How many keys may be compared with those that are known: whoever has more has them told after
            these are mended.
    """
    here = "" if reaches else where
    said = [_about_label(key, value, here) for key, value in read.mapping(metadata, "labels").items()]
    ours = [key for key in read.mapping(metadata, "annotations") if key.startswith(names.PREFIX)]
    said += [_about_annotation(key, here, hint=index < hints) for index, key in enumerate(ours)]
    return [warning for warning in said if warning]


def _about_label(key: str, value: object, where: str) -> str:
    if not key.startswith(names.PREFIX):
        return ""
    if key != names.INJECT:
        return f"label {key} does nothing: it is an annotation"
    if value != names.OPTED_OUT:
        return f"label {key} on a workload takes only {names.OPTED_OUT}; Namespaces take the others"
    return f"label {key} does nothing here: set it in {where}.labels" if where else ""


def _about_annotation(key: str, where: str, *, hint: bool) -> str:
    if key in _WRITTEN:
        return ""
    if key == names.INJECT:
        return f"annotation {key} does nothing: it is a label"
    if key == names.MISSING_SECRET:
        return f"annotation {key} does nothing here: it belongs on the Namespace"
    if key not in ON_WORKLOADS:
        return unknown(key, meant(key, ON_WORKLOADS) if hint else None)
    return f"annotation {key} does nothing here: set it in {where}.annotations" if where else ""


def _names(value: str) -> frozenset[str]:
    return frozenset(name for part in value.split(",") if (name := part.strip()))


def _problem(key: str, value: object) -> str:
    """Return what is wrong with a value, or ""."""
    if key in _LISTS:
        if isinstance(value, str) and all(CONTAINER_NAME.fullmatch(name) for name in _names(value)):
            return ""
        return "must be names of containers with commas between them, such as main,tokenizer"
    pattern, form = _FORMS[key]
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        return f"must be {form}"
    return f"holds a token; it must be {form}" if redact(value) != value else ""
