"""YAML texts in every style that PyYAML can write, with comments between the lines."""

import json
from collections.abc import Callable

import yaml

from webhook.cli.manifests.documents import Document, read
from webhook.cli.manifests.nodes import Json, same

_TAG = "tag:yaml.org,2002:"
_STYLES = (None, "'", '"', "|", ">")


def document(text: str) -> Document:
    """Read a text that holds one document."""
    (one,) = read(text)
    assert one.error is None, one.error
    return one


def write(value: Json, seed: int) -> str:
    """Write a value in the style that a seed stands for."""
    if seed % 6 == 5:
        return json.dumps(value, indent=[None, 2, "\t"][seed % 3], ensure_ascii=seed % 4 == 0)
    text: str = yaml.dump(
        value,
        Dumper=_dumper(seed),
        sort_keys=False,
        allow_unicode=True,
        width=(20, 80, 10_000)[seed % 3],
        indent=2 + seed % 3,
    )
    text = _commented(text, seed)
    if seed % 7 == 0:
        text = text.rstrip("\n")
    if seed % 5 == 0:
        text = text.replace("\n", "\r\n")
    return "--- # start\n" + text if seed % 4 == 1 else text


def _dumper(seed: int) -> type[yaml.SafeDumper]:
    """Return a dumper that writes each collection and each string in a style of its own."""
    choose = _chooser(seed)

    class Seeded(yaml.SafeDumper):
        """With representers of its own."""

        def ignore_aliases(self, data: Json) -> bool:  # noqa: ARG002
            """Write what occurs twice as an anchor and an alias, or not."""
            return seed % 2 == 0

    Seeded.add_representer(
        dict, lambda dump, data: dump.represent_mapping(f"{_TAG}map", data, flow_style=choose(4) == 0)
    )
    Seeded.add_representer(
        list, lambda dump, data: dump.represent_sequence(f"{_TAG}seq", data, flow_style=choose(4) == 0)
    )
    Seeded.add_representer(
        str, lambda dump, data: dump.represent_scalar(f"{_TAG}str", data, style=_STYLES[choose(5)])
    )
    return Seeded


def _chooser(seed: int) -> Callable[[int], int]:
    """Return a function that chooses below a count, the same way for the same seed."""
    state = [seed]

    def choose(count: int) -> int:
        state[0] = (state[0] * 1103515245 + 12345) % 2**31
        return (state[0] >> 8) % count

    return choose


def _commented(text: str, seed: int) -> str:
    """Put comments and blank lines between some lines, unless that would change the meaning."""
    choose = _chooser(seed + 1)
    lines = []
    for number, line in enumerate(text.splitlines(keepends=True)):
        if choose(5) == 0:
            lines.append(f"{' ' * choose(5)}# comment {number}\n" if choose(4) else "\n")
        lines.append(line)
    commented = "".join(lines)
    before, after = read(text), read(commented)
    if len(after) == 1 and after[0].error is None and same(before[0].value, after[0].value):
        return commented
    return text
