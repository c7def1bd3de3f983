"""Write what the chart repeats of the code; with `--check`, tell whether it is up to date.

- `values.yaml` below `## Settings`, and `settings` in `values.schema.json`: from the settings' model;
- the table of values in the chart's `README.md`: from `values.yaml` and its comments.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from scripts.generated import write_or_check
from webhook.settings.model import SettingsModel

CHART: Final = Path(__file__).parent.parent / "charts" / "hf-token-injector"
SET_BY_THE_CHART: Final = {
    "namespaces": "known by watching",
    "cluster.kubeconfig": "the Pod's own",
    "cluster.watchNamespaces": "always",
    "tls": "certificates",
    "certificates": "certificates",
    "server.host": "all addresses",
    "server.port": "ports.https",
    "server.opsHost": "all addresses",
    "server.opsPort": "ports.ops",
}
"""Settings that are no platform's to choose there, and where they come from."""
_WIDTH: Final = 118
_SETTINGS: Final = re.compile(r"(?<=\n## Settings\n).*?(?=\n## )", re.DOTALL)
_TABLE: Final = re.compile(r"(?<=<!-- values -->\n).*(?=<!-- end of values -->)", re.DOTALL)
_LOOKAHEAD: Final = re.compile(r"\(\?!.*?\)")


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of `settings`, in one piece."""
    schema = SettingsModel.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs")

    def simple(node: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(node, list):
            return [simple(item, path) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            definition = definitions[node["$ref"].rpartition("/")[2]]
            return simple({**definition, **{key: node[key] for key in node if key != "$ref"}}, path)
        found = {key: value for key, value in node.items() if key not in {"title", "default"}}
        if "pattern" in found:
            # Helm's patterns are Go's, which look nowhere; the server says the rest.
            found["pattern"] = _LOOKAHEAD.sub("", found["pattern"])
        if "properties" in found:
            inner = {name: f"{path}.{name}".lstrip(".") for name in found["properties"]}
            found["properties"] = {
                name: simple(found["properties"][name], dotted)
                for name, dotted in inner.items()
                if dotted not in SET_BY_THE_CHART
            }
        return {key: value if key == "properties" else simple(value, path) for key, value in found.items()}

    result = simple(schema, "")
    result["description"] = "Settings of the server (docs/reference/settings.md)."
    return dict(result)


def settings_values() -> str:
    """Return `settings` as it stands in `values.yaml`: defaults below their descriptions."""
    defaults = SettingsModel.model_construct().model_dump(mode="json", by_alias=True)
    lines = ["settings:"]

    def add(schema: dict[str, Any], values: dict[str, Any], indent: str) -> None:
        for name, inner in schema["properties"].items():
            if "properties" in inner:
                lines.append(f"{indent}{name}:")
                add(inner, values[name], indent + "  ")
                continue
            comment = indent + "# "
            lines.extend(
                textwrap.wrap(
                    inner["description"],
                    _WIDTH,
                    initial_indent=comment,
                    subsequent_indent=comment,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
            text = yaml.safe_dump({name: _whole(values[name])}).replace("\n- ", "\n  - ")
            lines.extend(textwrap.indent(text.rstrip(), indent).splitlines())

    add(settings_schema(), defaults, "  ")
    return "\n".join(lines) + "\n"


def _whole(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a number without a fraction as people write it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Value(NamedTuple):
    """A value that people set.

    Attributes:
        section: The `## ` line above it.
        path: Dotted.
        default: As JSON.
        description: Its comment.
    """

    section: str
    path: str
    default: str
    description: str


def documented(text: str) -> Iterator[Value]:
    """Yield the values of `values.yaml`: every one with a comment, as a whole.

    Raises:
        ValueError: One has no comment, neither of its own nor above it.
    """
    lines = text.splitlines()
    root = yaml.compose(text)
    plain = yaml.safe_load(text)

    def walk(node: yaml.Node | None, values: Any, path: tuple[str, ...]) -> Iterator[Value]:  # noqa: ANN401
        if not isinstance(node, yaml.MappingNode):
            raise ValueError(f"{'.'.join(path)} has no comment")  # noqa: TRY004 - not a type of a caller
        for key, inner in node.value:
            line = key.start_mark.line
            value = values[key.value]
            here = (*path, key.value)
            if comment := _comment(lines, line):
                section = next((above[3:] for above in lines[line::-1] if above.startswith("## ")), "")
                yield Value(section, ".".join(here), json.dumps(value, ensure_ascii=False), comment)
            else:
                yield from walk(inner, value, here)

    yield from walk(root, plain, ())


def _comment(lines: list[str], line: int) -> str:
    """Return the comment that ends right above a line, in one line."""
    found: list[str] = []
    while line > 0 and (above := lines[line - 1].strip()).startswith("# "):
        found.insert(0, above[2:])
        line -= 1
    return " ".join(found)


def values_table() -> str:
    """Return the tables of the README, one a section."""
    page: list[str] = []
    section: str | None = None
    for value in documented((CHART / "values.yaml").read_text()):
        if value.section != section:
            section = value.section
            page.append(f"\n### {section or 'Names'}\n\n| value | default | meaning |\n|---|---|---|\n")
        cells = (f"`{value.path}`", f"`{value.default}`", value.description)
        page.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(page) + "\n"


def contents() -> Iterator[tuple[Path, str]]:
    """Yield each file and what should stand in it; a file may depend on the ones before."""
    values = CHART / "values.yaml"
    yield values, _SETTINGS.sub(lambda _: settings_values(), values.read_text())
    path = CHART / "values.schema.json"
    schema = json.loads(path.read_text())
    schema["properties"]["settings"] = settings_schema()
    yield path, json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    readme = CHART / "README.md"
    yield readme, _TABLE.sub(lambda _: values_table(), readme.read_text())


if __name__ == "__main__":
    write_or_check(contents())
