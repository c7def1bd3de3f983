"""Where settings come from: a YAML file and the environment, both as maps with the YAML names.

The environment is read here and not by pydantic-settings' own source: that one knows neither the camelCase
names, nor an unknown variable with our prefix, nor the variables that Kubernetes itself sets with it.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from webhook.settings.problems import SettingsError

PREFIX = "HF_TOKEN_INJECTOR_"
CONFIG = PREFIX + "CONFIG"

_SERVICE_LINK = re.compile(
    r"(?:[A-Z0-9_]+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\d+_(?:TCP|UDP|SCTP)\w*)?)$"
)
"""What kubelet sets for each Service of the namespace whose name begins with ours (`enableServiceLinks`)."""


_DEEPEST = 8
"""Levels of the file whose lines are noted; the deepest setting is on the fourth."""

_MOST = 20_000
"""Keys and items whose lines are noted: aliases of aliases stand for more than there is time to count."""

_UNREADABLE = (yaml.YAMLError, ValueError, RecursionError)
"""What PyYAML raises: beside its own errors those of impossible dates, of long numbers and of the stack."""


class Leaf(NamedTuple):
    """One setting: its YAML path and its field."""

    path: tuple[str, ...]
    field: FieldInfo


def environment_name(path: tuple[str, ...]) -> str:
    """Return the environment variable of a setting: `PREFIX`, then each part in upper snake case."""
    return PREFIX + "__".join(re.sub(r"(?<!^)(?=[A-Z])", "_", part).upper() for part in path)


def leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield every setting below a model, in its order."""
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from leaves(annotation, here)
        else:
            yield Leaf(here, field)


def from_environment(model: type[BaseModel], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of the environment, nested as in the file.

    A list is YAML or JSON in one line, or words separated by commas; a map is YAML or JSON in one line.

    Raises:
        SettingsError: A variable with our prefix is no setting, or its list or map cannot be read.
    """
    known = {environment_name(leaf.path): leaf for leaf in leaves(model)}
    found: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name == CONFIG:
            continue
        leaf = known.get(name)
        if leaf is None:
            if not _SERVICE_LINK.fullmatch(name.removeprefix(PREFIX)):
                problems.append(_unknown_variable(name, known))
            continue
        try:
            value = _value(text, leaf.field)
        except _UNREADABLE:
            problems.append(
                f"  {name}\n    is neither YAML nor JSON in one line, and its setting is a list or a map"
            )
            continue
        section = found
        for part in leaf.path[:-1]:
            section = section.setdefault(part, {})
        section[leaf.path[-1]] = value
    if problems:
        raise SettingsError(problems)
    return found


def _unknown_variable(name: str, known: Mapping[str, Leaf]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; {close[0]} is one" if close else ""
    return f"  {name} (environment variable)\n    is not a setting{hint}"


def _value(text: str, field: FieldInfo) -> Any:  # noqa: ANN401
    """Return the text of a variable as what its field expects; text stays text."""
    origin = get_origin(field.annotation)
    if origin not in {list, dict}:
        return text
    if (
        origin is list
        and get_args(field.annotation)[0] is not dict
        and not text.lstrip().startswith(("[", "{"))
    ):
        return [item.strip() for item in text.split(",") if item.strip()]
    return yaml.safe_load(text)


class _Loader(yaml.SafeLoader):
    """YAML whose keys are text and stand once in a map; PyYAML takes the last of two silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'key "{key_node.value}" stands twice', key_node.start_mark
                )
            seen.add(key_node.value)
        mapping = super().construct_mapping(node, deep)
        for key in mapping:
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is not text; quotes make it text", node.start_mark
                )
        return mapping


class File(NamedTuple):
    """A YAML file that was read: its settings, and the line on which each of them stands."""

    path: Path
    values: dict[str, Any]
    lines: dict[tuple[str | int, ...], int]


def from_file(path: Path) -> File:
    """Read a YAML file; an empty one sets nothing.

    Raises:
        SettingsError: It cannot be read, is not YAML, or is not one map.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError([f"  {path}\n    cannot be read: {why}"]) from None
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            values = {} if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError([f"  {path}{where}\n    is not YAML: {error.problem}"]) from None
    except _UNREADABLE as error:
        raise SettingsError([f"  {path}\n    is not YAML: {str(error).splitlines()[0]}"]) from None
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise SettingsError([f"  {path}\n    must be a map of settings, such as missingSecret: optional"])
    return File(path, values, dict(islice(_lines(node), _MOST)) if node else {})


def _lines(node: yaml.Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield the path and the line of every key and item below a node; an alias may contain itself."""
    if len(path) > _DEEPEST:
        return
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), value.start_mark.line + 1
            yield from _lines(value, (*path, index))
