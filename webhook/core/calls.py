"""Python calls that download, found in a container's own strings: bounded patterns, no parsing of Python.

A string may be `python -c …`, a here-document, or a script that is written to a file first; quotes may be
escaped. All patterns are bounded and start at a word that is looked for once, so no input takes long.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from webhook.core.hub import HUGGING_FACE, Hub, repository
from webhook.core.variables import UNKNOWN, Environment


class Call(NamedTuple):
    """A call that names a repository."""

    function: str
    repository: str
    token: str
    """The keyword that brings a token of the code's own, or ""."""

    revision: str = ""
    """Which revision it names; `UNKNOWN` where that is no literal."""


_INSIDE = r"[^()]{0,1000}(?:\([^()]{0,200}\)[^()]{0,1000}){0,4}"
"""A call's arguments, with up to four calls among them."""

_STRING = r"""[rbufRBUF]{0,2}\\?(?P<quote>["'])(?P<string>[^"'\n\\]{1,200})\\?(?P=quote)"""
_KEYWORD = r"(?:repo_id|pretrained_model_name_or_path)\s{0,8}=\s{0,8}"
_LITERAL = re.compile(rf"(?:\A\s{{0,200}}(?:path\s{{0,8}}=\s{{0,8}})?|\b(?P<keyword>{_KEYWORD})){_STRING}")
_ENVIRON = re.compile(
    rf"""(?:\A\s{{0,200}}|\b{_KEYWORD})(?:os\.)?"""
    r"""(?:environ\s{0,8}\[|environ\.get\s{0,8}\(|getenv\s{0,8}\()\s{0,8}\\?["'](?P<name>\w{1,128})\\?["']"""
    rf"""(?:\s{{0,8}},\s{{0,8}}{_STRING})?"""
)
_ENDPOINT = re.compile(rf"\bendpoint\s{{0,8}}=\s{{0,8}}(?:{_STRING})?")
_LINE: Final = 200
"""Characters before the name of our variable in which `token = ` is looked for."""

_MENTIONS: Final = 16
"""Mentions of our variable that are looked at."""


class _Patterns:
    """The patterns that are made from a hub's names."""

    def __init__(self, hub: Hub) -> None:
        self.call = re.compile(rf"(?<!\w)({'|'.join(hub.calls)})\s{{0,8}}\((?=({_INSIDE}))")
        self.token = re.compile(rf"\b({'|'.join(hub.token_arguments)})\s{{0,8}}=\s{{0,8}}([^,\n]{{1,200}})")
        self.revision = re.compile(rf"\b{hub.revision_argument}\s{{0,8}}=\s{{0,8}}+(?!None\b)(?:{_STRING})?")
        self.setting = re.compile(
            rf"""environ\s{{0,8}}\[\s{{0,8}}\\?["']({"|".join(sorted(hub.speaking))})\\?["']\s{{0,8}}\]"""
            rf"""\s{{0,8}}=(?!=)\s{{0,8}}(?:{_STRING}|(?P<other>[^\n;]{{0,200}}))"""
        )


_PATTERNS: Final = {HUGGING_FACE.scheme: _Patterns(HUGGING_FACE)}


def calls(text: str, environment: Environment, hub: Hub = HUGGING_FACE) -> Iterator[Call]:
    """Yield the calls that name a repository: literally, or through a variable of the container.

    Variables that the code sets (`os.environ["HF_ENDPOINT"] = …`) and the `endpoint=` of such a call are put
    into `environment.script`, as a shell script's are.

    Raises:
        OverCapError: The container's variables expand too far.
    """
    patterns = _PATTERNS[hub.scheme]
    matches = list(patterns.call.finditer(text))
    if not matches:
        return
    for setting in patterns.setting.finditer(text):
        value = setting["string"]
        if value is None:
            # What the reader of tokens asks of a value that cannot be known: is it the one that we inject?
            value = UNKNOWN + (hub.token_variable if hub.token_variable in setting["other"] else "")
        environment.script[setting[1]] = value
    names = _names_of_ours(text, hub)
    for match in matches:
        function, inside = match.groups()
        name = _named(inside, environment, only_ids=hub.calls[function])
        if name is None:
            continue
        if endpoint := _ENDPOINT.search(inside):
            environment.script[hub.endpoint_variable] = endpoint["string"] or UNKNOWN
        token = patterns.token.search(inside)
        own = token is not None and not _is_ours(token[2].strip(), names, environment, hub)
        revision = patterns.revision.search(inside)
        yield Call(
            function,
            name,
            token[1] if token and own else "",
            (revision["string"] or UNKNOWN) if revision else "",
        )


def _named(inside: str, environment: Environment, *, only_ids: bool) -> str | None:
    """Return the repository that a call's arguments name."""
    if literal := _LITERAL.search(inside):
        return repository(literal["string"], bare=only_ids or literal["keyword"] is not None)
    if environ := _ENVIRON.search(inside):
        value = environment.get(environ["name"])
        return repository((environ["string"] if value is None else value) or "", bare=only_ids)
    return None


def _names_of_ours(text: str, hub: Hub) -> set[str]:
    """Return the Python variables that are given the value of the variable that we inject."""
    names: set[str] = set()
    position = -1
    for _ in range(_MENTIONS):
        position = text.find(hub.token_variable, position + 1)
        if position < 0:
            break
        line = text[max(0, position - _LINE) : position].rpartition("\n")[2].rpartition(";")[2]
        name, equals, _rest = line.partition("=")
        if equals:
            names.add(name.rpartition('"')[2].rpartition("'")[2].strip())
    return names


def _is_ours(value: str, names: set[str], environment: Environment, hub: Hub) -> bool:
    """Whether a call's `token=` is no token of the code's own: none, the client's, or the one we inject."""
    if value.startswith(("None", "True")):
        return True
    if environment.get(hub.token_variable) is not None:
        return False
    return hub.token_variable in value or value.rstrip(") \\\"'") in names
