"""The command line as a page of Markdown, for `docs/reference/cli.md`."""

import inspect
import re
from collections.abc import Iterator

import click

from webhook.cli.main import cli

_PROGRAM = "hf-token-injector"


def markdown() -> str:
    """Return a section for each command: what it does, how it is called, its options."""
    context = cli.make_context(_PROGRAM, [], resilient_parsing=True)
    return "\n".join(_section(context, cli, 1)).rstrip() + "\n"


def _section(context: click.Context, command: click.Command, level: int) -> Iterator[str]:
    """Yield the lines about a command and, below it, those about its own commands."""
    yield f"{'#' * min(level, 6)} `{context.command_path}`"
    yield ""
    yield from _prose(command.help or "")
    yield "```"
    yield " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield "```"
    yield ""
    yield from _options(context, command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                inner = below.make_context(name, [], parent=context, resilient_parsing=True)
                yield from _section(inner, below, level + 1)


def _prose(text: str) -> Iterator[str]:
    """Yield a help text; what click must not fill becomes a block of code."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        body = [line.rstrip() for line in paragraph.strip("\n").splitlines()]
        if body[0].strip() == "\b":
            heading, *rest = body[1:]
            if heading.endswith(":") and rest and rest[0].startswith(" "):
                yield from [heading, "", "```", *(line.removeprefix("  ") for line in rest), "```", ""]
            else:
                yield from ["```", heading, *rest, "```", ""]
        else:
            yield from [" ".join(line.strip() for line in body), ""]


def _options(context: click.Context, command: click.Command) -> Iterator[str]:
    """Yield the table of a command's options."""
    options = [option for option in command.get_params(context) if isinstance(option, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    if not records:
        return
    yield "| option | meaning |"
    yield "|---|---|"
    for names, text in records:
        cells = [f"`{names}`", " ".join((text or "").split())]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
