"""Tokens in clear text, wherever in an object they stand, and under whatever name."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import caps, read
from webhook.core.caps import OverCapError
from webhook.core.hub import redact
from webhook.core.policy import shapes, values
from webhook.core.policy.finding import Fault
from webhook.core.policy.strings import Path, Spent, keys, nodes
from webhook.core.reading import entries_of
from webhook.core.variables import Environment

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_LISTS: Final = ("command", "args")
_STORAGE: Final = ("storage", "parameters")
_METADATA: Final = {"annotations": "annotation", "labels": "label"}
_VALUE: Final = "value"


class Literal(NamedTuple):
    """A token that was found.

    Attributes:
        fault: What is wrong.
        keys: Where, down from the object; empty where it is the object as a whole.
        subject: What holds it, for the sentence.
    """

    fault: Fault
    keys: tuple[Any, ...]
    subject: str


def literal_tokens(document: Mapping[str, Any]) -> Iterator[Literal]:
    """Yield the tokens in clear text, each place once, and what could not be searched."""
    spent = Spent()
    known: set[tuple[Any, ...]] = set()
    for path, value in nodes(document, spent):
        found = _in_text(value) if type(value) is str else _in_object(path, value)
        for fault, inner, name in found:
            place = (*keys(path), *inner)
            if place not in known:
                known.add(place)
                yield _literal(fault, place, name, document)
    if spent.reason:
        yield Literal(Fault.NOT_SEARCHED, (), spent.reason)


_Found = tuple[Fault, tuple[Any, ...], str]
"""What is wrong, where below the value, and the name of what holds it where that is known."""


def _in_text(text: str) -> Iterator[_Found]:
    """Yield the first token of a string."""
    for match in shapes.tokens(text):
        yield Fault.TOKEN_IN_URL if shapes.in_url(match) else Fault.LITERAL_TOKEN, (), ""
        return
    if values.url_password(text):
        yield Fault.TOKEN_IN_URL, (), ""
        return
    for name in values.named(text):
        yield Fault.LITERAL_VALUE, (), name
        return


def _in_object(path: Path, value: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield what an object's members say together: names and values, a container's words and variables."""
    for key, member in value.items():
        if shapes.has_token(key):
            yield Fault.LITERAL_TOKEN, (key,), ""
        elif type(member) is str and _is_named(path, key, value) and _is_value(member):
            yield Fault.LITERAL_VALUE, (key,), "" if key == _VALUE else key
    if type(value.get("env")) is list or any(field in value for field in _LISTS):
        yield from _in_container(value)


def _is_named(path: Path, key: str, siblings: Mapping[str, Any]) -> bool:
    """Whether a member is called as only tokens are: by its key, or by the `name` beside its `value`."""
    if key == _VALUE:
        return values.is_variable(siblings.get("name"))
    return values.is_variable(key) or ("token" in key.lower() and tuple(keys(path)[-2:]) == _STORAGE)


def _is_value(text: str) -> bool:
    """Whether a text is a token that only its name gives away; others are found where the text is."""
    return not shapes.has_token(text) and values.is_literal(text)


def _in_container(container: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield what comes to light when a container's `$(VAR)` are resolved and its flags meet their values."""
    environment = Environment(entries_of(container) or {})
    places = [
        (field, index)
        for field in _LISTS
        for index, word in enumerate(read.items(container, field))
        if type(word) is str
    ]
    words = [container[field][index] for field, index in places]
    try:
        argv = [environment.kubernetes(word) for word in words]
        literals = environment.literals()
    except OverCapError as error:
        yield Fault.NOT_SEARCHED, (), str(error)
        return
    for place, word, resolved in zip(places, words, argv, strict=True):
        if resolved is not word:
            yield from ((fault, place, name) for fault, _, name in _in_text(resolved))
    for index, name in values.in_words(argv):
        if not shapes.has_token(argv[index]):
            yield Fault.LITERAL_VALUE, places[index], name
    for index, entry in read.objects(container, "env"):
        if "$(" in read.string(entry, _VALUE) and (name := read.string(entry, "name")) in literals:
            for fault, _, _ in _in_text(literals[name]):
                yield fault, ("env", index, _VALUE), ""
            if values.is_variable(name) and _is_value(literals[name]):
                yield Fault.LITERAL_VALUE, ("env", index, _VALUE), ""


def _literal(fault: Fault, place: tuple[Any, ...], name: str, document: Mapping[str, Any]) -> Literal:
    """Name what holds a token, as people would."""
    holder = place[-2] if len(place) > 1 else ""
    if fault is Fault.NOT_SEARCHED:
        subject = name
    elif place[-1] == _LAST_APPLIED:
        fault, subject = Fault.TOKEN_IN_LAST_APPLIED, ""
    elif holder in _METADATA:
        subject = f"{_METADATA[holder]} {place[-1]}"
    elif place[-3:-2] == ("env",):
        subject = f"variable {read.string(_at(document, place[:-1]), 'name')}"
    elif holder in _LISTS:
        subject = f"{name} in {holder}" if name else f"an item of {holder}"
    elif place[-3:-1] == _STORAGE:
        subject = f"storage parameter {place[-1]}"
    else:
        subject = f"field {place[-1]}" + (f" ({name})" if name not in {"", place[-1]} else "")
    return Literal(fault, place, redact(subject)[: caps.SUBJECT])


def _at(document: Mapping[str, Any], place: tuple[Any, ...]) -> dict[str, Any]:
    return read.at(document, tuple(map(str, place)))
