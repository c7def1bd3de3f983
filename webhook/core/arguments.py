"""A command line's flags and positional arguments, and the repositories that a flag's value names."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core.hub import from_uri, repository, revision_of
from webhook.core.servers import BOOLEAN_PREFIXES, NAMES_ONLY, Takes

_MODEL_KEYS = ("path", "lora_path", "model", "tokenizer")
_NO_FLAGS: Mapping[str, Takes] = {}
_PAIR_KEYS = frozenset({"pretrained", "tokenizer", "peft", "model"})
_REVISION = "revision"
_ONE_ITEM = re.compile(r"[= ]")
"""What ends a flag that has its value in the same word; blanks: `- --model org/name` in a YAML list."""


class Named(NamedTuple):
    """A repository that a value names, with the revision that stands beside it."""

    repository: str
    revision: str = ""


class Arguments(NamedTuple):
    """A command line, read.

    Attributes:
        flags: `(flag, values)` in order; `_` in a long flag reads as `-`. Values are the words up to the next
            flag; where the flag takes one, at most one.
        positionals: The words that belong to no flag.
        others: All words but those that are names and no downloads (`--served-model-name org/x`).
    """

    flags: list[tuple[str, list[str]]]
    positionals: list[str]
    others: list[str]


def split_flag(word: str) -> tuple[str, str | None]:
    """Return a flag and the value that stands in the same word, if any; `_` in a long flag reads as `-`."""
    end = _ONE_ITEM.search(word)
    flag = word if end is None else word[: end.start()]
    if flag.startswith("--"):
        flag = flag.replace("_", "-")
    return flag, None if end is None else word[end.end() :].strip()


def parse(
    words: Sequence[str], flags_take: Mapping[str, Takes] = _NO_FLAGS, switches: Collection[str] = ()
) -> Arguments:
    """Read a command line as argparse would: `--flag value`, `--flag=value`, and both in one item.

    Args:
        words: The words behind the program.
        flags_take: What the program's flags take: `MODULES` are any number of values, all else is one.
        switches: Flags without a value, beside those that every program has.
    """
    flags: list[tuple[str, list[str]]] = []
    positionals: list[str] = []
    others: list[str] = []
    values: list[str] | None = None
    many = name_only = False
    for index, word in enumerate(words):
        if word == "--":
            positionals += words[index + 1 :]
            others += words[index + 1 :]
            break
        if len(word) > 1 and word[0] == "-" and not word[1].isdigit():
            flag, value = split_flag(word)
            values = [] if value is None else [value]
            flags.append((flag, values))
            name_only = flag in NAMES_ONLY
            many = flags_take.get(flag) is Takes.MODULES or (name_only and value is None)
            if value is None and (flag in switches or flag.startswith(BOOLEAN_PREFIXES)):
                values = None
            if not name_only:
                others.append(word)
        elif values is None or (values and not many):
            positionals.append(word)
            others.append(word)
        else:
            values.append(word)
            if not name_only:
                others.append(word)
    return Arguments(flags, positionals, others)


def repositories(takes: Takes, values: Sequence[str]) -> Iterator[Named]:
    """Yield the repositories that a flag's values name."""
    if takes is Takes.MODULES:
        for value in values:
            yield from _modules(value)
        return
    if not values:
        return
    value = values[0].strip("\"'")
    if takes is Takes.JSON:
        yield from _json(value)
    elif takes is Takes.PAIRS:
        pairs = [(key.strip(), name.strip()) for key, _, name in (p.partition("=") for p in value.split(","))]
        revision = dict(pairs).get(_REVISION, "")
        for key, name in pairs:
            if key in _PAIR_KEYS:
                yield from _one(name, takes, revision)
    else:
        yield from _one(value, takes)


def _one(value: str, takes: Takes, revision: str = "") -> Iterator[Named]:
    name = repository(value, bare=takes is Takes.ID, suffix=takes is Takes.GGUF)
    if name is not None:
        yield Named(name, revision)
    elif (name := from_uri(value)) is not None:
        yield Named(name, revision_of(value))


def _modules(value: str) -> Iterator[Named]:
    """`name=owner/name`, `owner/name`, `owner/name@revision`, several with commas, or JSON."""
    value = value.strip("\"'")
    if value[:1] in {"{", "["}:
        yield from _json(value)
        return
    for item in value.replace(" ", ",").split(","):
        name, _, revision = item.rpartition("=")[2].partition("@")
        yield from _one(name, Takes.MODEL, revision)


def _json(value: str) -> Iterator[Named]:
    try:
        document: Any = json.loads(value)
    except (ValueError, RecursionError):
        return
    for module in document if isinstance(document, list) else [document]:
        if isinstance(module, dict):
            revision = module.get(_REVISION)
            for key in _MODEL_KEYS:
                if isinstance(name := module.get(key), str):
                    yield from _one(name, Takes.MODEL, revision if isinstance(revision, str) else "")
