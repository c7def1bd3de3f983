"""A command line's flags and positional arguments, and the repositories that a flag's value names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core.hub import from_uri, repository
from webhook.core.servers import BOOLEAN_PREFIXES, NAMES_ONLY, Takes

_MODEL_KEYS = ("path", "model", "tokenizer", "draft_model", "base_model_name")
_NO_FLAGS: Mapping[str, Takes] = {}
_PAIR_KEYS = frozenset({"pretrained", "tokenizer", "peft", "model"})


class Arguments(NamedTuple):
    """A command line, read.

    Attributes:
        flags: `(flag, values)` in order; `_` in a long flag reads as `-`. Values are all the words up to the next
            flag: which of them belong to the flag is for its reader to say.
        positionals: The words that belong to no flag.
        names: The words that are names and no downloads (`--served-model-name org/x`).
    """

    flags: list[tuple[str, list[str]]]
    positionals: list[str]
    names: set[str]


def parse(words: Sequence[str], flags_take: Mapping[str, Takes] = _NO_FLAGS) -> Arguments:
    """Read a command line as argparse would: `--flag value`, `--flag=value`, and both in one item.

    Args:
        words: The words behind the program.
        flags_take: What the program's flags take: `MODULES` are any number of values, all else is one.
    """
    flags: list[tuple[str, list[str]]] = []
    positionals: list[str] = []
    names: set[str] = set()
    values: list[str] | None = None
    flag = ""
    for word in words:
        if len(word) > 1 and word[0] == "-" and not word[1].isdigit():
            flag, equals, value = word.partition("=")
            if not equals and " " in word:
                # Both in one item of a YAML list: `- --model org/name`.
                flag, _, value = word.partition(" ")
                value = value.strip()
                equals = " "
            if flag.startswith("--"):
                flag = flag.replace("_", "-")
            values = [value] if equals else []
            flags.append((flag, values))
            if flag in NAMES_ONLY and equals:
                names.add(value)
        elif (
            values is None
            or (values and flags_take.get(flag) is not Takes.MODULES)
            or flag.startswith(BOOLEAN_PREFIXES)
        ):
            positionals.append(word)
        else:
            values.append(word)
            if flag in NAMES_ONLY:
                names.add(word)
    return Arguments(flags, positionals, names)


def repositories(takes: Takes, values: Sequence[str]) -> Iterator[str]:
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
        for pair in value.split(","):
            key, _, name = pair.partition("=")
            if key.strip() in _PAIR_KEYS:
                yield from _one(name.strip(), takes)
    else:
        yield from _one(value, takes)


def _one(value: str, takes: Takes) -> Iterator[str]:
    name = repository(value, bare=takes is Takes.ID, suffix=takes is Takes.GGUF) or from_uri(value)
    if name is not None:
        yield name


def _modules(value: str) -> Iterator[str]:
    """`name=owner/name`, `owner/name`, several with commas, or JSON."""
    if value[:1] in {"{", "["}:
        yield from _json(value)
        return
    for item in value.split(","):
        yield from _one(item.rpartition("=")[2].strip(), Takes.MODEL)


def _json(value: str) -> Iterator[str]:
    try:
        document: Any = json.loads(value)
    except (ValueError, RecursionError):
        return
    for module in document if isinstance(document, list) else [document]:
        if isinstance(module, dict):
            for key in _MODEL_KEYS:
                if isinstance(name := module.get(key), str):
                    yield from _one(name, Takes.MODEL)
