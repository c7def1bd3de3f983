"""Tokens in clear text, wherever in an object they stand, and under whatever name."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson

from webhook.core import caps, names, read
from webhook.core.caps import OverCapError
from webhook.core.hub import redact
from webhook.core.policy import shapes, values
from webhook.core.policy.finding import Fault
from webhook.core.policy.strings import Path, Spent, keys, nodes
from webhook.core.reading import entries_of
from webhook.core.variables import Environment

_LISTS: Final = ("command", "args")
_STORAGE: Final = ("storage", "parameters")
_METADATA: Final = {"annotations": "annotation", "labels": "label"}
_VALUE: Final = "value"
_MENTIONS = re.compile(
    r"hf_|api_org_|@h|-hft|--hf|--token|token\s{0,4}=|login\(|HfApi\(|" + "|".join(sorted(values.VARIABLES))
)
"""What a string has in it in which `shapes` or `values` find something."""

_FORM = re.compile(rb"hf_(?:[A-Za-z0-9]{10}|oauth_|jwt_)")
_SIGNS: Final = (
    b"api_org_",
    b"@h",
    b"-hft",
    b"--hf",
    b"--token",
    b'token":',
    b"token=",
    b"token ",
    b"login(",
    b"HfApi(",
)
_NAMES: Final = tuple(sorted(name.encode() for name in values.VARIABLES))
_REFERENCE: Final = b'","valueFrom"'
"""Behind a variable's name: a reference, as we write it into Pods."""

_WORDS = re.compile(r"\$\(|[Tt]oken|-hft")
"""What a container's words have in them where they say more together than one by one."""


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
    if not _mentions(document):
        return
    spent = Spent()
    known: set[tuple[Any, ...]] = set()
    for path, value in nodes(document, _MENTIONS, spent):
        found = _in_text(value) if isinstance(value, str) else _in_object(path, value)
        for fault, inner, name in found:
            place = (*keys(path), *inner)
            if place not in known:
                known.add(place)
                yield _literal(fault, place, name, document)
    if spent.reason:
        yield Literal(Fault.NOT_SEARCHED, (), spent.reason)


def _mentions(document: Mapping[str, Any]) -> bool:
    """Whether anything in an object may be a token: most have nothing, and this is all that they pay.

    Each question is one pass of C code over the object as JSON; one pattern for all of them takes ten times
    as long.
    """
    try:
        text = orjson.dumps(document)
    except TypeError:
        # Deeper than orjson goes, or half of a surrogate pair.
        return True
    return (
        _FORM.search(text) is not None
        or any(sign in text for sign in _SIGNS)
        or any(text.count(name) != text.count(name + _REFERENCE) for name in _NAMES if name in text)
    )


_Found = tuple[Fault, tuple[Any, ...], str]
"""What is wrong, where below the value, and the name of what holds it where that is known."""


def _in_text(text: str) -> Iterable[_Found]:
    """Return the first token of a string."""
    for match in shapes.tokens(text):
        return [(Fault.TOKEN_IN_URL if shapes.in_url(match) else Fault.LITERAL_TOKEN, (), "")]
    if values.url_password(text):
        return [(Fault.TOKEN_IN_URL, (), "")]
    return [(Fault.LITERAL_VALUE, (), name) for name in islice(values.named(text), 1)]


def _in_object(path: Path, value: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield what an object's members say together: names and values, a container's words and variables."""
    if shapes.may_have_token("\n".join(value)):
        yield from ((Fault.LITERAL_TOKEN, (key,), "") for key in value if shapes.has_token(key))
    if not values.VARIABLES.isdisjoint(value):
        yield from _of_value(value, [key for key in value if key in values.VARIABLES])
    if path[1:] == _STORAGE[1:] and path[0][1:] == _STORAGE[:1]:
        yield from _of_value(value, [key for key in value if "token" in key.lower()])
    if _VALUE in value and values.is_variable(value.get("name")):
        yield from ((fault, inner, "") for fault, inner, _ in _of_value(value, [_VALUE]))
    if "env" in value or "args" in value or "command" in value:
        yield from _in_container(value)


def _of_value(value: Mapping[str, Any], names: Sequence[str]) -> Iterator[_Found]:
    """Yield the members of such names that are a token in clear text."""
    for name in names:
        if type(value[name]) is str and _is_value(value[name]):
            yield Fault.LITERAL_VALUE, (name,), name


def _is_value(text: str) -> bool:
    """Whether a text is a token that only its name gives away; others are found where the text is."""
    return not shapes.has_token(text) and values.is_literal(text)


def _in_container(container: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield what comes to light when a container's `$(VAR)` are resolved and its flags meet their values."""
    places = list(_words(container))
    variables = [(index, entry) for index, entry in read.objects(container, "env") if _refers(entry)]
    words = [container[field][index] for field, index in places]
    if not variables and _WORDS.search("\n".join(words)) is None:
        return
    environment = Environment(entries_of(container) or {})
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
    for index, entry in variables:
        name = read.string(entry, "name")
        yield from (
            (fault, ("env", index, _VALUE), "") for fault in _in_variable(name, literals.get(name, ""))
        )


def _in_variable(name: str, value: str) -> Iterator[Fault]:
    """Yield what a variable holds that is made of others."""
    yield from (fault for fault, _, _ in _in_text(value))
    if values.is_variable(name) and _is_value(value):
        yield Fault.LITERAL_VALUE


def _words(container: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield where the words of a container's command line are."""
    for field in _LISTS:
        yield from ((field, i) for i, word in enumerate(read.items(container, field)) if type(word) is str)


def _refers(entry: Mapping[str, Any]) -> bool:
    """Whether a variable is made of others."""
    return "$(" in read.string(entry, _VALUE)


def _literal(fault: Fault, place: tuple[Any, ...], name: str, document: Mapping[str, Any]) -> Literal:
    """Name what holds a token, as people would."""
    holder = place[-2] if len(place) > 1 else ""
    if fault is Fault.NOT_SEARCHED:
        subject = name
    elif place[-1] == names.LAST_APPLIED:
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
