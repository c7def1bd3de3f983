r"""Tokens that are known by the name they stand behind: `HF_TOKEN=…`, `--hf-token …`, `login(token="…")`.

A mirror's token has no form of its own, so whatever stands behind such a name is one, unless it is empty, a
reference (`$VAR`, `$(VAR)`, a template, `vault:…`), a path, or a placeholder. Texts may be scripts, Python,
JSON or YAML, also within JSON. All patterns begin at a word that is looked for once and are bounded.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from webhook.core.hub import HUGGING_FACE, Hub
from webhook.core.policy.shapes import starts_word
from webhook.core.servers import SERVERS

_Q: Final = r"\\{0,2}[\"']"
_TEXT: Final = r"[^\s\"'`,;&|<>(){}\[\]\\]{1,512}+"
_QUOTED: Final = rf"[rbuf]?{_Q}(?P<%s>{_TEXT}){_Q}"
_LONGEST: Final = 4096
"""Characters of a value that may be a token: what is longer is a document."""

_REFERENCE = re.compile(r"[\s$`%<>{}\[\]():\0]|\A[-/.~]")
"""What no token has: variables, templates, commands, references to stores of secrets (`vault:…`, `op://…`,
`ENC[…]`), sentences; and, at the start, flags and paths."""

_FILLER = re.compile(r"(?:hf_?)?(?:(.)\1*|(?:xy?z?)+|0?123\d*|abc\w{0,3})", re.IGNORECASE)
_SPEAKS = re.compile(
    r"your|change_?-?me|replace|insert|enter_?-?|placeholder|example|dummy|fake|redacted|todo|"
    r"my_?-?(?:hf_?-?)?token|token_?-?(?:here|goes)",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"0|1|anonymous|disabled|empty|enabled|env|false|hf|hf_token|huggingface|n/a|na|nil|no|none|null|off|on|"
    r"optional|public|required|secret|set|test|token|true|undefined|unset|value|yes",
    re.IGNORECASE,
)
_LOGIN: Final = "login"
"""The call whose first argument is the token."""

_FORMS: Final = ("a", "b", "c", "d", "e", "f")
_LINE: Final = 400
"""Characters before a tool's `--token` in which the tool is looked for."""


def _spelt(flag: str) -> str:
    """Return the pattern of a flag, whose words people join by `-` or `_`."""
    return flag[:2] + flag[2:].replace("-", "[-_]")


class _Patterns:
    """The patterns that are made from a hub's names."""

    def __init__(self, hub: Hub) -> None:
        programs = {tool.program[0] for tool in hub.tools}
        self.flags = hub.token_flags.union(*(server.token_flags for server in SERVERS))
        self.tool_flags = frozenset[str]().union(*(tool.token_flags for tool in hub.tools))
        self.programs = frozenset(programs)
        self.folders = tuple(f"/{program}" for program in programs)
        flags, tool_flags = ("|".join(map(_spelt, sorted(some))) for some in (self.flags, self.tool_flags))
        names = "|".join(sorted(hub.literal_variables, key=len, reverse=True))
        self.variable = re.compile(
            rf"(?P<name>{names})(?:"
            # NAME=value, NAME="value" of shells.
            rf"={_QUOTED % 'a'}|=(?P<b>{_TEXT})(?![(\[{{])"
            # NAME = "value", ["NAME"] = "value" of Python; "NAME": "value" of JSON.
            rf"|(?:{_Q})?\]?[ \t]{{0,8}}=[ \t]{{0,8}}{_QUOTED % 'c'}"
            rf"|{_Q}[ \t]{{0,8}}:\s{{0,8}}{_QUOTED % 'd'}"
            # NAME: value of YAML, to the end of the line.
            rf"|:[ \t]{{1,8}}(?:{_Q})?(?P<e>{_TEXT})(?:{_Q})?[ \t]{{0,8}}(?=$|\n|\\n|,|}})"
            # name: NAME, value: value of Kubernetes, in JSON or YAML.
            rf"|(?:{_Q})?,?(?:\s|\\n){{0,64}}(?:{_Q})?value(?:{_Q})?:\s{{0,8}}(?:{_Q})?(?P<f>{_TEXT}))"
        )
        self.flag = re.compile(rf"(?P<name>{flags})(?:=|[ \t]{{1,8}})(?:{_Q})?(?P<value>{_TEXT})(?![(\[{{])")
        self.tool_flag = re.compile(
            rf"(?P<name>{tool_flags})(?:=|[ \t]{{1,8}})(?:{_Q})?(?P<value>{_TEXT})(?![(\[{{])"
        )
        self.tool = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(programs))})\s")
        self.call = re.compile(
            rf"(?<!\w)(?P<name>login|HfApi|{'|'.join(hub.calls)})\((?=(?P<inside>[^()]{{0,500}}))"
        )
        self.argument = re.compile(
            rf"(?<!\w)(?:{'|'.join(hub.token_arguments)})\s{{0,4}}=\s{{0,4}}{_QUOTED % 'value'}"
        )
        self.positional = re.compile(rf"\s{{0,8}}{_QUOTED % 'value'}")
        self.url = re.compile(
            rf"://[^\s/@:\"'<>]{{0,100}}:(?P<value>[^\s/@\"'<>]{{1,200}})@"
            rf"(?:{'|'.join(map(re.escape, sorted(hub.hosts)))})(?![\w.-])"
        )


VARIABLES: Final = HUGGING_FACE.literal_variables
_PATTERNS: Final = {HUGGING_FACE.scheme: _Patterns(HUGGING_FACE)}


def is_literal(value: str) -> bool:
    """Whether what stands where a token is expected is one, written out."""
    value = value.strip()
    if not value or len(value) > _LONGEST or _REFERENCE.search(value) is not None:
        return False
    return not (_NOTHING.fullmatch(value) or _FILLER.fullmatch(value) or _SPEAKS.search(value))


def named(text: str, hub: Hub = HUGGING_FACE) -> Iterator[str]:
    """Yield the variables, flags and arguments behind which a token is written out in a text."""
    patterns = _PATTERNS[hub.scheme]
    for match in patterns.variable.finditer(text):
        if _is_assigned(text, match.start()) and is_literal(_value(match)):
            yield match["name"]
    for match in patterns.flag.finditer(text):
        if _is_flag(text, match.start()) and is_literal(match["value"]):
            yield match["name"]
    for match in patterns.tool_flag.finditer(text):
        if _is_of_tool(text, match.start(), patterns.tool) and is_literal(match["value"]):
            yield match["name"]
    for match in patterns.call.finditer(text):
        inside = match["inside"]
        given = patterns.argument.search(inside) or (
            patterns.positional.match(inside) if match["name"] == _LOGIN else None
        )
        if given is not None and is_literal(given["value"]):
            yield match["name"]


def url_password(text: str, hub: Hub = HUGGING_FACE) -> bool:
    """Whether a URL of the hub in a text carries a password."""
    return any(is_literal(match["value"]) for match in _PATTERNS[hub.scheme].url.finditer(text))


def is_variable(name: object) -> bool:
    """Whether a name is one that only tokens have."""
    return type(name) is str and name in VARIABLES


def in_words(words: Sequence[str], hub: Hub = HUGGING_FACE) -> Iterator[tuple[int, str]]:
    """Yield where a token is an argument of its own (`--hf-token`, `value`), and the flag before it."""
    patterns = _PATTERNS[hub.scheme]
    flags = patterns.flags
    for index, word in enumerate(words):
        name, _, value = word.partition("=")
        if name in patterns.programs or name.endswith(patterns.folders):
            flags = flags | patterns.tool_flags
        elif name.replace("_", "-") in flags:
            if value:
                found = index
            elif index + 1 < len(words):
                found, value = index + 1, words[index + 1]
            if is_literal(value):
                yield found, name


def _value(match: re.Match[str]) -> str:
    """Return the value, whichever form it was written in."""
    return next(value for form in _FORMS if (value := match[form]))


def _is_assigned(text: str, position: int) -> bool:
    """Whether a name is not the variable that a script asks for (`$NAME`, `${NAME…`)."""
    return starts_word(text, position) and text[max(0, position - 2) : position].rstrip("{")[-1:] != "$"


def _is_flag(text: str, position: int) -> bool:
    return starts_word(text, position) and text[position - 1 : position] != "-"


def _is_of_tool(text: str, position: int, tool: re.Pattern[str]) -> bool:
    """Whether a flag stands in the command line of a tool of the hub."""
    line = text[max(0, position - _LINE) : position].replace("\\\n", "  ")
    begins = max(line.rfind(end) for end in ";&|\n")
    return tool.search(line, begins + 1) is not None
